/**
 * What a person asks for: the one specification of a run, checked here for every host before anything runs.
 *
 * A seed is a decimal string: seeds go up to 2^64 - 1, which a JavaScript number cannot hold exactly.
 */

import { z } from 'zod'

import { assertNever } from './assert-never.ts'
import { parseInput } from './parse-input.ts'
import { pathRounds, plannedBeforeFirstImage, plannedCandidates, plannedNfe } from './plan.ts'
import {
  algorithms,
  idsOf,
  imageVerifiers,
  potentials,
  samplers,
  schedules,
  setVerifier,
  verifiers,
  type AlgorithmId,
  type VerifierId,
} from './vocabulary.ts'

/** Longest prompt taken, in UTF-16 units. The tokenizer cuts far earlier; this bounds what is stored and shown. */
export const maxPromptLength = 2000
export const maxCandidates = 4096
export const maxSteps = 1000
export const maxBaselines = 16
export const maxGuidance = 30
/** Of the static shift, as SD3 has it. */
export const defaultShift = 3
const maxBudget = 1e9
const noBudget = { nfe: null, verifierCalls: null, seconds: null }
const maxSeed = 2n ** 64n - 1n

const wholeNumber = (name: string, min: number, max: number) =>
  z
    .number({
      error: (issue) => `${name}: expected a whole number from ${min} to ${max}, found ${show(issue.input)}`,
    })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: (issue) => `${name}: expected a whole number from ${min} to ${max}, found ${show(issue.input)}`,
    })

