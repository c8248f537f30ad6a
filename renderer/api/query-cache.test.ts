import assert from 'node:assert/strict'
import test from 'node:test'

import { StudioError } from '../../shared/errors.ts'
import { createQueryCache } from './query-cache.ts'

/** A question whose answers the test gives one by one. */
function question() {
  const waiting: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = []
  const ask = () => new Promise<unknown>((resolve, reject) => waiting.push({ resolve, reject }))
  const settle = async (how: (next: (typeof waiting)[number]) => void) => {
    const next = waiting.shift()
    assert.ok(next, 'expected an open question')
    how(next)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    ask,
    open: () => waiting.length,
    answer: (value: unknown) => settle(({ resolve }) => resolve(value)),
    fail: (error: Error) => settle(({ reject }) => reject(error)),
  }
}

const nothing = () => undefined

test('a question is asked once for all who want it, and all are told', async () => {
  const cache = createQueryCache()
  const runs = question()
  let told = 0
  cache.subscribe('runs', runs.ask, () => told++)
  cache.subscribe('runs', runs.ask, () => told++)
  assert.equal(runs.open(), 1)
  assert.deepEqual(cache.read('runs'), { kind: 'loading' })
  await runs.answer([1])
  assert.deepEqual(cache.read('runs'), { kind: 'ready', value: [1] })
  assert.equal(told, 2)
})

test('the old answer stays while a new one is on its way', async () => {
  const cache = createQueryCache()
  const runs = question()
  cache.subscribe('runs', runs.ask, nothing)
  await runs.answer('old')
  cache.invalidate((key) => key === 'runs')
  assert.deepEqual(cache.read('runs'), { kind: 'ready', value: 'old' })
  await runs.answer('new')
  assert.deepEqual(cache.read('runs'), { kind: 'ready', value: 'new' })
})

test('a change in the middle of a question asks once more, however many changes there were', async () => {
  const cache = createQueryCache()
  const runs = question()
  cache.subscribe('runs', runs.ask, nothing)
  for (let change = 0; change < 5; change++) cache.invalidate(() => true)
  assert.equal(runs.open(), 1)
  await runs.answer('early')
  assert.equal(runs.open(), 1)
  await runs.answer('late')
  assert.equal(runs.open(), 0)
  assert.deepEqual(cache.read('runs'), { kind: 'ready', value: 'late' })
})

test('a failure keeps the last good answer beside it', async () => {
  const cache = createQueryCache()
  const runs = question()
  cache.subscribe('runs', runs.ask, nothing)
  await runs.answer('good')
  cache.invalidate(() => true)
  await runs.fail(new StudioError('library_damaged', 'no'))
  assert.deepEqual(cache.read('runs'), {
    kind: 'failed',
    error: { code: 'library_damaged', message: 'no' },
    last: 'good',
  })
})

test('what nobody shows is forgotten when it changes, and asked anew when it is shown', async () => {
  const cache = createQueryCache()
  const run = question()
  const leave = cache.subscribe('run 1', run.ask, nothing)
  await run.answer('first')
  leave()
  cache.invalidate(() => true)
  assert.equal(run.open(), 0)
  assert.deepEqual(cache.read('run 1'), { kind: 'loading' })
  cache.subscribe('run 1', run.ask, nothing)
  assert.equal(run.open(), 1)
})

test('a question that failed is tried again by the next who wants it', async () => {
  const cache = createQueryCache()
  const packs = question()
  cache.subscribe('packs', packs.ask, nothing)()
  await packs.fail(new Error('offline'))
  cache.subscribe('packs', packs.ask, nothing)
  assert.equal(packs.open(), 1)
})

test('answers that nobody shows do not pile up', async () => {
  const cache = createQueryCache()
  for (let run = 0; run < 200; run++) {
    cache.subscribe(`run ${run}`, () => Promise.resolve(run), nothing)()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(cache.read('run 0'), { kind: 'loading' })
  assert.deepEqual(cache.read('run 199'), { kind: 'ready', value: 199 })
})

test('renewed is what an answer to a later question says, not one that was on its way', async () => {
  const cache = createQueryCache()
  const runs = question()
  cache.subscribe('runs', runs.ask, nothing)
  let isRenewed = false
  const renewing = cache.renew('runs').then(() => (isRenewed = true))
  await runs.answer('before')
  assert.equal(isRenewed, false)
  await runs.answer('after')
  await renewing
  assert.deepEqual(cache.read('runs'), { kind: 'ready', value: 'after' })
  await cache.renew('nobody asks this')
})
