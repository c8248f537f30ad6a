import assert from 'node:assert/strict'
import { encode } from 'fast-png'
import { test, type TestContext } from 'node:test'

import type { StudioEvent } from '../../shared/contract.ts'
import { maxDetails, type GalleryApi } from '../../shared/gallery.ts'
import { openLibrary } from '../library/open.ts'
import { encodePng, recordOf } from '../library/png.ts'
import {
  addTo,
  candidateOf,
  pictureOf,
  provenanceOf,
  specOf,
  temporaryFolder,
} from '../library/testing/fixtures.ts'
import { Gallery } from './gallery.ts'
import { preferencesApi } from './preferences.ts'

async function openedGallery(t: TestContext) {
  const library = await openLibrary(temporaryFolder())
  const events: StudioEvent[] = []
  let heard: () => void = () => undefined
  const gallery = new Gallery(library.gallery, (event) => {
    events.push(event)
    heard()
  })
  t.after(() => {
    gallery.close()
    library.close()
  })
  const run = library.createRun(specOf(), [])
  for (const seq of [0, 1, 2]) await addTo(library, run, seq)
  /** Resolves when views are told of something. */
  const told = (): Promise<void> => new Promise((resolve) => (heard = resolve))
  return { library, gallery, api: gallery.api, events, told }
}

const base64 = (png: Uint8Array): string => Buffer.from(png).toString('base64')
const pixels = { ...pictureOf(1), channels: 3, depth: 8 } as const

test('every change is told, many of them as one, and reading tells nothing', async (t) => {
  const { api, events, told } = await openedGallery(t)
  await api.wall({ filter: {}, order: { by: 'made', descending: true } })
  await api.facets()
  await api.boards()
  await api.votes({})
  const changes: readonly (() => Promise<unknown>)[] = [
    () => api.mark({ pictures: [1], flag: 'pick' }),
    () => api.restoreMarks({ marks: [{ picture: 1, flag: null, rating: 0 }] }),
    () => api.createBoard({ name: 'A board' }),
    () => api.renameBoard({ board: 1, name: 'Another' }),
    () => api.addToBoard({ board: 1, pictures: [1] }),
    () => api.removeFromBoard({ board: 1, pictures: [1] }),
    () => api.removeBoard({ board: 1 }),
    () => api.restoreBoard({ board: 1 }),
    () => api.addPicture({ name: 'a.png', png: base64(encode(pixels)) }),
    () => api.setPrompt({ picture: -1, prompt: 'a ring' }),
    () => api.removePictures({ pictures: [-1] }),
    () => api.restorePictures({ pictures: [-1] }),
    () => api.vote({ winner: 1, loser: 2 }),
    () => api.withdrawVote({ vote: 1 }),
  ]
  assert.deepEqual(events, [])
  for (const change of changes) {
    const heard = told()
    await change()
    await change().catch(() => undefined)
    await heard
  }
  assert.deepEqual(
    events,
    changes.map(() => ({ kind: 'pictures-changed' })),
    'each change and its repetition were told once',
  )
})

test('the prompt of an image from outside is its own, or what its metadata says', async (t) => {
  const { api, library } = await openedGallery(t)
  const a1111 = { parameters: 'a blue ring\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 5, Size: 16x16' }
  const spec = specOf({ prompt: 'one of ours', seed: '99' })
  const ours = encodePng(pictureOf(3), recordOf(candidateOf(1, 0), provenanceOf(spec)))
  const promptOf = async (png: Uint8Array, prompt?: string): Promise<string | undefined> => {
    const { picture } = await api.addPicture({
      ...{ name: ' a.png ', png: base64(png) },
      ...(prompt === undefined ? {} : { prompt }),
    })
    return (await api.pictures({ pictures: [picture] }))[0]?.prompt
  }
  assert.equal(await promptOf(encode(pixels)), '')
  assert.equal(await promptOf(encode({ ...pixels, data: pictureOf(2).data, text: a1111 })), 'a blue ring')
  assert.equal(await promptOf(ours), 'one of ours')
  const asked = encode({ ...pixels, data: pictureOf(4).data, text: a1111 })
  assert.equal(await promptOf(asked, ' a red star '), 'a red star')
  const [picture] = await api.pictures({ pictures: [-1] })
  assert.deepEqual(picture?.origin, { kind: 'outside', name: 'a.png' })
  assert.equal(library.gallery.facets().outside, 4)
})

