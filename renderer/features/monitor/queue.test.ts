import assert from 'node:assert/strict'
import test from 'node:test'

import type { RunStatus, RunSummary } from '../../../shared/domain.ts'
import { orderAhead, placeAfter, resting, withRunAt } from './queue.ts'

test('every place in the queue is behind one run, the first behind none', () => {
  const order = [5, 6, 7, 8]
  for (const runId of order) {
    for (const place of order.keys()) {
      const behind = placeAfter(order, runId, place)
      const others = order.filter((id) => id !== runId)
      const made = others.toSpliced(behind === null ? 0 : others.indexOf(behind) + 1, 0, runId)
      assert.deepEqual(withRunAt(order, runId, place), made)
      assert.equal(made.indexOf(runId), place, `${runId} to ${place} gave ${made.join()}`)
    }
  }
})

test('an order made by hand leaves out what began since, and has what came since at its end', () => {
  assert.deepEqual(orderAhead([3, 4, 6, 7], [2, 4, 3, 6]), [4, 3, 6, 7])
})

test('runs that can go on are in the order of the queue, whatever order the list has; stopped and failed ones are not among them', () => {
  const run = (id: number, kind: 'interrupted' | 'paused' | 'cancelled' | 'done' | 'queued'): RunSummary =>
    ({ id, queuePlace: id === 9 ? 1 : id, status: { kind } satisfies RunStatus }) as RunSummary
  const { interrupted, paused } = resting([
    ...[run(9, 'interrupted'), run(8, 'paused'), run(7, 'cancelled'), run(6, 'interrupted')],
    ...[run(5, 'done'), run(4, 'queued'), run(3, 'paused')],
  ])
  assert.deepEqual(
    [interrupted, paused].map((all) => all.map(({ id }) => id)),
    [
      [9, 6],
      [3, 8],
    ],
  )
})