const number = (name: string, min: number, max: number) => {
  const error = (issue: { readonly input?: unknown }) =>
    `${name}: expected a number from ${min} to ${max}, found ${show(issue.input)}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

/** A number strictly between two others. */
const between = (name: string, low: number, high: number) => {
  const error = (issue: { readonly input?: unknown }) =>
    `${name}: expected a number between ${low} and ${high}, neither of them, found ${show(issue.input)}`
  return z.number({ error }).gt(low, { error }).lt(high, { error })
}

/**
 * @param offered what the message lists
 * @param why what the message says more of what was found
 */
const oneOf = <const Ids extends [string, ...string[]]>(
  name: string,
  ids: Ids,
  offered: readonly string[] = ids,
  why: (found: unknown) => string = () => '',
) =>
  z.enum(ids, {
    error: ({ input }) => `${name}: expected one of ${offered.join(', ')}, found ${show(input)}${why(input)}`,
  })

const text = (name: string) =>
  z.string({ error: (issue) => `${name}: expected text, found ${show(issue.input)}` })

/** Verifiers, each once, in the vocabulary's order: the order of a guide's verifiers means nothing. */
const verifierList = (name: string) =>
  z
    .array(oneOf(name, idsOf(verifiers), imageVerifiers, whyNoJudge), {
      error: (issue) => `${name}: expected a list of verifiers, found ${show(issue.input)}`,
    })
    .transform((ids) => idsOf(verifiers).filter((id) => ids.includes(id)))

/** The judge measures from outside what guides cannot: whoever could steer by it would make it worthless. */
function whyNoJudge(found: unknown): string {
  return typeof found === 'string' && found.includes('judge')
    ? '; a judge is never offered as a guide, because what steers a search cannot measure it'
    : ''
}

/** What every run says, whatever its algorithm. */
const commonFields = {
  prompt: text('prompt')
    .transform((prompt) => prompt.toWellFormed().trim())
    .refine((prompt) => prompt.length > 0, {
      error: 'prompt: expected a few words, found nothing; say what the image should show',
    })
    .refine((prompt) => prompt.length <= maxPromptLength, {
      error: (issue) =>
        `prompt: expected at most ${maxPromptLength} characters, found ${(issue.input as string).length}; shorten it`,
    })
    .refine((prompt) => !prompt.includes('\0'), {
      error: 'prompt: expected text, found a NUL character; remove it',
    }),
  pack: text('pack').min(1, { error: 'pack: expected the id of a pack, found nothing; `packs` lists them' }),
  /** What steers the search: one verifier by its score, several by the mean of their ranks (ensemble). */
  guide: verifierList('guide').refine((ids) => ids.length > 0, {
    error: `guide: expected at least one of ${imageVerifiers.join(', ')}, found none`,
  }),
  /** Verifiers that score every image and steer nothing: the witnesses of verifier hacking. */
  heldOut: verifierList('heldOut'),
  sampler: oneOf('sampler', idsOf(samplers)),
  schedule: oneOf('schedule', idsOf(schedules)),
  /** Read by the schedule `shifted`: how far levels are moved towards the noise; 1 leaves them evenly spaced. */
  shift: number('shift', 0.01, 100).default(defaultShift),
  steps: wholeNumber('steps', 1, maxSteps),
  guidance: number('guidance', 0, maxGuidance),
  /** Steps of one more image from the winner's noise (two-stage run); null for none. */
  finalSteps: wholeNumber('finalSteps', 1, maxSteps).nullable().default(null),
  /** Where the search stops, in any of the three currencies, at the end of the candidate that reaches it. */
  budget: z
    .strictObject({
      nfe: wholeNumber('budget.nfe', 1, maxBudget).nullable().default(null),
      verifierCalls: wholeNumber('budget.verifierCalls', 1, maxBudget).nullable().default(null),
      seconds: number('budget.seconds', 0.001, maxBudget).nullable().default(null),
    })
    .default(noBudget),
  baselines: z
    .array(wholeNumber('baselines', 1, maxSteps), {
      error: (issue) => `baselines: expected a list of step counts, found ${show(issue.input)}`,
    })
    .max(maxBaselines, { error: `baselines: expected at most ${maxBaselines} step counts; leave some out` })
    .transform((steps) => [...new Set(steps)].sort((a, b) => a - b)),
  seed: z
    .string({
      error: (issue) => `seed: expected a whole number from 0 to ${maxSeed}, found ${show(issue.input)}`,
    })
    .refine((seed) => /^\d{1,20}$/.test(seed) && BigInt(seed) <= maxSeed, {
      error: (issue) => `seed: expected a whole number from 0 to ${maxSeed}, found ${show(issue.input)}`,
    })
    .transform((seed) => BigInt(seed).toString()),
}

const count = (name: string) => wholeNumber(name, 1, maxCandidates)

/** The parameters of each algorithm, by the names of the paper that it comes from. */
const randomSearch = z.strictObject({
  algorithm: z.literal('random_search'),
  ...commonFields,
  candidates: count('candidates'),
})

const zeroOrderSearch = z.strictObject({
  algorithm: z.literal('zero_order_search'),
  ...commonFields,
  /** K */
  rounds: count('rounds'),
  /** N */
  neighbours: count('neighbours').default(4),
  /** lambda: cosine between the pivot and a neighbour */
  cosine: between('cosine', 0, 1).default(0.95),
})

const searchOverPaths = z.strictObject({
  algorithm: z.literal('search_over_paths'),
  ...commonFields,
  /** N: initial paths, and survivors of each round */
  paths: count('paths').default(2),
  /** M: noises tried for each path in each round */
  width: count('width'),
  /** Noise level at which the search starts. */
  startLevel: between('startLevel', 0, 1).default(0.11),
  /** Delta f */
  forward: between('forward', 0, 1).default(0.78),
  /** Delta b */
  backward: between('backward', 0, 1).default(0.81),
  /** L: evaluations of each way back */
  length: wholeNumber('length', 1, maxSteps).default(8),
})

const firstOrderSearch = z.strictObject({
  algorithm: z.literal('first_order_search'),
  ...commonFields,
  iterations: count('iterations'),
  eta: number('eta', 1e-6, 1e6).default(0.01),
})

const draftCullResume = z.strictObject({
  algorithm: z.literal('draft_cull_resume'),
  ...commonFields,
  candidates: count('candidates'),
  /** Steps of a draft, of `steps`. */
  draftSteps: wholeNumber('draftSteps', 1, maxSteps),
  /** Candidates that go on. */
  survivors: count('survivors'),
})

const fkSteering = z.strictObject({
  algorithm: z.literal('fk_steering'),
  ...commonFields,
  particles: count('particles').default(4),
  /** Steps from one drawing to the next. */
  interval: wholeNumber('interval', 1, maxSteps).default(5),
  /** lambda: how strongly the score weighs. */
  strength: number('strength', 0, 1e6).default(10),
  potential: oneOf('potential', idsOf(potentials)).default('max'),
})

const form = z.discriminatedUnion(
  'algorithm',
  [randomSearch, zeroOrderSearch, searchOverPaths, firstOrderSearch, draftCullResume, fkSteering],
  {
    error: (issue) =>
      `algorithm: expected one of ${idsOf(algorithms).join(', ')}, found ${show((issue.input as { readonly algorithm?: unknown } | null)?.algorithm)}`,
  },
)

const anySpec = form.superRefine((spec, context) => {
  for (const [field, message] of inconsistencies(spec)) {
    context.addIssue({ code: 'custom', path: field.split('.'), message: `${field}: ${message}` })
  }
})

/** Of what is to run. */
export const runSpecSchema = z.preprocess(fromEarlierForm, anySpec)

/**
 * Of what was checked when it ran, and is kept since. Whether parameters go together is not asked again: a rule that is
 * made later must not take from a library what it has.
 */
export const storedSpecSchema = z.preprocess(fromEarlierForm, form)

/** Parameters that do not go together, each with the field at fault: what was expected, what was found. */
function* inconsistencies(
  spec: z.infer<typeof anySpec>,
): Generator<readonly [field: string, message: string]> {
  const both = spec.heldOut.filter((id) => spec.guide.includes(id))
  if (both.length > 0) {
    yield [
      'heldOut',
      `expected verifiers that do not guide, found ${both.join(', ')}; leave them out of one list`,
    ]
  }
  const { label } = verifiers[setVerifier]
  if (spec.heldOut.includes(setVerifier)) {
    yield [
      'heldOut',
      `expected verifiers of single images, found ${setVerifier}; ${label} judges sets of images, leave it out`,
    ]
  }
  if (spec.guide.includes(setVerifier) && (spec.guide.length > 1 || spec.algorithm !== 'random_search')) {
    yield [
      'guide',
      `expected ${setVerifier} alone and with random_search, found ${spec.guide.join(', ')} with ${spec.algorithm}; ${label} judges a growing set of images, not one`,
    ]
  }
  const planned = plannedCandidates(spec)
  if (planned > maxCandidates) {
    yield [
      'algorithm',
      `expected at most ${maxCandidates} candidates in all, found ${planned} by these parameters; lower one of them`,
    ]
  }
  yield* budgetsWithoutImage(spec)
  yield* inconsistenciesOfAlgorithm(spec)
}

/** Budgets that are spent before the first image: by drafts, unfinished samples and the final image to come. */
function* budgetsWithoutImage(
  spec: z.infer<typeof anySpec>,
): Generator<readonly [field: string, message: string]> {
  const { budget, finalSteps, sampler, guide } = spec
  // Without end, which another message says.
  if (spec.algorithm === 'search_over_paths' && pathRounds(spec) === 0) return
  const before = plannedBeforeFirstImage(spec)
  const needed = {
    nfe: before.nfe + (finalSteps === null ? 0 : plannedNfe(sampler, finalSteps)),
    verifierCalls: guide.length * (before.judged + (finalSteps === null ? 0 : 1)),
  }
  for (const currency of ['nfe', 'verifierCalls'] as const) {
    const bound = budget[currency]
    if (bound === null || needed[currency] === 0 || bound > needed[currency]) continue
    yield [
      `budget.${currency}`,
      `expected more than ${needed[currency]}, which ${takers(before.nfe > 0, finalSteps !== null)} before there is an image, found ${bound}; raise it, or search less`,
    ]
  }
}

function takers(unfinished: boolean, final: boolean): string {
  if (!unfinished) return 'the final image takes'
  return final ? 'drafts and the final image take' : 'drafts take'
}

/** Algorithms whose candidates share or change the way from noise to image, so that none can repeat it with more steps. */
const pathLike: readonly AlgorithmId[] = ['search_over_paths', 'fk_steering']

/** Compare an early look with the image, so they have nothing to say of a draft that is no further itself. */
const selfVerifiers: readonly VerifierId[] = ['clip_self', 'dino_self', 'siglip_self']

/** Algorithms that judge unfinished samples at high noise levels. */
const judgesDrafts: readonly AlgorithmId[] = ['draft_cull_resume', 'fk_steering']

function* inconsistenciesOfAlgorithm(
  spec: z.infer<typeof anySpec>,
): Generator<readonly [field: string, message: string]> {
  const { algorithm, sampler, steps } = spec
  const { label } = algorithms[algorithm]
  if (pathLike.includes(algorithm) && samplers[sampler].multistep) {
    yield [
      'sampler',
      `expected a sampler without history for ${label}, whose branches have none, found ${sampler}; choose ${algorithm === 'fk_steering' ? 'euler_ancestral' : 'euler'}`,
    ]
  }
  if (pathLike.includes(algorithm) && spec.finalSteps !== null) {
    yield [
      'finalSteps',
      `expected none for ${label}, whose winner is a path and not a starting noise; leave it out`,
    ]
  }
  const self = spec.guide.filter((id) => selfVerifiers.includes(id))
  if (judgesDrafts.includes(algorithm) && self.length > 0) {
    yield [
      'guide',
      `expected verifiers that can judge a draft for ${label}, found ${self.join(', ')}, which compare an early look with the finished image`,
    ]
  }
  if (spec.finalSteps !== null && samplers[sampler].stochastic) {
    yield [
      'finalSteps',
      `expected none with ${sampler}, whose own noise makes another picture of other step counts; leave it out, or choose a sampler without`,
    ]
  }
  switch (algorithm) {
    case 'random_search':
      return
    case 'zero_order_search':
      if (samplers[sampler].stochastic) {
        yield [
          'sampler',
          `expected a sampler without noise of its own for ${label}, found ${sampler}, which forgets the starting noise: neighbours would not be neighbours`,
        ]
      }
      return
    case 'search_over_paths':
      if (!(spec.backward > spec.forward)) {
        yield [
          'backward',
          `expected more than forward (${spec.forward}), found ${spec.backward}; the search would never reach the image`,
        ]
      }
      if (spec.startLevel + spec.forward >= 1) {
        yield [
          'forward',
          `expected less than ${(1 - spec.startLevel).toFixed(4)} (1 - startLevel), found ${spec.forward}; above 1 there is no noise level`,
        ]
      }
      if (sampler !== 'euler' && sampler !== 'ddim') {
        yield [
          'sampler',
          `expected euler or ddim for ${label}, which counts one evaluation a step of an ODE, found ${sampler}`,
        ]
      }
      if (spec.schedule !== 'linear') {
        yield [
          'schedule',
          `expected linear for ${label}, whose steps are evenly spaced between its levels, found ${spec.schedule}`,
        ]
      }
      return
    case 'first_order_search':
      if (sampler !== 'euler') {
        yield [
          'sampler',
          `expected euler for ${label}, whose gradient goes back through Euler steps, found ${sampler}`,
        ]
      }
      if (spec.guide.length > 1) {
        yield [
          'guide',
          `expected one verifier for ${label}, because ranks have no gradient, found ${spec.guide.join(', ')}`,
        ]
      }
      return
    case 'draft_cull_resume':
      if (spec.draftSteps >= steps) {
        yield [
          'draftSteps',
          `expected fewer than steps (${steps}), found ${spec.draftSteps}; a draft is a part of the way`,
        ]
      }
      if (spec.survivors > spec.candidates) {
        yield [
          'survivors',
          `expected at most as many as candidates (${spec.candidates}), found ${spec.survivors}`,
        ]
      }
      return
    case 'fk_steering':
      if (!samplers[sampler].stochastic) {
        yield [
          'sampler',
          `expected a stochastic sampler for ${label}, because copies of a particle would stay copies, found ${sampler}; choose euler_ancestral`,
        ]
      }
      if (spec.guide.length > 1) {
        yield [
          'guide',
          `expected one verifier for ${label}, which weighs particles by a score, found ${spec.guide.join(', ')}`,
        ]
      }
      if (spec.particles < 2)
        yield [
          'particles',
          `expected at least 2, found ${spec.particles}; one particle has nobody to give way to`,
        ]
      return
    default:
      assertNever(spec, 'algorithm')
  }
}

/**
 * Until library version 2 a specification named its one verifier and nothing was held out. Pictures keep the
 * specification that they were made with for ever, so that form is read for ever. What came later has defaults that
 * mean what was done before.
 */
function fromEarlierForm(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('verifier' in input) || 'guide' in input) return input
  const { verifier, ...rest } = input
  return { ...rest, guide: [verifier], heldOut: [] }
}

/** A checked specification. */
export type RunSpec = Readonly<z.infer<typeof anySpec>>

/** A specification that is still to be checked: what has a default may be left out. */
export type RunSpecInput = Readonly<z.input<typeof anySpec>>

/** The specification of a run by one algorithm. */
export type SpecOf<Id extends AlgorithmId> = Extract<RunSpec, { readonly algorithm: Id }>

/** Checks a specification from a form, a command line or a file; throws `bad_input`, all faults on one line. */
export function parseRunSpec(input: unknown): RunSpec {
  return parseInput(runSpecSchema, input)
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  const json = JSON.stringify(value)
  return json.length > 60 ? `${json.slice(0, 57)}...` : json
}
