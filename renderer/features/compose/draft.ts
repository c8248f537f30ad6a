/** A run as it stands in the form: text as it was typed, until it is checked into a specification. */

import { labelOfClass } from '../../../shared/class-names.ts'
import type { PackSummary } from '../../../shared/domain.ts'
import { maxBaselines, maxSteps, runSpecSchema } from '../../../shared/run-spec.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { algorithms, samplers, schedules, verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { equalCostSteps } from '../../../shared/plan.ts'

/** A pack that makes images, of a sentence or of a class. */
export type ImagePack = Extract<PackSummary, { kind: 'text_to_image' | 'class_to_image' }>

/** Every field of the form. Numbers are text here: half a number is a valid state of an input. */
export type Draft = {
  readonly prompt: string
  readonly pack: string
  readonly guide: readonly VerifierId[]
  readonly heldOut: readonly VerifierId[]
  readonly algorithm: RunSpec['algorithm']
  readonly sampler: RunSpec['sampler']
  readonly schedule: RunSpec['schedule']
  readonly candidates: string
  readonly steps: string
  readonly guidance: string
  readonly baselines: string
  /** Adds the baseline that costs as much as the whole search, so that the two can be compared. */
  readonly equalCost: boolean
  readonly seed: string
  /** Keeps the seed for the next run instead of drawing a new one. */
  readonly seedLocked: boolean
}

export type Faults = Readonly<Partial<Record<keyof RunSpec, string>>>

export type CheckedDraft =
  { readonly kind: 'valid'; readonly spec: RunSpec } | { readonly kind: 'faulty'; readonly faults: Faults }

/** What the form shows before anything was typed and before a pack gave its own defaults. */
export function emptyDraft(seed: string): Draft {
  return {
    prompt: '',
    pack: '',
    guide: ['clip_score'],
    heldOut: [],
    algorithm: 'random_search',
    sampler: 'euler',
    schedule: 'linear',
    candidates: '8',
    steps: '20',
    guidance: '3',
    baselines: '5, 20, 80',
    equalCost: true,
    seed,
    seedLocked: false,
  }
}

/** A pack and the settings it was made for. */
export function settingsOf(pack: ImagePack): Partial<Draft> {
  const { sampler, schedule, steps, guidance } = pack.defaults
  return { pack: pack.id, sampler, schedule, steps: String(steps), guidance: String(guidance) }
}

/** The draft that makes an earlier run again. Its seed is locked, or it would be another run. */
export function draftOf(spec: RunSpec): Draft {
  const equal = equalCostSteps(spec.sampler, spec.candidates, spec.steps)
  const equalCost = spec.baselines.includes(equal)
  const others = spec.baselines.filter((steps) => !equalCost || steps !== equal)
  return {
    ...spec,
    candidates: String(spec.candidates),
    steps: String(spec.steps),
    guidance: String(spec.guidance),
    baselines: others.join(', '),
    equalCost,
    seedLocked: true,
  }
}

/** The equal-cost baseline that the switch adds. */
export type EqualCost =
  | { readonly kind: 'added'; readonly steps: number }
  /** It is in the list already. */
  | { readonly kind: 'listed'; readonly steps: number }
  | { readonly kind: 'too-many'; readonly steps: number }
  /** Candidates and steps are not numbers yet. */
  | { readonly kind: 'unknown' }

/** What "equal cost" means for this draft. */
export function equalCostOf(draft: Draft): EqualCost {
  const candidates = Number(draft.candidates)
  const steps = Number(draft.steps)
  if (!Number.isInteger(candidates) || !Number.isInteger(steps) || candidates < 1 || steps < 1) {
    return { kind: 'unknown' }
  }
  const equal = equalCostSteps(draft.sampler, candidates, steps)
  if (equal > maxSteps) return { kind: 'too-many', steps: equal }
  return numbersIn(draft.baselines).includes(equal)
    ? { kind: 'listed', steps: equal }
    : { kind: 'added', steps: equal }
}

