/** A run as it stands in the form: text as it was typed, until it is checked into a specification. */

import { labelOfClass } from '../../../shared/class-names.ts'
import type { PackSummary } from '../../../shared/domain.ts'
import { parameters, parametersOf } from '../../../shared/parameters.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import { equalCostSteps, planOf } from '../../../shared/plan.ts'
import { defaultShift, maxBaselines, maxSteps, runSpecSchema } from '../../../shared/run-spec.ts'
import type { RunSpec, RunSpecInput } from '../../../shared/run-spec.ts'
import {
  algorithms,
  devices,
  generators,
  idsOf,
  potentials,
  samplers,
  schedules,
  verifiers,
} from '../../../shared/vocabulary.ts'
import type { AlgorithmId, VerifierId } from '../../../shared/vocabulary.ts'

/** A pack that makes images, of a sentence or of a class. */
export type ImagePack = Extract<PackSummary, { kind: 'text_to_image' | 'class_to_image' }>

/**
 * Every field of the form. Numbers are text here: half a number is a valid state of an input. The parameters of every
 * algorithm are kept, so that what was typed is there again when an algorithm is chosen once more.
 */
export type Draft = Readonly<Record<ParameterId, string>> & {
  readonly prompt: string
  readonly negativePrompt: string
  readonly pack: string
  readonly guide: readonly VerifierId[]
  readonly heldOut: readonly VerifierId[]
  readonly algorithm: RunSpec['algorithm']
  readonly sampler: RunSpec['sampler']
  readonly schedule: RunSpec['schedule']
  readonly shift: string
  readonly steps: string
  readonly guidance: string
  /** Empty for none, as with the budgets. */
  readonly finalSteps: string
  readonly budgetNfe: string
  readonly budgetVerifierCalls: string
  readonly budgetMinutes: string
  /** What the search may spend, in its unit; empty for as much as its parameters say (forecast.ts). */
  readonly budgetAmount: string
  readonly budgetUnit: BudgetUnit
  /** Both empty for the pack's own size. */
  readonly pictureWidth: string
  readonly pictureHeight: string
  readonly device: RunSpec['device']
  readonly generator: RunSpec['generator']
  readonly baselines: string
  /** Adds the baseline that costs as much as the whole search, so that the two can be compared. */
  readonly equalCost: boolean
  readonly seed: string
  /** Keeps the seed for the next run instead of drawing a new one. */
  readonly seedLocked: boolean
}

/** Units in which a person says what a search may spend. */
export const budgetUnits = { images: 'images', nfe: 'NFE', minutes: 'minutes' } as const
export type BudgetUnit = keyof typeof budgetUnits

/** A field of the specification, as its messages name it. */
export type FieldName = keyof RunSpec | ParameterId | `budget.${keyof RunSpec['budget']}`

export type Faults = Readonly<Partial<Record<FieldName, string>>>

export type CheckedDraft =
  { readonly kind: 'valid'; readonly spec: RunSpec } | { readonly kind: 'faulty'; readonly faults: Faults }

const parameterIds = Object.keys(parameters) as readonly ParameterId[]

/** Every parameter as text; those of `values` by their value there, the others as in a new form. */
function parameterTexts(
  values: Readonly<Partial<Record<ParameterId, number | string>>>,
): Record<ParameterId, string> {
  const texts = parameterIds.map((id) => [id, String(values[id] ?? parameters[id].usual)])
  return Object.fromEntries(texts) as Record<ParameterId, string>
}

/** What the form shows before anything was typed and before a pack gave its own defaults. */
export function emptyDraft(seed: string): Draft {
  return {
    ...parameterTexts({}),
    prompt: '',
    negativePrompt: '',
    pack: '',
    guide: ['clip_score'],
    heldOut: [],
    algorithm: 'random_search',
    sampler: 'euler',
    schedule: 'linear',
    shift: String(defaultShift),
    steps: '20',
    guidance: '3',
    finalSteps: '',
    budgetNfe: '',
    budgetVerifierCalls: '',
    budgetMinutes: '',
    budgetAmount: '',
    budgetUnit: 'images',
    pictureWidth: '',
    pictureHeight: '',
    device: 'cpu',
    generator: 'philox4x32-10',
    baselines: '5, 20, 80',
    equalCost: true,
    seed,
    seedLocked: false,
  }
}

/** A pack and the settings it was made for. */
export function settingsOf(pack: ImagePack): Partial<Draft> {
  const { sampler, schedule, shift, steps, guidance } = pack.defaults
  const numbers = { shift: String(shift), steps: String(steps), guidance: String(guidance) }
  return { pack: pack.id, sampler, schedule, ...numbers, pictureWidth: '', pictureHeight: '' }
}

