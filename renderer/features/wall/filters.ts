/** The wall's filters and orders as a person reads and sets them. Pure. */

import { formatCountOf } from '../../../shared/format.ts'
import type { Board, Range, WallFilter, WallOrder, WallQuestion } from '../../../shared/gallery.ts'
import { algorithms, verifiers } from '../../../shared/vocabulary.ts'
import type { AlgorithmId, VerifierId } from '../../../shared/vocabulary.ts'

/** One restriction in words, and the filter without it. */
export type Chip = { readonly key: string; readonly label: string; readonly without: WallFilter }

/** Where pictures come from, in words. */
export const armLabels = { search: 'Search', baseline: 'Baselines', final: 'Final images' } as const

export const flagLabels = { pick: 'Picked', reject: 'Rejected', none: 'Not flagged' } as const

/** Every restriction of a filter, in the order of the panel. */
export function chipsOf(filter: WallFilter, boards: readonly Pick<Board, 'id' | 'name'>[]): readonly Chip[] {
  const chips: Chip[] = []
  const add = (key: keyof WallFilter, label: string, mark = '') =>
    chips.push({ key: key + mark, label, without: without(filter, key) })
  if (filter.text !== undefined) add('text', `“${filter.text}”`)
  if (filter.board !== undefined) {
    const board = boards.find(({ id }) => id === filter.board)
    add('board', `Board: ${board?.name ?? 'removed'}`)
  }
  if (filter.run !== undefined) add('run', `Run ${filter.run}`)
  for (const flag of filter.flags ?? []) {
    const rest = toggled(filter.flags, flag)
    chips.push({ key: `flags ${flag}`, label: flagLabels[flag], without: withList(filter, 'flags', rest) })
  }
  if (filter.ratingAtLeast !== undefined && filter.ratingAtLeast > 0) {
    const stars = formatCountOf(filter.ratingAtLeast, 'star')
    add('ratingAtLeast', filter.ratingAtLeast === 5 ? stars : `${stars} or more`)
  }
  for (const arm of filter.arms ?? []) {
    const rest = toggled(filter.arms, arm)
    chips.push({ key: `arms ${arm}`, label: armLabels[arm], without: withList(filter, 'arms', rest) })
  }
  if (filter.origin !== undefined) {
    add('origin', filter.origin === 'outside' ? 'From outside' : 'Made by runs')
  }
  for (const pack of filter.packs ?? []) {
    const rest = toggled(filter.packs, pack)
    chips.push({ key: `packs ${pack}`, label: pack, without: withList(filter, 'packs', rest) })
  }
  for (const id of filter.algorithms ?? []) {
    const rest = toggled(filter.algorithms, id)
    const label = algorithms[id].label
    chips.push({ key: `algorithms ${id}`, label, without: withList(filter, 'algorithms', rest) })
  }
  if (filter.from !== undefined) add('from', `Since ${dayOf(filter.from)}`)
  if (filter.before !== undefined) add('before', `Until ${dayOf(filter.before, -1)}`)
  if (filter.score !== undefined) add('score', rangeText(filter.score))
  if (filter.delta !== undefined) add('delta', `Delta, ${rangeText(filter.delta)}`)
  if (filter.unfinished === true) add('unfinished', 'Drafts too')
  return chips
}

function rangeText({ verifier, least, most }: Range): string {
  const name = verifiers[verifier].label
  if (least !== undefined && most !== undefined) return `${name} ${least} to ${most}`
  return least !== undefined ? `${name} at least ${least}` : `${name} at most ${String(most)}`
}

/** A filter without one of its restrictions. */
export function without(filter: WallFilter, key: keyof WallFilter): WallFilter {
  return Object.fromEntries(Object.entries(filter).filter(([each]) => each !== key))
}

type ListKey = 'packs' | 'algorithms' | 'arms' | 'flags'

/** A filter with another list; an empty one restricts nothing and is left out. */
export function withList<Key extends ListKey>(
  filter: WallFilter,
  key: Key,
  list: NonNullable<WallFilter[Key]>,
): WallFilter {
  return list.length === 0 ? without(filter, key) : { ...filter, [key]: list }
}

/** A list with one member more or less. */
export function toggled<Member>(list: readonly Member[] | undefined, member: Member): readonly Member[] {
  const before = list ?? []
  return before.includes(member) ? before.filter((each) => each !== member) : [...before, member]
}

/**
 * A filter with another lower or upper end of a range, as it was typed: what is no number leaves that end open, and a
 * range that is open on both sides restricts nothing.
 */
export function withRange(
  filter: WallFilter,
  key: 'score' | 'delta',
  verifier: VerifierId,
  typed: { readonly least: string; readonly most: string },
): WallFilter {
  const [least, most] = [numberIn(typed.least), numberIn(typed.most)]
  const rest = without(without(filter, 'score'), 'delta')
  if (least === null && most === null) return rest
  return {
    ...rest,
    [key]: { verifier, ...(least === null ? {} : { least }), ...(most === null ? {} : { most }) },
  }
}

/** A number as people type it, with a comma or a true minus sign too; null for none. */
export function numberIn(text: string): number | null {
  const plain = text.trim().replace(',', '.').replace('−', '-')
  const value = Number(plain)
  return plain === '' || !Number.isFinite(value) ? null : value
}

/** The moment, in UTC, at which a day of this place begins, or one some days later. `day`: `2026-11-22`. */
export function startOf(day: string, daysLater = 0): string | null {
  const [year, month, date] = day.split('-').map(Number)
  if (year === undefined || month === undefined || date === undefined) return null
  const moment = new Date(year, month - 1, date + daysLater)
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString()
}

/** The day of this place in which a moment lies, as date fields have it. */
export function dayOf(iso: string, daysLater = 0): string {
  const moment = new Date(iso)
  const shifted = new Date(moment.getFullYear(), moment.getMonth(), moment.getDate() + daysLater)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${shifted.getFullYear()}-${two(shifted.getMonth() + 1)}-${two(shifted.getDate())}`
}

export type OrderOption = { readonly id: string; readonly label: string }

/** What the wall can be sorted by. */
export function orderOptions(judges: readonly VerifierId[]): readonly OrderOption[] {
  return [
    { id: 'made', label: 'Date' },
    { id: 'rating', label: 'Stars' },
    ...judges.map((id) => ({ id: `score ${id}`, label: verifiers[id].label })),
    ...judges.map((id) => ({ id: `delta ${id}`, label: `${verifiers[id].label}, delta to baseline` })),
  ]
}

export function orderId(order: WallOrder): string {
  return 'verifier' in order ? `${order.by} ${order.verifier}` : order.by
}

/** The order of an option's id; the direction stays. */
export function orderOf(id: string, descending: boolean): WallOrder {
  const [by, verifier] = id.split(' ')
  if (by === 'score' || by === 'delta') return { by, verifier: verifier as VerifierId, descending }
  return { by: by === 'rating' ? 'rating' : 'made', descending }
}

export function algorithmLabel(id: AlgorithmId): string {
  return algorithms[id].label
}

/**
 * Whose scores stand under the pictures: of the verifier that the wall is sorted by, or else narrowed by. Null where each
 * picture shows what the guide of its own run says.
 */
export function captionVerifier({ filter, order }: WallQuestion): VerifierId | null {
  return 'verifier' in order ? order.verifier : ((filter.score ?? filter.delta)?.verifier ?? null)
}
