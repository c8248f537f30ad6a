import assert from 'node:assert/strict'
import { test } from 'node:test'

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
