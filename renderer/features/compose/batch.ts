/** The rows of a prompt file as runs: what the form says, and over it what the row says. Pure. */

import type { PackSummary } from '../../../shared/domain.ts'
import { parameters, parametersOf } from '../../../shared/parameters.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import type { PromptRow } from '../../../shared/prompt-file.ts'
import { algorithms, idsOf } from '../../../shared/vocabulary.ts'
import type { AlgorithmId } from '../../../shared/vocabulary.ts'
import { checkDraft, fitted, numberIn, settingsOf } from './draft.ts'
import type { CheckedDraft, Draft, Faults, ImagePack } from './draft.ts'
import { budgeted, sizedBy } from './forecast.ts'
import type { Budgeted } from './forecast.ts'
import { imagePacks } from './packs.ts'

/** A row of the list, and the seed of its run unless the form's is kept for all or the row has its own. */
export type BatchRow = PromptRow & { readonly seed: string }

/** The specification of a row, or what is wrong with it, in words that name the field. */
export type CheckedRow =
  (CheckedDraft & { readonly kind: 'valid' }) | { readonly kind: 'faulty'; readonly reason: string }

/** What decides how long an evaluation takes, beside the algorithm. */
const work = ['pack', 'device', 'guidance', 'pictureWidth', 'pictureHeight'] as const

/**
 * Checks rows with the studio's own schema. What pack and algorithm take, and how large a search the form's budget allows,
 * is asked once for all rows that are alike.
 *
 * @param rate seconds an evaluation of the form's work, for a budget of minutes; null while it is not known
 */
export function rowChecker(
  draft: Draft,
  packs: readonly PackSummary[] | null,
  rate: number | null,
): (row: BatchRow) => CheckedRow {
  const bases = new Map<string, Draft>()
  const baseOf = (pack: ImagePack, algorithm: AlgorithmId): Draft => {
    const key = `${algorithm} ${pack.id}`
    const own = pack.id === draft.pack ? {} : settingsOf(pack)
    const base = bases.get(key) ?? fitted({ ...draft, ...own, algorithm }, pack)
    bases.set(key, base)
    return base
  }
  const sizes = new Map<string, Budgeted>()
  const within = (one: Draft): Budgeted => {
    const alike = { ...one, prompt: '', seed: '' }
    const key = JSON.stringify(alike)
    const found =
      sizes.get(key) ?? budgeted(alike, work.every((name) => one[name] === draft[name]) ? rate : null)
    sizes.set(key, found)
    return found
  }
  return (row) => checkRow(draft, row, packs, baseOf, within)
}

function checkRow(
  draft: Draft,
  row: BatchRow,
  packs: readonly PackSummary[] | null,
  baseOf: (pack: ImagePack, algorithm: AlgorithmId) => Draft,
  within: (draft: Draft) => Budgeted,
): CheckedRow {
  const faulty = (reason: string): CheckedRow => ({ kind: 'faulty', reason })
  if (row.fault !== null) return faulty(row.fault)
  const { algorithm = draft.algorithm, pack: packId = draft.pack } = row.values
  if (!isAlgorithm(algorithm)) {
    return faulty(`algorithm: expected one of ${idsOf(algorithms).join(', ')}, found ${algorithm}`)
  }
  const pack = imagePacks(packs).find(({ id }) => id === packId)
  if (pack === undefined) {
    const known = imagePacks(packs).map(({ id }) => id)
    return faulty(`pack: expected one of ${known.join(', ')}, found ${packId}`)
  }
  const taken: readonly ParameterId[] = parametersOf[algorithm]
  const foreign = Object.keys(row.values).find(
    (name) => name in parameters && !taken.includes(name as ParameterId),
  )
  if (foreign !== undefined) {
    return faulty(
      `${foreign}: expected a parameter of ${algorithms[algorithm].label}, found one of another algorithm`,
    )
  }
  // What the row leaves open is fitted to its pack and algorithm; what it says stands as it is, right or wrong.
  const base = baseOf(pack, algorithm)
  const said = changesOf(row.values)
  // Who says how large the search is by its own number wants that, not the budget's.
  const budget = within({ ...base, ...said, ...(sizedBy[algorithm] in said ? { budgetAmount: '' } : {}) })
  if (budget.kind === 'faulty') return faulty(`budget: ${lowerFirst(budget.fault)}`)
  const seed = said.seed ?? (draft.seedLocked ? draft.seed : row.seed)
  const checked = checkDraft(
    { ...budget.draft, seed, prompt: row.prompt },
    pack.kind === 'class_to_image' ? pack.classes : null,
  )
  return checked.kind === 'valid' ? checked : faulty(firstFault(checked.faults))
}

function isAlgorithm(id: string): id is AlgorithmId {
  return Object.hasOwn(algorithms, id)
}

/** What a row says, as the form holds it. Choices that there are not go to the check as they are. */
function changesOf(values: PromptRow['values']): Partial<Draft> {
  const { size, guide, heldOut, budgetSeconds, ...others } = values
  const [, width = size, height = ''] = /^(\d+)[x×](\d+)$/i.exec(size ?? '') ?? []
  return {
    ...(others as Partial<Draft>),
    ...(budgetSeconds === undefined ? {} : { budgetMinutes: minutesOf(budgetSeconds) }),
    ...(size === undefined ? {} : { pictureWidth: width ?? '', pictureHeight: height }),
    ...(guide === undefined ? {} : { guide: listOf(guide) as Draft['guide'] }),
    ...(heldOut === undefined ? {} : { heldOut: listOf(heldOut) as Draft['heldOut'] }),
    ...(others.baselines === undefined ? {} : { equalCost: false }),
  }
}

/** What is no number stays as it is, so that the message shows it. */
function minutesOf(seconds: string): string {
  const value = numberIn(seconds)
  return typeof value === 'number' ? String(value / 60) : seconds
}

function listOf(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter((part) => part !== '')
}

function firstFault(faults: Faults): string {
  const [[field, message] = ['prompt', 'Expected a run, found none']] = Object.entries(faults)
  return `${field}: ${lowerFirst(message)}`
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
