import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RunProgress } from '../../../shared/domain.ts'
import { fakeProgress, fakeStudio } from '../testing/fake-studio.ts'
import { watchWork } from './work-watch.ts'

test('work is told as a part of all that is planned, and ends with null', async () => {
  let live: readonly RunProgress[] = []
  const studio = fakeStudio({ progress: () => Promise.resolve(live) })
  const told: (number | null)[] = []
  const runs: string[] = []
  const stop = watchWork(studio, {
    onWork: (fraction) => told.push(fraction),
    onBegin: (runId) => runs.push(`begin ${runId}`),
    onEnd: (runId) => runs.push(`end ${runId}`),
  })

  studio.emit({ kind: 'progress', progress: fakeProgress(1, 25) })
  studio.emit({ kind: 'progress', progress: fakeProgress(2, 0) })
  assert.deepEqual(told, [0.25, 0.125])

  live = [fakeProgress(2, 50)]
  studio.emit({ kind: 'run-changed', runId: 1 })
  await new Promise(setImmediate)
  assert.equal(told.at(-1), 0.5)

  live = []
  studio.emit({ kind: 'run-changed', runId: 2 })
  await new Promise(setImmediate)
  assert.equal(told.at(-1), null)
  assert.deepEqual(runs, ['begin 1', 'begin 2', 'end 1', 'end 2'])

  stop()
  assert.equal(studio.listeners(), 0)
})

test('a run that waits in the queue has begun before it works', async () => {
  const begun: number[] = []
  const studio = fakeStudio({ progress: () => Promise.resolve([fakeProgress(3, 0)]) })
  watchWork(studio, { onBegin: (runId) => begun.push(runId) })
  studio.emit({ kind: 'run-changed', runId: 3 })
  await new Promise(setImmediate)
  studio.emit({ kind: 'progress', progress: fakeProgress(3, 1) })
  assert.deepEqual(begun, [3])
})

test('a studio that no longer answers is passed over', async () => {
  const studio = fakeStudio({ progress: () => Promise.reject(new Error('closing')) })
  const told: (number | null)[] = []
  watchWork(studio, { onWork: (fraction) => told.push(fraction) })
  studio.emit({ kind: 'run-changed', runId: 1 })
  await new Promise(setImmediate)
  assert.deepEqual(told, [])
})
