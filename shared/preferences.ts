/** What a person has set for the studio as a whole; kept in the library, the same in every window. */

import { z } from 'zod'

import { devices, idsOf } from './vocabulary.ts'

/** Most characters that the draft may take as JSON. */
export const maxDraftLength = 100_000

const fields = {
  /** `system` follows the desktop's own setting. */
  theme: z.enum(['system', 'dark', 'light'], { error: 'theme: expected system, dark or light' }),
  /** A quiet notification when a run ends and the window is not in front. */
  notifyAtEnd: z.boolean({ error: 'notifyAtEnd: expected true or false' }),
  /** What new runs are made on. */
  device: z.enum(idsOf(devices), { error: `device: expected one of ${idsOf(devices).join(', ')}` }),
  /** The form as it was left, as the compose feature writes it; it checks each field anew. */
  draft: z
    .record(z.string(), z.unknown(), { error: 'draft: expected the fields of a form, or null' })
    .refine((draft) => JSON.stringify(draft).length <= maxDraftLength, {
      error: `draft: expected at most ${maxDraftLength} characters as JSON, found more`,
    })
    .nullable(),
}

/** Of what was kept: a value that is not known any more is as if it had never been set. */
export const preferencesSchema = z.object({
  theme: fields.theme.catch('system'),
  notifyAtEnd: fields.notifyAtEnd.catch(true),
  device: fields.device.catch('cpu'),
  draft: fields.draft.catch(null),
})

/** Of what somebody sets: what is left out stays. */
export const preferencesChangeSchema = z.strictObject(fields).partial()

export type Preferences = Readonly<z.infer<typeof preferencesSchema>>

/** What is so until somebody changes it. */
export const defaultPreferences: Preferences = preferencesSchema.parse({})