/** The draft that makes an earlier run again. Its seed is locked, or it would be another run. */
export function draftOf(spec: RunSpec): Draft {
  const equal = equalCostSteps(spec.sampler, planOf(spec).searchNfe)
  const equalCost = spec.baselines.includes(equal)
  const others = spec.baselines.filter((steps) => !equalCost || steps !== equal)
  const { prompt, negativePrompt, pack, guide, heldOut, algorithm, sampler, schedule, seed, budget } = spec
  const { device, generator, size } = spec
  const text = (value: number | null) => (value === null ? '' : String(value))
  return {
    ...parameterTexts(spec),
    ...{ prompt, negativePrompt, pack, guide, heldOut, algorithm, sampler, schedule, seed },
    ...{ device, generator },
    pictureWidth: text(size?.width ?? null),
    pictureHeight: text(size?.height ?? null),
    shift: String(spec.shift),
    steps: String(spec.steps),
    guidance: String(spec.guidance),
    finalSteps: text(spec.finalSteps),
    budgetNfe: text(budget.nfe),
    budgetVerifierCalls: text(budget.verifierCalls),
    budgetMinutes: minutesText(budget.seconds),
    budgetAmount: '',
    budgetUnit: 'images',
    baselines: others.join(', '),
    equalCost,
    seedLocked: true,
  }
}

/**
 * A draft with what a picture tells of its own run. What the picture does not say stays as it was, but for its size:
 * that is the pack's then.
 */
export function withSettings(
  draft: Draft,
  settings: Partial<RunSpecInput>,
  packs: readonly PackSummary[] | null,
): Draft {
  const { pack: packId, budget, baselines, size, seed, ...others } = settings
  const pack = packs?.find((one) => one.id === packId)
  const known = new Set(Object.keys(draft))
  const texts = Object.entries(others).flatMap(([name, value]) => {
    if (!known.has(name)) return []
    return [[name, typeof value === 'number' ? String(value) : (value ?? '')]]
  })
  return {
    ...draft,
    ...(pack !== undefined && 'width' in pack ? settingsOf(pack) : {}),
    ...(Object.fromEntries(texts) as Partial<Draft>),
    ...(size === undefined || size === null
      ? { pictureWidth: '', pictureHeight: '' }
      : { pictureWidth: String(size.width), pictureHeight: String(size.height) }),
    // What the picture says of the algorithm's size is not to be overruled.
    budgetAmount: '',
    ...(budget === undefined
      ? {}
      : {
          budgetNfe: String(budget.nfe ?? ''),
          budgetVerifierCalls: String(budget.verifierCalls ?? ''),
          budgetMinutes: minutesText(budget.seconds ?? null),
        }),
    ...(baselines === undefined ? {} : { baselines: baselines.join(', '), equalCost: false }),
    ...(seed === undefined ? {} : { seed, seedLocked: true }),
  }
}

/** Which samplers, schedules and guides an algorithm takes, and whether its winner can be made again with more steps. */
export type Fitting = {
  readonly samplers: readonly RunSpec['sampler'][]
  readonly schedules: readonly RunSpec['schedule'][]
  readonly finalSteps: boolean
  /** Whether the ranks of several verifiers can guide it, or the score of one alone. */
  readonly ensembles: boolean
  /** Why the other samplers do not go with it; null where all do. */
  readonly reason: string | null
}

/**
 * What goes with an algorithm and a pack: the studio's own schema is asked, with everything else in order.
 *
 * @param pack undefined while none is known: then only the algorithm counts
 */
export function fittingOf(algorithm: AlgorithmId, pack?: ImagePack): Fitting {
  const faultOf = (field: FieldName, changes: Partial<Draft>) => {
    const input = inputOf({ ...emptyDraft('0'), prompt: 'any', pack: 'any', algorithm, ...changes }, [])
    return faultsIn(runSpecSchema.safeParse(input))[field]
  }
  const faultOfSampler = new Map(idsOf(samplers).map((sampler) => [sampler, faultOf('sampler', { sampler })]))
  const [reason] = [...faultOfSampler.values()].filter((fault) => fault !== undefined)
  return {
    samplers: idsOf(samplers).filter((sampler) => faultOfSampler.get(sampler) === undefined),
    schedules: idsOf(schedules)
      .filter((schedule) => pack === undefined || pack.schedules.includes(schedule))
      .filter((schedule) => faultOf('schedule', { schedule }) === undefined),
    finalSteps: faultOf('finalSteps', { finalSteps: '50' }) === undefined,
    ensembles: faultOf('guide', { guide: ['clip_score', 'image_reward'] }) === undefined,
    // The message without what was found: nothing is wrong here.
    reason: reason?.replace(/^Expected /, 'Needs ').replace(/, found .*$/, '.') ?? null,
  }
}

/**
 * A draft as its algorithm and its pack can take it: another sampler or schedule stands in for one that does not go with
 * them, and is shown in the form; the one that was chosen is back with the next that takes it. What a pack has no place
 * for is left out.
 */
