/** What a person has set for the studio as a whole; kept in the library, the same in every window. */

import { z } from 'zod'

import { devices, idsOf } from './vocabulary.ts'

export const preferencesSchema = z.object({
  /** `system` follows the desktop's own setting. */
  theme: z.enum(['system', 'dark', 'light']).catch('system'),
  /** A quiet notification when a run ends and the window is not in front. */
  notifyAtEnd: z.boolean().catch(true),
  /** What new runs are made on. */
  device: z.enum(idsOf(devices)).catch('cpu'),
  /** The form as it was left, as the compose feature writes it; it checks each field anew. */
  draft: z.record(z.string(), z.unknown()).nullable().catch(null),
})

export type Preferences = Readonly<z.infer<typeof preferencesSchema>>

/** What is so until somebody changes it. */
export const defaultPreferences: Preferences = preferencesSchema.parse({})

/** Most characters that the draft may take as JSON. */
export const maxDraftLength = 100_000
