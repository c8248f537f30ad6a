/** Specifications for tests: only what the test is about has to be said. */

import { parseRunSpec, type RunSpecInput, type SpecOf } from '../../../../shared/run-spec.ts'
import type { AlgorithmId } from '../../../../shared/vocabulary.ts'

const common = {
  prompt: 'a red circle',
  pack: 'mixture',
  guide: ['clip_score'],
  heldOut: [],
  sampler: 'euler',
  schedule: 'linear',
  steps: 10,
  guidance: 1,
  baselines: [],
  seed: '1',
} as const

type Said<Id extends AlgorithmId> = Extract<RunSpecInput, { readonly algorithm: Id }>

/** A checked specification. */
export function specOf<Id extends AlgorithmId>(
  said: { readonly algorithm: Id } & Omit<Said<Id>, keyof typeof common | 'algorithm'> &
    Partial<Pick<Said<Id>, keyof typeof common>>,
): SpecOf<Id> {
  return parseRunSpec({ ...common, ...said }) as SpecOf<Id>
}
