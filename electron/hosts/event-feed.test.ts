import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { StudioEvent } from '../../shared/contract.ts'
import type { RunProgress } from '../../shared/domain.ts'
import { openEventFeed } from './event-feed.ts'
import { fakeProgress, fakeStudio } from './testing/fake-studio.ts'

const progress = (runId: number, nfe: number): StudioEvent => ({
  kind: 'progress',
  progress: fakeProgress(runId, nfe),
})

test('a feed begins with the live runs of the moment', async () => {
  const studio = fakeStudio({ progress: () => Promise.resolve([fakeProgress(1, 5), fakeProgress(2, 0)]) })
  const feed = await openEventFeed(studio)
  assert.deepEqual(await feed.next(), [progress(1, 5), progress(2, 0)])
  feed.close()
})

test('a reader that comes late gets the newest state of each run, not its history', async () => {
  const studio = fakeStudio()
  const feed = await openEventFeed(studio)
  for (let nfe = 0; nfe < 10_000; nfe++) {
    studio.emit(progress(1, nfe))
    studio.emit({ kind: 'run-changed', runId: 1 })
  }
  studio.emit(progress(2, 7))
  assert.deepEqual(await feed.next(), [progress(1, 9_999), { kind: 'run-changed', runId: 1 }, progress(2, 7)])
  feed.close()
})

test('who waits is answered by the next event', async () => {
  const studio = fakeStudio()
  const feed = await openEventFeed(studio)
  const next = feed.next()
  studio.emit({ kind: 'run-changed', runId: 3 })
  assert.deepEqual(await next, [{ kind: 'run-changed', runId: 3 }])
  feed.close()
})

test('progress that arrives while the live runs are asked for is not overwritten by the older answer', async () => {
  let answer: (live: readonly RunProgress[]) => void = () => undefined
  const studio = fakeStudio({ progress: () => new Promise((resolve) => (answer = resolve)) })
  const opening = openEventFeed(studio)
  studio.emit(progress(1, 9))
  answer([fakeProgress(1, 8), fakeProgress(2, 1)])
  const feed = await opening
  assert.deepEqual(await feed.next(), [progress(1, 9), progress(2, 1)])
  feed.close()
})

test('closing ends the subscription and answers who waits', async () => {
  const studio = fakeStudio()
  const feed = await openEventFeed(studio)
  assert.equal(studio.listeners(), 1)
  const next = feed.next()
  feed.close()
  assert.deepEqual(await next, [])
  assert.deepEqual(await feed.next(), [])
  assert.equal(studio.listeners(), 0)
})

test('a studio that cannot tell its live runs leaves no subscription behind', async () => {
  const studio = fakeStudio({ progress: () => Promise.reject(new Error('closed')) })
  await assert.rejects(openEventFeed(studio), /closed/)
  assert.equal(studio.listeners(), 0)
})
