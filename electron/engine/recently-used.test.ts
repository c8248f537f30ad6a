import assert from 'node:assert/strict'
import { test } from 'node:test'

import { RecentlyUsed } from './recently-used.ts'

test('the least recently used key is made again, the others are remembered', async () => {
  const made: string[] = []
  const memory = new RecentlyUsed<string>(2)
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) {
    const value = await memory.get(key, () => {
      made.push(key)
      return Promise.resolve(key.toUpperCase())
    })
    assert.equal(value, key.toUpperCase())
  }
  assert.deepEqual(made, ['a', 'b', 'c', 'b'])
})

test('a failure is not remembered', async () => {
  const memory = new RecentlyUsed<number>(2)
  await assert.rejects(
    memory.get('a', () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(await memory.get('a', () => Promise.resolve(1)), 1)
})
