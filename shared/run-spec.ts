/**
 * What a person asks for: the one specification of a run, checked here for every host before anything runs.
 *
 * A seed is a decimal string: seeds go up to 2^64 - 1, which a JavaScript number cannot hold exactly.
 */

import { z } from 'zod'

import { parseInput } from './parse-input.ts'
import {
  algorithms,
  idsOf,
  imageVerifiers,
  samplers,
  schedules,
  setVerifier,
  verifiers,
} from './vocabulary.ts'

/** Longest prompt taken, in UTF-16 units. The tokenizer cuts far earlier; this bounds what is stored and shown. */
export const maxPromptLength = 2000
export const maxCandidates = 4096
export const maxSteps = 1000
export const maxBaselines = 16
export const maxGuidance = 30
const maxSeed = 2n ** 64n - 1n

const wholeNumber = (name: string, min: number, max: number) =>
  z
    .number({
      error: (issue) => `${name}: expected a whole number from ${min} to ${max}, found ${show(issue.input)}`,
    })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, {
      error: (issue) => `${name}: expected a whole number from ${min} to ${max}, found ${show(issue.input)}`,
    })

/** @param offered what the message lists */
const oneOf = <const Ids extends [string, ...string[]]>(
  name: string,
  ids: Ids,
  offered: readonly string[] = ids,
) =>
  z.enum(ids, {
    error: (issue) => `${name}: expected one of ${offered.join(', ')}, found ${show(issue.input)}`,
  })

const text = (name: string) =>
  z.string({ error: (issue) => `${name}: expected text, found ${show(issue.input)}` })

/** Verifiers, each once, in the vocabulary's order: the order of a guide's verifiers means nothing. */
const verifierList = (name: string) =>
  z
    .array(oneOf(name, idsOf(verifiers), imageVerifiers), {
      error: (issue) => `${name}: expected a list of verifiers, found ${show(issue.input)}`,
    })
    .refine((ids) => !ids.includes(setVerifier), {
      error: `${name}: expected verifiers of single images, found ${setVerifier}, which judges sets of images; choose another`,
    })
    .transform((ids) => imageVerifiers.filter((id) => ids.includes(id)))

const specFields = z.strictObject({
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
  algorithm: oneOf('algorithm', idsOf(algorithms)),
  candidates: wholeNumber('candidates', 1, maxCandidates),
  sampler: oneOf('sampler', idsOf(samplers)),
  schedule: oneOf('schedule', idsOf(schedules)),
  steps: wholeNumber('steps', 1, maxSteps),
  guidance: z
    .number({
      error: (issue) => `guidance: expected a number from 0 to ${maxGuidance}, found ${show(issue.input)}`,
    })
    .min(0, {
      error: (issue) => `guidance: expected a number from 0 to ${maxGuidance}, found ${show(issue.input)}`,
    })
    .max(maxGuidance, {
      error: (issue) => `guidance: expected a number from 0 to ${maxGuidance}, found ${show(issue.input)}`,
    }),
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
})

export const runSpecSchema = z.preprocess(
  fromEarlierForm,
  specFields.superRefine(({ guide, heldOut }, context) => {
    const both = heldOut.filter((id) => guide.includes(id))
    if (both.length === 0) return
    const message = `heldOut: expected verifiers that do not guide, found ${both.join(', ')}; leave them out of one list`
    context.addIssue({ code: 'custom', path: ['heldOut'], message })
  }),
)

/**
 * Until library version 2 a specification named its one verifier and nothing was held out. Pictures keep the
 * specification that they were made with for ever, so that form is read for ever.
 */
function fromEarlierForm(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !('verifier' in input) || 'guide' in input) return input
  const { verifier, ...rest } = input
  return { ...rest, guide: [verifier], heldOut: [] }
}

/** A checked specification. */
export type RunSpec = Readonly<z.infer<typeof runSpecSchema>>

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
