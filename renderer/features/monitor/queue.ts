/** The order of the runs that wait, and those that could go on. Pure. */

import type { RunSummary } from '../../../shared/domain.ts'

/**
 * Behind which waiting run one comes to stand at a place; null for the first place.
 *
 * @param order of the runs that wait
 * @param place from 0, in the order that it makes
 */
export function placeAfter(order: readonly number[], runId: number, place: number): number | null {
  const others = order.filter((id) => id !== runId)
  return others[place - 1] ?? null
}

/** The order with one run at another place, from 0. */
export function withRunAt(order: readonly number[], runId: number, place: number): readonly number[] {
  return order.filter((id) => id !== runId).toSpliced(place, 0, runId)
}

/**
 * The order as a person has just made it, of the runs that wait by now: those that came since are last, those that began
 * are gone.
 */
export function orderAhead(waiting: readonly number[], made: readonly number[]): readonly number[] {
  return [...made.filter((id) => waiting.includes(id)), ...waiting.filter((id) => !made.includes(id))]
}

/** The runs that rest although nobody stopped them, and those that somebody paused, in the order that the queue had. */
export function resting(runs: readonly RunSummary[]): {
  readonly interrupted: readonly RunSummary[]
  readonly paused: readonly RunSummary[]
} {
  const inOrder = runs.toSorted((a, b) => a.queuePlace - b.queuePlace)
  return {
    interrupted: inOrder.filter(({ status }) => status.kind === 'interrupted'),
    paused: inOrder.filter(({ status }) => status.kind === 'paused'),
  }
}
