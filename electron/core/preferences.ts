/** What is set for the studio as a whole. */

import type { StudioApi, StudioEvent } from '../../shared/contract.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { preferencesChangeSchema, preferencesSchema, type Preferences } from '../../shared/preferences.ts'
import type { PictureCatalogue } from './runs/picture-catalogue.ts'

/** The part of the studio that keeps preferences. */
export function preferencesApi(
  library: Pick<PictureCatalogue, 'preferences' | 'setPreferences'>,
  tell: (event: StudioEvent) => void,
): Pick<StudioApi, 'preferences' | 'setPreferences'> {
  const all = (): Preferences => preferencesSchema.parse(library.preferences())
  return {
    preferences: async () => Promise.resolve(all()),

    async setPreferences(change) {
      library.setPreferences(parseInput(preferencesChangeSchema, change))
      tell({ kind: 'preferences-changed' })
      return Promise.resolve(all())
    },
  }
}
