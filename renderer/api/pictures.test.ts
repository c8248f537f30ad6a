import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'

import type { Picture, PictureId } from '../../shared/gallery.ts'
import { createPictureStore } from './pictures.ts'

/** As much of a picture as the store looks at, and which answer it came with. */
const pictureOf = (id: PictureId, answer: number) => ({ id, prompt: String(answer) }) as Picture

function store() {
  const asked: (readonly PictureId[])[] = []
  const pictures = createPictureStore(({ pictures: ids }) => {
    asked.push(ids)
    return Promise.resolve(ids.map((id) => pictureOf(id, asked.length)))
  })
  const show = async (ids: readonly PictureId[]) => {
    const arrived = Promise.withResolvers<undefined>()
    const hide = pictures.show(ids, () => arrived.resolve(undefined))
    await arrived.promise
    return hide
  }
  return { pictures, asked, show }
}

test('what is shown together is asked for together, and not again', async () => {
  const { pictures, asked, show } = store()
  const first = show([1, 2])
  const second = show([2, 3])
  await Promise.all([first, second])
  pictures.show([1, 3], () => undefined)
  await wait(40)
  assert.deepEqual(asked, [[1, 2, 3]])
  assert.equal(pictures.read(3)?.id, 3)
})

test('a change asks again for what is shown, and forgets the rest', async () => {
  const { pictures, asked, show } = store()
  const hide = await show([1, 2])
  hide()
  await show([3])
  pictures.refresh()
  assert.equal(pictures.read(1), null)
  assert.equal(pictures.read(3)?.prompt, '2', 'the old answer stays until the new one is there')
  await wait(40)
  assert.equal(pictures.read(3)?.prompt, '3')
  assert.deepEqual(asked.at(-1), [3])
})

test('more pictures than one question may name are asked for in several', async () => {
  const { asked, show } = store()
  await show(Array.from({ length: 1200 }, (_, i) => i + 1))
  await wait(40)
  assert.deepEqual(
    asked.map(({ length }) => length),
    [500, 500, 200],
  )
})
