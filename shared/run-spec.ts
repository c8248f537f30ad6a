/**
 * What a person asks for: the one specification of a run, checked here for every host before anything runs.
 *
 * A seed is a decimal string: seeds go up to 2^64 - 1, which a JavaScript number cannot hold exactly.
 */

import { z } from 'zod'

import { inconsistencies } from './inconsistencies.ts'
import { parseInput } from './parse-input.ts'
import { plannedCandidates } from './plan.ts'
import {
  algorithms,
  devices,
  generators,
  idsOf,
  imageVerifiers,
  potentials,
  samplers,
  schedules,
  verifiers,
  type AlgorithmId,
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
/** Sides of a picture, in pixels. */
const leastSide = 8
const mostSide = 8192
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
  /** What guidance leads away from; nothing in particular unless a person says so. */
  negativePrompt: text('negativePrompt')
    .transform((prompt) => prompt.toWellFormed().trim())
    .refine((prompt) => prompt.length <= maxPromptLength && !prompt.includes('\0'), {
      error: `negativePrompt: expected at most ${maxPromptLength} characters without NUL, found others; shorten it`,
    })
    .default(''),
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
  /** Of the pictures, in pixels; null for the pack's own size. */
  size: z
    .strictObject(
      {
        width: wholeNumber('size.width', leastSide, mostSide),
        height: wholeNumber('size.height', leastSide, mostSide),
      },
      { error: ({ input }) => `size: expected width and height in pixels, found ${show(input)}` },
    )
    .nullable()
    .default(null),
  /** What the models run on; never changed silently. */
  device: oneOf('device', idsOf(devices)).default('cpu'),
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
  /** What starting noises are drawn with. */
  generator: oneOf('generator', idsOf(generators)).default('philox4x32-10'),
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
  const planned = plannedCandidates(spec)
  if (planned > maxCandidates) {
    const message = `algorithm: expected at most ${maxCandidates} candidates in all, found ${planned} by these parameters; lower one of them`
    context.addIssue({ code: 'custom', path: ['algorithm'], message })
  }
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
