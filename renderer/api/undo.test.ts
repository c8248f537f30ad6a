import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StudioError } from '../../shared/errors.ts'
import { createUndoStack } from './undo.ts'

const counter = () => {
  const stack = createUndoStack()
  let value = 0
  const add = (by: number) => {
    value += by
    stack.done({
      label: `Added ${by}`,
      undo: () => Promise.resolve((value -= by)),
      redo: () => Promise.resolve((value += by)),
    })
  }
  return { stack, add, value: () => value }
}

test('what was done last is taken back first, and done again in its order', async () => {
  const { stack, add, value } = counter()
  add(1)
  add(10)
  assert.equal(stack.snapshot().undo, 'Added 10')
  await stack.undo()
  assert.deepEqual([value(), stack.snapshot().said?.text], [1, 'Undone: Added 10'])
  await Promise.all([stack.undo(), stack.undo()])
  assert.deepEqual([value(), stack.snapshot().said?.text], [0, 'There is nothing to undo.'])
  await stack.redo()
  await stack.redo()
  assert.equal(value(), 11)
  assert.equal(stack.snapshot().redo, null)
})

test('a new deed forgets what was undone', async () => {
  const { stack, add, value } = counter()
  add(1)
  await stack.undo()
  add(5)
  await stack.redo()
  assert.equal(value(), 5)
  assert.equal(stack.snapshot().said?.text, 'There is nothing to do again.')
})

test('what cannot be taken back says why, and the deed before it still can', async () => {
  const { stack, add, value } = counter()
  add(1)
  stack.done({ label: 'Removed a board', undo: () => Promise.reject(new Error('The disk is full.')) })
  await stack.undo()
  assert.equal(stack.snapshot().said?.isFault, true)
  await stack.undo()
  assert.equal(value(), 0)
})

test('an undo on the heels of a deed is of that deed, and waits for it', async () => {
  const { stack, add, value } = counter()
  add(1)
  const answer = Promise.withResolvers<undefined>()
  let slow = 0
  const acted = stack.act(async () => {
    await answer.promise
    slow = 10
    return {
      label: 'Added slowly',
      undo: () => Promise.resolve((slow = 0)),
      redo: () => Promise.resolve((slow = 10)),
    }
  })
  assert.notEqual(stack.snapshot().undo, 'Added 1')
  const undone = Promise.all([stack.undo(), stack.undo(), stack.redo()])
  assert.deepEqual([value(), slow], [1, 0])
  answer.resolve(undefined)
  await Promise.all([acted, undone])
  // Both are taken back, and the first of the two is done again.
  assert.deepEqual([value(), slow, stack.snapshot().redo], [1, 0, 'Added slowly'])
})

test('a deed that comes to nothing says why, and gives up its place', async () => {
  const { stack, add, value } = counter()
  const refusal = new StudioError('bad_input', 'The disk is full.')
  add(1)
  assert.equal(await stack.act(() => Promise.reject(refusal)), null)
  assert.deepEqual(stack.snapshot().said, { text: 'The disk is full.', isFault: true, turn: 2 })
  const refused = stack.act(() => Promise.reject(refusal))
  // Meant for what had just been tried: it does not reach the deed before.
  await stack.undo()
  await refused
  assert.deepEqual([value(), stack.snapshot().undo], [1, 'Added 1'])
  await stack.undo()
  assert.equal(value(), 0)
})

test('a deed that comes to nothing leaves what was undone to be done again, unless another one came since', async () => {
  const { stack, add, value } = counter()
  add(1)
  await stack.undo()
  await stack.act(() => Promise.resolve(null))
  assert.equal(stack.snapshot().redo, 'Added 1')
  await stack.redo()
  assert.equal(value(), 1)
  await stack.undo()
  const nothing = stack.act(() => Promise.resolve(null))
  add(5)
  await nothing
  assert.equal(stack.snapshot().redo, null)
})
