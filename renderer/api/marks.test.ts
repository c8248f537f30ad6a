import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Mark } from '../../shared/gallery.ts'
import { createMarks } from './marks.ts'
import { createUndoStack } from './undo.ts'

const plain = { id: 7, flag: null, rating: 0 } as const
const stored: Mark = { picture: 7, flag: null, rating: 0 }

/** Details that do not come. */
const never = () => Promise.withResolvers<undefined>().promise

test('a mark is seen before the studio has answered, and undo brings back what was there', async () => {
  const undo = createUndoStack()
  const calls: unknown[] = []
  const marks = createMarks(
    {
      mark: (change) => {
        calls.push(change)
        return Promise.resolve([stored])
      },
      restoreMarks: ({ marks: before }) => {
        calls.push(before)
        return Promise.resolve([{ ...stored, flag: 'pick' }])
      },
    },
    undo,
    never,
  )
  const setting = marks.set([7], { flag: 'pick' })
  assert.equal(marks.of(plain).flag, 'pick')
  await setting
  assert.equal(undo.snapshot().undo, 'Picked 1 picture')
  await undo.undo()
  assert.equal(marks.of({ ...plain, flag: 'pick' }).flag, null)
  await undo.redo()
  assert.equal(marks.of(plain).flag, 'pick')
  assert.deepEqual(calls, [
    { pictures: [7], flag: 'pick' },
    [{ picture: 7, flag: null }],
    [{ picture: 7, flag: 'pick' }],
  ])
})

test('a mark that cannot be kept goes back to what it was, and says why', async () => {
  const undo = createUndoStack()
  const refuse = () => Promise.reject(new Error('The disk is full.'))
  const marks = createMarks({ mark: refuse, restoreMarks: refuse }, undo, never)
  await marks.set([7], { rating: 4 })
  assert.equal(marks.of(plain).rating, 0)
  assert.equal(undo.snapshot().said?.isFault, true)
  assert.equal(undo.snapshot().undo, null)
})

test('an undo on the heels of a mark takes that mark back, though the studio has not answered yet', async () => {
  const undo = createUndoStack()
  const answer = Promise.withResolvers<readonly Mark[]>()
  const restored: unknown[] = []
  const marks = createMarks(
    {
      mark: () => answer.promise,
      restoreMarks: ({ marks: before }) => {
        restored.push(before)
        return Promise.resolve([{ ...stored, flag: 'reject' }])
      },
    },
    undo,
    never,
  )
  const setting = marks.set([7], { flag: 'reject' })
  const undoing = undo.undo()
  answer.resolve([stored])
  await Promise.all([setting, undoing])
  assert.deepEqual(restored, [[{ picture: 7, flag: null }]])
  assert.equal(undo.snapshot().undo, null)
})

test('a mark is seen until the details that have it have come, however late', async () => {
  const renewed = Promise.withResolvers<undefined>()
  const marks = createMarks(
    { mark: () => Promise.resolve([stored]), restoreMarks: () => Promise.resolve([]) },
    createUndoStack(),
    () => renewed.promise,
  )
  await marks.set([7], { flag: 'pick' })
  assert.equal(marks.of(plain).flag, 'pick')
  renewed.resolve(undefined)
  await renewed.promise
  assert.equal(marks.of(plain).flag, null)
})
