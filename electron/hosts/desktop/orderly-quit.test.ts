import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createOrderlyQuit } from './orderly-quit.ts'

/** Quits and resolves to the exit code. */
function quit(
  close: () => Promise<void>,
  limitMs: number,
  times = 1,
): Promise<{ code: number; prevented: number }> {
  return new Promise((resolve) => {
    let prevented = 0
    const onQuit = createOrderlyQuit({ close, exit: (code) => resolve({ code, prevented }), limitMs })
    for (let i = 0; i < times; i++) onQuit({ preventDefault: () => prevented++ })
  })
}

test('quitting closes the studio first, and once however often it is asked', async () => {
  let closed = 0
  const close = () => {
    closed++
    return Promise.resolve()
  }
  assert.deepEqual(await quit(close, 60_000, 3), { code: 0, prevented: 3 })
  assert.equal(closed, 1)
})

test('a studio that does not close is left behind after the limit', async () => {
  assert.equal((await quit(() => new Promise(() => undefined), 20)).code, 1)
})

test('a studio that fails to close does not keep the program open', async () => {
  assert.equal((await quit(() => Promise.reject(new Error('disk gone')), 60_000)).code, 1)
})