export function fitted(draft: Draft, pack?: ImagePack): Draft {
  const fitting = fittingOf(draft.algorithm, pack)
  const fit = <Id>(chosen: Id, usual: Id | undefined, offered: readonly Id[]) =>
    [chosen, usual].find((id) => id !== undefined && offered.includes(id)) ?? offered[0] ?? chosen
  return {
    ...draft,
    sampler: fit(draft.sampler, pack?.defaults.sampler, fitting.samplers),
    schedule: fit(draft.schedule, pack?.defaults.schedule, fitting.schedules),
    ...(pack?.guidanceBy === 'none' ? { guidance: '1' } : {}),
    ...(pack === undefined || takesNegativePrompt(pack) ? {} : { negativePrompt: '' }),
    ...(pack?.sizes === null ? { pictureWidth: '', pictureHeight: '' } : {}),
    finalSteps: fitting.finalSteps ? draft.finalSteps : '',
    guide: fitting.ensembles ? draft.guide : draft.guide.slice(0, 1),
  }
}

/** Whether a pack can be led away from a text: guided in a second pass, by the text that it was told. */
export function takesNegativePrompt(pack: ImagePack): boolean {
  return pack.kind === 'text_to_image' && pack.guidanceBy === 'second_pass'
}

/** The equal-cost baseline that the switch adds. */
export type EqualCost =
  | { readonly kind: 'added'; readonly steps: number }
  /** It is in the list already. */
  | { readonly kind: 'listed'; readonly steps: number }
  | { readonly kind: 'too-many'; readonly steps: number }
  /** What the search costs cannot be told yet. */
  | { readonly kind: 'unknown' }

/** What "equal cost" means for this draft; its prompt and its seed do not matter. */
export function equalCostOf(draft: Draft): EqualCost {
  const search = runSpecSchema.safeParse(inputOf({ ...draft, prompt: 'any', pack: 'any', seed: '0' }, []))
  if (!search.success) return { kind: 'unknown' }
  const equal = equalCostSteps(draft.sampler, planOf(search.data).searchNfe)
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
  const result = runSpecSchema.safeParse(inputOf(draft, baselines))
  const noClass = classes !== null && labelOfClass(classes, draft.prompt) === null
  if (result.success && !noClass) return { kind: 'valid', spec: result.data }
  const faults = faultsIn(result)
  return {
    kind: 'faulty',
    faults: noClass
      ? { ...faults, prompt: `Choose one of the ${classes.length} classes of this pack` }
      : faults,
  }
}

/** The specification that a draft asks for, still to be checked. */
function inputOf(draft: Draft, baselines: readonly unknown[]): unknown {
  const { prompt, negativePrompt, pack, guide, heldOut, algorithm, sampler, schedule } = draft
  const { device, generator } = draft
  const [width, height] = [numberIn(draft.pictureWidth), numberIn(draft.pictureHeight)]
  const own: readonly ParameterId[] = parametersOf[algorithm]
  return {
    ...{ prompt, negativePrompt, pack, guide, heldOut, algorithm, sampler, schedule, baselines },
    ...{ device, generator, size: width === undefined && height === undefined ? null : { width, height } },
    ...Object.fromEntries(own.map((id) => [id, numberIn(draft[id])])),
    shift: numberIn(draft.shift),
    steps: numberIn(draft.steps),
    guidance: numberIn(draft.guidance),
    finalSteps: numberIn(draft.finalSteps) ?? null,
    budget: {
      nfe: numberIn(draft.budgetNfe) ?? null,
      verifierCalls: numberIn(draft.budgetVerifierCalls) ?? null,
      seconds: secondsIn(draft.budgetMinutes) ?? null,
    },
    seed: draft.seed.trim(),
  }
}

/** The first fault of each field. */
function faultsIn(result: ReturnType<typeof runSpecSchema.safeParse>): Faults {
  const faults: Partial<Record<FieldName, string>> = {}
  for (const { path, message } of result.error?.issues ?? []) {
    const field = (path[0] === 'budget' ? path.join('.') : String(path[0])) as FieldName
    faults[field] ??= atField(field, message)
  }
  return faults
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
  potential: potentials,
  device: devices,
  generator: generators,
  budgetUnit: budgetUnits,
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

/** Minutes as the form shows them; exact enough that the same seconds are read out of them again. */
function minutesText(seconds: number | null): string {
  return seconds === null ? '' : String(Number((seconds / 60).toPrecision(12)))
}

/** The seconds of a text in minutes; what can be no time is left as it is, so that the message shows what was typed. */
function secondsIn(text: string): number | string | undefined {
  const minutes = numberIn(text)
  return typeof minutes === 'number' && minutes > 0 ? Number((minutes * 60).toPrecision(10)) : minutes
}

/** A number if the text is one; the text itself otherwise, so that the message can show it. */
export function numberIn(text: string): number | string | undefined {
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
