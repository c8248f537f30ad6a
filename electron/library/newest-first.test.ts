import assert from 'node:assert/strict'
import { test } from 'node:test'

import { NewestFirst } from './newest-first.ts'

/** A queue whose work ends when the test says so, and what it has begun. */
function queueOf(atOnce: number) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  let pauses = 0
  const queue = new NewestFirst<string, string>(
    atOnce,
    (task) => {
      begun.push(task)
      return new Promise((resolve) => ends.set(task, () => resolve(`${task} done`)))
    },
    () => pauses++,
  )
  return {
    begun,
    pauses: () => pauses,
    close: () => queue.close(),
    ask(task: string) {
      const leaving = new AbortController()
      return { answer: queue.ask(task, task, leaving.signal), leave: () => leaving.abort() }
    },
    /** Ends a task and waits until its place is taken again. */
    async end(task: string) {
      ends.get(task)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

test('what was asked for last is begun first, no more at once than may be', async () => {
  const { begun, ask, end, pauses } = queueOf(2)
  const answers = ['a', 'b', 'c', 'd', 'e'].map((task) => ask(task).answer)
  assert.deepEqual(begun, ['a', 'b'])
  for (const task of ['b', 'a', 'e', 'd']) await end(task)
  assert.deepEqual(begun, ['a', 'b', 'e', 'd', 'c'])
  assert.equal(pauses(), 0)
  await end('c')
  assert.equal(pauses(), 1)
  assert.deepEqual(await Promise.all(answers), ['a done', 'b done', 'c done', 'd done', 'e done'])
})

test('what nobody waits for any more is not begun; what one of two waits for is', async () => {
  const { begun, ask, end } = queueOf(1)
  ask('a')
  const gone = ask('b')
  const [leaving, staying] = [ask('c'), ask('c')]
  gone.leave()
  leaving.leave()
  assert.equal(await gone.answer, null)
  await end('a')
  assert.deepEqual(begun, ['a', 'c'])
  await end('c')
  assert.equal(await staying.answer, 'c done')
  assert.deepEqual(begun, ['a', 'c'])
})

test('what is asked for again is done once, and comes first', async () => {
  const { begun, ask, end } = queueOf(1)
  const first = ask('a')
  ask('b')
  ask('c')
  const [again, atWork] = [ask('b'), ask('a')]
  await end('a')
  assert.deepEqual(begun, ['a', 'b'])
  assert.deepEqual([await first.answer, await atWork.answer], ['a done', 'a done'])
  await end('b')
  await end('c')
  assert.equal(await again.answer, 'b done')
  assert.deepEqual(begun, ['a', 'b', 'c'])
})

test('closed, it answers everybody and begins nothing more', async () => {
  const { begun, ask, end, close, pauses } = queueOf(1)
  const answers = ['a', 'b'].map((task) => ask(task).answer)
  close()
  assert.deepEqual(await Promise.all([...answers, ask('c').answer]), [null, null, null])
  await end('a')
  assert.deepEqual(begun, ['a'])
  assert.equal(pauses(), 0)
})
