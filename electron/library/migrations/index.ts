/** Every migration, in order. A new one is a new file at the end of this list; a published one never changes. */

import { runsCandidatesScores } from './001-runs-candidates-scores.ts'
import { guides } from './002-guides.ts'
import { lineageStatesInterventions } from './003-lineage-states-interventions.ts'
import type { Migration } from './migrate.ts'
import { pictures } from './004-pictures.ts'
import { queue } from './005-queue.ts'
import { removedPictures } from './006-removed-pictures.ts'

export const migrations: readonly Migration[] = [
  runsCandidatesScores,
  guides,
  lineageStatesInterventions,
  pictures,
  queue,
  removedPictures,
]