/**
 * Checks a draft with the studio's own schema; what is wrong is said at the field where it is wrong.
 *
 * @param classes of the draft's pack, where its prompts are the names of classes
 */
export function checkDraft(draft: Draft, classes: readonly string[] | null = null): CheckedDraft {
  const listed = numbersIn(draft.baselines)
  const equal = equalCostOf(draft)
  const baselines =
    draft.equalCost && equal.kind === 'added' && listed.length < maxBaselines
      ? [...listed, equal.steps]
      : listed
  const result = runSpecSchema.safeParse({
    prompt: draft.prompt,
    pack: draft.pack,
    guide: draft.guide,
    heldOut: draft.heldOut,
    algorithm: draft.algorithm,
    sampler: draft.sampler,
    schedule: draft.schedule,
    candidates: numberIn(draft.candidates),
    steps: numberIn(draft.steps),
    guidance: numberIn(draft.guidance),
    baselines,
    seed: draft.seed.trim(),
  })
  const noClass = classes !== null && labelOfClass(classes, draft.prompt) === null
  if (result.success && !noClass) return { kind: 'valid', spec: result.data }
  const faults: Partial<Record<keyof RunSpec, string>> = {}
  if (noClass) faults.prompt = `Choose one of the ${classes.length} classes of this pack`
  for (const issue of result.error?.issues ?? []) {
    const field = String(issue.path[0]) as keyof RunSpec
    faults[field] ??= atField(field, issue.message)
  }
  return { kind: 'faulty', faults }
}

/** A fresh seed of 32 random bits: short enough to be read out, one of four thousand million. */
export function newSeed(): string {
  return String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)
}

/** The fields that choose from the vocabulary; a stored choice may be one that this version no longer has. */
const choices: Readonly<Record<string, object>> = {
  algorithm: algorithms,
  sampler: samplers,
  schedule: schedules,
}

/** A verifier in one of the two roles or in none: nobody guides and is held out. */
export function withRole(
  { guide, heldOut }: Pick<Draft, 'guide' | 'heldOut'>,
  verifier: VerifierId,
  role: 'guide' | 'heldOut' | null,
): Pick<Draft, 'guide' | 'heldOut'> {
  const others = (list: readonly VerifierId[]) => list.filter((id) => id !== verifier)
  return {
    guide: role === 'guide' ? [...others(guide), verifier] : others(guide),
    heldOut: role === 'heldOut' ? [...others(heldOut), verifier] : others(heldOut),
  }
}

/** A draft as it was stored; a field that is missing, of another type or no longer offered keeps the fallback's value. */
export function restoreDraft(stored: string | null, fallback: Draft): Draft {
  if (stored === null) return fallback
  let values: unknown
  try {
    values = JSON.parse(stored)
  } catch {
    return fallback
  }
  if (typeof values !== 'object' || values === null) return fallback
  const known = Object.entries(values).filter(
    ([name, value]) =>
      Object.hasOwn(fallback, name) &&
      (Array.isArray(fallback[name as keyof Draft])
        ? isVerifierList(value)
        : typeof value === typeof fallback[name as keyof Draft] &&
          Object.hasOwn(choices[name] ?? { [String(value)]: true }, String(value))),
  )
  return { ...fallback, ...Object.fromEntries(known) }
}

function isVerifierList(value: unknown): boolean {
  return Array.isArray(value) && value.every((id) => typeof id === 'string' && Object.hasOwn(verifiers, id))
}

/** A number if the text is one; the text itself otherwise, so that the message can show it. */
function numberIn(text: string): number | string | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  const value = Number(trimmed.replace(',', '.'))
  return Number.isNaN(value) ? trimmed : value
}

function numbersIn(list: string): readonly (number | string | undefined)[] {
  return list
    .split(/[\s,;]+/)
    .filter((part) => part !== '')
    .map(numberIn)
}

/** The studio's messages start with the field's name; at the field it need not be said again. */
function atField(field: string, message: string): string {
  const text = message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message
  return text.charAt(0).toUpperCase() + text.slice(1)
}
