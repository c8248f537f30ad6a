import assert from 'node:assert/strict'
import test from 'node:test'

import type { PictureId } from '../../shared/gallery.ts'
import { createOutsideDeeds } from './outside-deeds.ts'
import { createUndoStack } from './undo.ts'

/** Deeds over a list of the pictures that are removed, and an undo stack. */
function deedsOver() {
  const removed = new Set<PictureId>()
  const undo = createUndoStack()
  const api = {
    removePictures({ pictures }: { readonly pictures: readonly PictureId[] }): Promise<void> {
      for (const one of pictures) removed.add(one)
      return Promise.resolve()
    },
    restorePictures({ pictures }: { readonly pictures: readonly PictureId[] }): Promise<void> {
      for (const one of pictures) removed.delete(one)
      return Promise.resolve()
    },
  }
  const said = () => undo.snapshot().said?.text
  return { removed, undo, said, deeds: createOutsideDeeds(api, undo) }
}

test('undo takes back what was brought, and nothing that was there before', async () => {
  const { removed, undo, said, deeds } = deedsOver()
  await deeds.bring(() => Promise.resolve({ added: [-1, 7, -2], fresh: [-2] }))
  assert.equal(said(), 'Added 1 picture from outside')
  await undo.undo()
  assert.deepEqual([...removed], [-2])
  await undo.redo()
  assert.deepEqual([...removed], [])
  await deeds.bring(() => Promise.resolve({ added: [7], fresh: [] }))
  assert.equal(said(), 'Already in the library.')
  await undo.undo()
  assert.deepEqual([...removed], [-2], 'what brought nothing is no deed')
})

test('what runs have made stays when the rest is removed, and is the reason where that is all', async () => {
  const { removed, undo, said, deeds } = deedsOver()
  await deeds.remove([-1, 4, -3])
  assert.deepEqual([...removed], [-1, -3])
  assert.equal(said(), 'Removed 2 pictures from the library; what runs have made stays')
  await undo.undo()
  assert.deepEqual([...removed], [])
  await deeds.remove([4, 5])
  assert.deepEqual([...removed], [])
  assert.match(said() ?? '', /^Only images from outside can be removed/)
})
