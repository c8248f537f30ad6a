/**
 * The parameters of each algorithm as a person meets them: names, the papers' symbols, and values to begin with. Ranges
 * are checked, and explained, by run-spec.ts.
 */

import type { RunSpec, SpecOf } from './run-spec.ts'
import type { AlgorithmId } from './vocabulary.ts'

/** What one algorithm's specification has beyond what every run says. */
type ParametersOf<Id extends AlgorithmId> = Exclude<keyof SpecOf<Id>, keyof RunSpec>

export type ParameterId = { readonly [Id in AlgorithmId]: ParametersOf<Id> }[AlgorithmId]

export type ParameterFacts = {
  readonly label: string
  /** As the algorithm's paper writes it. */
  readonly symbol: string
  readonly about: string
  /** Stands in a new form: the paper's value, or a small run where the paper varies it. */
  readonly usual: number | string
}

export const parameters: Readonly<Record<ParameterId, ParameterFacts>> = {
  candidates: { label: 'Candidates', symbol: 'N', about: 'Starting noises to try.', usual: 8 },
  rounds: { label: 'Rounds', symbol: 'K', about: 'Times that the pivot may move.', usual: 4 },
  neighbours: {
    label: 'Neighbours',
    symbol: 'N',
    about: 'Noises tried around the pivot each round.',
    usual: 4,
  },
  cosine: {
    label: 'Cosine',
    symbol: 'λ',
    about: 'Cosine between the pivot and its neighbours: nearer to 1 is a smaller stride.',
    usual: 0.95,
  },
  paths: { label: 'Paths', symbol: 'N', about: 'Paths at the start, and survivors of each round.', usual: 2 },
  width: { label: 'Width', symbol: 'M', about: 'Noises tried for each path in each round.', usual: 2 },
  startLevel: {
    label: 'Start level',
    symbol: 'σ',
    about: 'Noise level at which the search starts.',
    usual: 0.11,
  },
  forward: { label: 'Forward', symbol: 'Δf', about: 'How far each round noises a path.', usual: 0.78 },
  backward: {
    label: 'Backward',
    symbol: 'Δb',
    about: 'How far it is sampled back: more than forward, by what each round gains.',
    usual: 0.81,
  },
  length: { label: 'Way back', symbol: 'L', about: 'Evaluations of each way back.', usual: 8 },
  iterations: {
    label: 'Iterations',
    symbol: 'K',
    about: 'Noises on the way up the gradient, the first included.',
    usual: 4,
  },
  eta: {
    label: 'Step size',
    symbol: 'η',
    about:
      'Stride up the gradient. The paper’s 0.01 suits its models; the bundled ones move visibly from about 5 on, CLIP score from 100.',
    usual: 0.01,
  },
  draftSteps: {
    label: 'Draft steps',
    symbol: 't',
    about: 'Steps after which a candidate is looked at.',
    usual: 7,
  },
  survivors: { label: 'Survivors', symbol: 'n', about: 'Candidates that are finished.', usual: 2 },
  particles: { label: 'Particles', symbol: 'K', about: 'Samples that go side by side.', usual: 4 },
  interval: { label: 'Interval', symbol: 't', about: 'Steps from one drawing to the next.', usual: 5 },
  strength: {
    label: 'Strength',
    symbol: 'λ',
    about: 'How strongly the score weighs in a drawing.',
    usual: 10,
  },
  potential: { label: 'Potential', symbol: 'G', about: 'What a particle is weighed by.', usual: 'max' },
}

/** The parameters of each algorithm, in the order of a form. */
export const parametersOf: { readonly [Id in AlgorithmId]: readonly ParametersOf<Id>[] } = {
  random_search: ['candidates'],
  zero_order_search: ['rounds', 'neighbours', 'cosine'],
  search_over_paths: ['paths', 'width', 'length', 'startLevel', 'forward', 'backward'],
  first_order_search: ['iterations', 'eta'],
  draft_cull_resume: ['candidates', 'survivors', 'draftSteps'],
  fk_steering: ['particles', 'interval', 'strength', 'potential'],
}