test('arguments of any kind are refused with what was expected, and change nothing', async (t) => {
  const { api, events } = await openedGallery(t)
  const order = { by: 'made', descending: true }
  const refused: readonly (readonly [keyof GalleryApi, unknown, RegExp])[] = [
    ['wall', undefined, /expected object/],
    ['wall', { order }, /filter: /],
    ['wall', { filter: {}, order: { by: 'luck', descending: true } }, /by: expected one of made, rating/],
    ['wall', { filter: {}, order: { by: 'score', descending: true } }, /verifier: expected one of/],
    ['wall', { filter: {}, order: { ...order, descending: 'yes' } }, /descending: expected true or false/],
    ['wall', { filter: { colour: 'red' }, order }, /colour/],
    ['wall', { filter: { text: 'x'.repeat(2001) }, order }, /text: expected at most 2000/],
    ['wall', { filter: { text: undefined }, order }, /text: expected text/],
    ['wall', { filter: { packs: 'scenes' }, order }, /packs/],
    ['wall', { filter: { packs: Array(1001).fill('x') }, order }, /packs: expected at most 1000/],
    ['wall', { filter: { algorithms: ['magic'] }, order }, /algorithms: expected one of random_search/],
    ['wall', { filter: { flags: [null] }, order }, /flags: expected one of pick, reject, none/],
    ['wall', { filter: { ratingAtLeast: 2.5 }, order }, /rating: expected a whole number from 0 to 5/],
    ['wall', { filter: { from: '2026-11-22T10:00' }, order }, /from: expected a date/],
    ['wall', { filter: { before: '2026-99-99' }, order }, /before: expected a date/],
    ['wall', { filter: { score: { verifier: 'you', least: 2, most: 1 } }, order }, /least: expected no more/],
    ['wall', { filter: { delta: { verifier: 'you', least: NaN } }, order }, /least: expected a number/],
    ['wall', { filter: { board: 1.5 }, order }, /board: expected the number of a board/],
    ['wall', { filter: { board: 3 }, order }, /number of a board, found 3/],
    ['pictures', { pictures: Array(maxDetails + 1).fill(1) }, /at most 500 in one call/],
    ['pictures', { pictures: ['1'] }, /pictures: expected the number of a picture/],
    ['picturesOfRun', { runId: 0 }, /runId/],
    ['mark', { pictures: [1], flag: 'maybe' }, /flag: expected pick, reject or null/],
    ['mark', { pictures: [1], rating: 6 }, /rating: expected a whole number/],
    ['mark', { pictures: [1], rating: null }, /rating/],
    ['mark', { pictures: [0], rating: 1 }, /found 0/],
    ['mark', { pictures: { length: 1 }, rating: 1 }, /expected a list/],
    ['mark', { pictures: [2 ** 60], rating: 1 }, /number of a picture/],
    ['removePictures', { pictures: [1] }, /images from outside, found 1, which run 1 has made/],
    ['removePictures', { pictures: -1 }, /expected a list/],
    ['restorePictures', { pictures: [-1] }, /number of a picture in this library, found -1/],
    ['restoreMarks', { marks: [{ picture: 1, rating: 9 }] }, /rating/],
    ['createBoard', { name: '  ' }, /name: expected a few words/],
    ['createBoard', { name: 'x'.repeat(101) }, /at most 100/],
    ['createBoard', { name: 'a\0b' }, /without NUL/],
    ['createBoard', { name: { toString: 1 } }, /expected text/],
    ['addToBoard', { board: 1, pictures: [1] }, /number of a board, found 1/],
    ['addPicture', { name: 'a.png', png: 7 }, /base64/],
    ['addPicture', { name: 'a.png', png: '@@@@' }, /Expected a PNG/],
    ['addPicture', { name: 'a.png', png: 'A'.repeat(64 * 2 ** 20 + 4) }, /at most 48 MiB/],
    ['addPicture', { name: '../'.repeat(100), png: '' }, /name: expected at most 255/],
    ['setPrompt', { picture: 1, prompt: 'x' }, /a run has made/],
    ['vote', { winner: 1, loser: 1 }, /twice/],
    ['withdrawVote', { vote: 1 }, /number of a vote, found 1/],
    ['votes', { pictures: null }, /expected a list/],
  ]
  for (const [method, argument, why] of refused) {
    const call = api[method] as (argument: unknown) => Promise<unknown>
    await assert.rejects(
      call(argument),
      { message: why },
      `${method} ${JSON.stringify([argument]).slice(0, 80)}`,
    )
  }
  assert.deepEqual(events, [])
  assert.equal((await api.facets()).picked, 0)
  assert.deepEqual(await api.boards(), [])
})

test('preferences are checked when set, tell of themselves, and doubt what was kept', async (t) => {
  const { library } = await openedGallery(t)
  const events: StudioEvent[] = []
  const api = preferencesApi(library.gallery, (event) => events.push(event))
  const before = await api.preferences()
  assert.deepEqual(
    [before.theme, before.notifyAtEnd, before.device, before.draft],
    ['system', true, 'cpu', null],
  )
  assert.deepEqual(await api.setPreferences({ theme: 'dark' }), { ...before, theme: 'dark' })
  assert.deepEqual(await api.preferences(), { ...before, theme: 'dark' })
  assert.deepEqual(events, [{ kind: 'preferences-changed' }])
  const set = api.setPreferences as (change: unknown) => Promise<unknown>
  for (const [change, why] of [
    [{ theme: 'neon' }, /theme: expected system, dark or light/],
    [{ theme: 'light', colour: 'red' }, /colour/],
    [{ draft: { prompt: 'x'.repeat(100_001) } }, /draft: expected at most 100000/],
    [{ draft: [] }, /draft/],
    [{ formGroups: { seed: 'open' } }, /expected/i],
    [null, /./],
  ] as const) {
    await assert.rejects(set(change), { code: 'bad_input', message: why })
  }
  assert.equal(events.length, 1)
  library.gallery.setPreferences({ theme: 'neon', device: 'cpu', forgotten: 1 })
  assert.equal((await api.preferences()).theme, 'system')
})
