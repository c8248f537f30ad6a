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

/** A store whose questions are answered by hand, in any order. */
function slowStore() {
  const questions: { readonly ids: readonly PictureId[]; readonly answer: (prompt: number) => void }[] = []
  const pictures = createPictureStore(({ pictures: ids }) => {
    const { promise, resolve } = Promise.withResolvers<readonly Picture[]>()
    questions.push({ ids, answer: (prompt) => resolve(ids.map((id) => pictureOf(id, prompt))) })
    return promise
  })
  return { pictures, questions }
}

test('while changes come faster than answers, an answer from before one is shown, and none overtakes a later one', async () => {
  const { pictures, questions } = slowStore()
  pictures.show([1], () => undefined)
  await wait(40)
  pictures.refresh()
  await wait(40)
  pictures.refresh()
  await wait(40)
  assert.equal(questions.length, 3)
  questions[1]?.answer(2)
  await wait(1)
  assert.equal(pictures.read(1)?.prompt, '2')
  questions[0]?.answer(1)
  await wait(1)
  assert.equal(pictures.read(1)?.prompt, '2')
  questions[2]?.answer(3)
  await wait(1)
  assert.equal(pictures.read(1)?.prompt, '3')
})

test('renewed are those that are shown, once the answer to a question from then on has come', async () => {
  const { pictures, questions } = slowStore()
  pictures.show([1], () => undefined)
  await wait(40)
  let isRenewed = false
  const renewing = pictures.renew([1, 2]).then(() => (isRenewed = true))
  assert.deepEqual(questions.at(-1)?.ids, [1])
  questions[0]?.answer(1)
  await wait(1)
  assert.equal(isRenewed, false)
  questions[1]?.answer(2)
  await renewing
  assert.equal(pictures.read(1)?.prompt, '2')
})
