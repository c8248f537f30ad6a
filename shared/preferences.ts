/** What a person has set for the studio as a whole; kept in the library, the same in every window. */

import { z } from 'zod'

import { devices, idsOf } from './vocabulary.ts'

/** Most characters that the draft may take as JSON. */
export const maxDraftLength = 100_000
export const maxPresets = 50

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
  /** Which groups of the form are folded out, by the compose feature's names; what is not named is as in a new form. */
  formGroups: z.record(z.string().max(40), z.boolean(), {
    error: 'formGroups: expected true or false for each group',
  }),
  /** Settings of the form under names that a person gave; the compose feature checks each field anew. */
  presets: z
    .array(
      z.object({
        name: z.string().trim().min(1, { error: 'presets: expected a name, found nothing' }).max(80),
        settings: z.record(z.string(), z.unknown()),
      }),
      { error: 'presets: expected a list of names with settings' },
    )
    .max(maxPresets, { error: `presets: expected at most ${maxPresets}; remove some first` }),
}

/** Of what was kept: a value that is not known any more is as if it had never been set. */
export const preferencesSchema = z.object({
  theme: fields.theme.catch('system'),
  notifyAtEnd: fields.notifyAtEnd.catch(true),
  device: fields.device.catch('cpu'),
  draft: fields.draft.catch(null),
  formGroups: fields.formGroups.catch({}),
  presets: fields.presets.catch([]),
})

/** Of what somebody sets: what is left out stays. */
export const preferencesChangeSchema = z.strictObject(fields).partial()

export type Preferences = Readonly<z.infer<typeof preferencesSchema>>

/** What is so until somebody changes it. */
export const defaultPreferences: Preferences = preferencesSchema.parse({})
