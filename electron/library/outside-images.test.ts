import assert from 'node:assert/strict'
import { encode, type BitDepth } from 'fast-png'
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'

import type { Library } from '../core/runs/adapters.ts'
import { sha256Of } from './image-files.ts'
import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { rebuildLibrary } from './rebuild.ts'
import { listBackups } from './backup-files.ts'
import { expectSound } from './testing/expect-sound.ts'
import { addTo, pictureOf, specOf, temporaryFolder } from './testing/fixtures.ts'
import { startProcess } from './testing/processes.ts'

async function openedLibrary(t: TestContext, folder = temporaryFolder()): Promise<Library> {
  const library = await openLibrary(folder)
  t.after(() => library.close())
  return library
}

/** A PNG of somebody else's, another for each number. */
function pngOf(number: number): Uint8Array {
  return encode({ ...pictureOf(number), channels: 3, depth: 8 })
}

test('an image from outside gets a number below zero for life, its file as it came', async (t) => {
  const folder = temporaryFolder()
  const library = await openedLibrary(t, folder)
  const { gallery } = library
  const png = pngOf(1)
  const { picture: first } = await gallery.addOutsideImage({ name: 'a.png', prompt: 'two stars', png })
  const { picture: second } = await gallery.addOutsideImage({ name: 'b.png', prompt: '', png: pngOf(2) })
  assert.deepEqual([first, second], [-1, -2])
  const [picture] = gallery.pictures([first])
  assert.deepEqual(picture?.origin, { kind: 'outside', name: 'a.png' })
  assert.deepEqual([picture.prompt, picture.width, picture.height], ['two stars', 16, 16])
  assert.deepEqual(readFileSync(library.imageFile(picture.imageSha256) ?? ''), Buffer.from(png))
  assert.deepEqual(await library.readImage(picture.imageSha256), pictureOf(1))

  gallery.mark([first], { flag: 'reject' })
  const again = await gallery.addOutsideImage({ name: 'copy.png', prompt: 'another', png })
  assert.deepEqual(again, { picture: first, isNew: false }, 'the same file is the same picture')
  library.close()
  const reopened = await openedLibrary(t, folder)
  const [kept] = reopened.gallery.pictures([first])
  assert.deepEqual([kept?.flag, kept?.prompt, kept?.origin], ['reject', 'two stars', picture.origin])
  const third = await reopened.gallery.addOutsideImage({ name: '', prompt: '', png: pngOf(3) })
  assert.deepEqual(third, { picture: -3, isNew: true })
  reopened.close()
  assert.equal(expectSound(folder).orphans.length, 0)
})

test("the file of a candidate is the candidate's picture", async (t) => {
  const library = await openedLibrary(t)
  const { imageSha256 } = await addTo(library, library.createRun(specOf(), []), 0)
  const png = await library.readImageFile(imageSha256)
  assert.deepEqual(await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png }), {
    picture: 1,
    isNew: false,
  })
})

test('another prompt takes what was judged by the old one with it, of images from outside alone', async (t) => {
  const library = await openedLibrary(t)
  const { gallery } = library
  await addTo(library, library.createRun(specOf(), []), 0)
  const { picture } = await gallery.addOutsideImage({ name: 'a.png', prompt: 'a ring', png: pngOf(1) })
  gallery.putVerdicts([{ picture, verifier: 'clip_score', score: 1, judgedBy: 'a pack' }])
  const found = (text: string, verifier: 'clip_score' | null = null): readonly number[] =>
    gallery.wall({
      filter: { text, ...(verifier === null ? {} : { score: { verifier } }) },
      order: { by: 'made', descending: true },
    })
  assert.deepEqual([found('ring', 'clip_score'), found('moon')], [[picture], []])
  gallery.setPrompt(picture, 'a moon')
  assert.deepEqual([found('ring'), found('moon'), found('moon', 'clip_score')], [[], [picture], []])
  assert.throws(() => gallery.setPrompt(1, 'x'), { code: 'bad_input', message: /picture: .*a run has made/ })
  assert.throws(() => gallery.setPrompt(-9, 'x'), { code: 'not_found' })
})

test('every usual kind of PNG has the pixels that Pillow has of it in RGB', async (t) => {
  const library = await openedLibrary(t)
  const pixels = async (png: Uint8Array): Promise<readonly number[]> => {
    const { picture: id } = await library.gallery.addOutsideImage({ name: '', prompt: '', png })
    const { imageSha256 = '' } = library.gallery.pictures([id])[0] ?? {}
    return [...(await library.readImage(imageSha256)).data]
  }
  const two = (channels: number, depth: BitDepth, data: number[]): Uint8Array =>
    encode({
      ...{ width: 2, height: 1, channels, depth },
      data: depth === 16 ? Uint16Array.from(data) : Uint8Array.from(data),
    })
  assert.deepEqual(await pixels(two(1, 8, [10, 200])), [10, 10, 10, 200, 200, 200])
  assert.deepEqual(await pixels(two(2, 8, [10, 0, 200, 255])), [10, 10, 10, 200, 200, 200])
  assert.deepEqual(await pixels(two(4, 8, [1, 2, 3, 0, 4, 5, 6, 255])), [1, 2, 3, 4, 5, 6])
  assert.deepEqual(await pixels(two(3, 16, [256, 512, 65535, 0, 255, 1024])), [1, 2, 255, 0, 0, 4])
  const palette = rawPng({ colourType: 3, bitDepth: 8, rows: [0, 1, 0], palette: [9, 8, 7, 6, 5, 4] })
  assert.deepEqual(await pixels(palette), [6, 5, 4, 9, 8, 7])
})

/** A PNG of two by one pixels, part by part. `rows`: each row begins with its filter. */
function rawPng(parts: {
  readonly colourType: number
  readonly bitDepth: number
  readonly rows: readonly number[]
  readonly palette?: readonly number[]
  readonly data?: Uint8Array
  readonly width?: number
}): Uint8Array {
  const { colourType, bitDepth, rows, palette, data, width = 2 } = parts
  const chunk = (type: string, content: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
    const ends = Buffer.alloc(8)
    ends.writeUInt32BE(content.length, 0)
    ends.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(1, 4)
  header.set([bitDepth, colourType, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    ...(palette === undefined ? [] : [chunk('PLTE', Uint8Array.from(palette))]),
    chunk('IDAT', data ?? deflateSync(Uint8Array.from(rows))),
    chunk('IEND', new Uint8Array()),
  ])
}

test('hostile files are refused, and nothing of them is kept', async (t) => {
  const folder = temporaryFolder()
  const library = await openedLibrary(t, folder)
  const rgb = { colourType: 2, bitDepth: 8, rows: [0, 1, 2, 3, 4, 5, 6] }
  const whole = rawPng(rgb)
  const refused: readonly (readonly [png: Uint8Array, why: RegExp])[] = [
    [new Uint8Array(), /a PNG file/],
    [Buffer.from('GIF89a'), /a PNG file/],
    [whole.subarray(0, -3), /cut/],
    [Buffer.from(whole).fill(1, 20, 21), /checksum/],
    [rawPng({ ...rgb, colourType: 5 }), /colour type/],
    [rawPng({ ...rgb, data: deflateSync(Buffer.alloc(2 ** 24)) }), /pixels for 2 x 1, found more/],
    [rawPng({ ...rgb, data: Buffer.from('not deflated') }), /damaged/],
    [rawPng({ ...rgb, rows: [0, 1] }), /pixels for 2 x 1, found fewer/],
    [rawPng({ colourType: 0, bitDepth: 1, rows: [0, 0x80] }), /8 or 16 bits, found some of 1/],
    [rawPng({ colourType: 3, bitDepth: 8, rows: [0, 7, 9], palette: [1, 2, 3] }), /./],
    [rawPng({ colourType: 3, bitDepth: 8, rows: [0, 0, 1] }), /a palette of at most 256 colours, found none/],
    [
      rawPng({ colourType: 3, bitDepth: 8, rows: [0, 0, 1], palette: Array<number>(771).fill(1) }),
      /256 colours, found more/,
    ],
    [rawPng({ ...rgb, width: 16_385 }), /at most 16384 pixels/],
  ]
  for (const [png, why] of refused) {
    await assert.rejects(
      library.gallery.addOutsideImage({ name: 'x.png', prompt: '', png }),
      { code: 'bad_input', message: why },
      String(why),
    )
  }
  assert.deepEqual(library.gallery.facets().total, 0)
  library.close()
  assert.deepEqual(expectSound(folder), { rows: new Set(), orphans: [] })
})

for (const [step, orphans] of [
  ['write', 0],
  ['rename', 1],
] as const) {
  test(`a kill after the ${step} of an image from outside leaves no row without a file`, async (t) => {
    const folder = temporaryFolder()
    const victim = startProcess('die-outside', folder, step)
    t.after(() => victim.kill())
    const said: unknown[] = []
    for await (const line of victim.lines) said.push(line)
    assert.deepEqual(said, ['open'])
    const sound = expectSound(folder)
    assert.deepEqual([sound.rows.size, sound.orphans.length], [0, orphans])
    const library = await openedLibrary(t, folder)
    const { picture } = await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png: pngOf(0) })
    assert.equal(picture, -1)
    library.close()
    assert.deepEqual(expectSound(folder), { rows: new Set([sha256Of(pngOf(0))]), orphans: [] })
  })
}

test('a rebuild keeps what a backup has, and brings images from outside back without one', async (t) => {
  const folder = temporaryFolder()
  const layout = layoutOf(folder)
  const library = await openedLibrary(t, folder)
  const run = library.createRun(specOf({ candidates: 2, baselines: [] }), [])
  await addTo(library, run, 0)
  const { picture } = await library.gallery.addOutsideImage({
    name: 'a.png',
    prompt: 'a ring',
    png: pngOf(1),
  })
  library.gallery.mark([1, picture], { flag: 'pick', rating: 5 })
  library.gallery.addToBoard(library.gallery.createBoard('A board').id, [picture])
  library.gallery.vote(1, picture)
  library.gallery.setPreferences({ theme: 'dark' })
  const everything = ({ gallery }: Library): unknown => [
    gallery.pictures([1, picture]),
    gallery.boards(),
    gallery.votes(null),
    gallery.preferences(),
  ]
  const before = everything(library)
  library.close()

  writeFileSync(layout.catalogue, 'This is a broken DB')
  const withBackup = await rebuildLibrary(folder)
  assert.deepEqual([withBackup.adopted, withBackup.outside, withBackup.skipped], [0, 0, []])
  const restored = await openedLibrary(t, folder)
  assert.deepEqual(everything(restored), before)
  restored.close()

  rmSync(layout.catalogue)
  for (const { file } of listBackups(layout)) rmSync(file)
  const prompts: number[] = []
  const alone = await rebuildLibrary(folder, 'cli', (png) => {
    prompts.push(png.byteLength)
    return 'from its metadata'
  })
  assert.deepEqual([alone.adopted, alone.outside, alone.skipped], [1, 1, []])
  assert.deepEqual(prompts, [pngOf(1).byteLength])
  const { gallery } = await openedLibrary(t, folder)
  const sha256 = sha256Of(pngOf(1))
  const [found] = gallery.pictures([-1])
  assert.deepEqual(
    [found?.imageSha256, found?.prompt, found?.origin, found?.flag],
    [sha256, 'from its metadata', { kind: 'outside', name: `${sha256.slice(0, 8)}.png` }, null],
  )
  assert.deepEqual([gallery.boards(), gallery.votes(null), gallery.preferences()], [[], [], {}])
})

test('an image that was removed is nowhere, comes back whole, and is gone with the closing of the library', async (t) => {
  const folder = temporaryFolder()
  const library = await openedLibrary(t, folder)
  const { gallery } = library
  const run = library.createRun(specOf(), [])
  await addTo(library, run, 0)
  const bring = async (number: number): Promise<number> => {
    const png = pngOf(number)
    return (await gallery.addOutsideImage({ name: `${number}.png`, prompt: 'a ring', png })).picture
  }
  const [kept, gone] = [await bring(1), await bring(2)]
  const board = gallery.createBoard('rings')
  gallery.addToBoard(board.id, [kept, gone, 1])
  gallery.mark([gone], { flag: 'pick', rating: 4 })
  gallery.putVerdicts([{ picture: gone, verifier: 'clip_score', score: 1, judgedBy: 'a pack' }])
  const vote = gallery.vote(gone, 1)
  const lost = gallery.vote(kept, gone)
  const other = gallery.vote(kept, 1)
  const imageSha256 = gallery.pictures([gone])[0]?.imageSha256 ?? ''
  gallery.putFeatures('ab'.repeat(32), [{ imageSha256, vector: new Float32Array([1]) }])
  const file = library.imageFile(imageSha256) ?? ''
  const everything = () => ({
    wall: gallery.wall({ filter: {}, order: { by: 'made', descending: false } }).toSorted((a, b) => a - b),
    onBoard: gallery.wall({ filter: { board: board.id }, order: { by: 'made', descending: false } }).length,
    facets: gallery.facets(),
    boards: gallery.boards(),
    votes: gallery.votes(null),
    picture: gallery.pictures([gone]),
  })
  const whole = everything()

  assert.throws(() => gallery.removePictures([gone, 1]), {
    code: 'bad_input',
    message: /expected images from outside, found 1, which run 1 has made/,
  })
  assert.throws(() => gallery.removePictures([gone, -9]), { code: 'not_found', message: /-9/ })
  assert.deepEqual(everything(), whole, 'what was refused has changed nothing')

  gallery.removePictures([gone])
  gallery.removePictures([gone])
  const without = everything()
  assert.deepEqual(without.wall, [kept, 1])
  assert.deepEqual([without.onBoard, without.boards[0]?.pictures], [2, 2])
  assert.deepEqual([without.facets.outside, without.facets.picked], [1, 0])
  assert.deepEqual(without.votes, [other])
  assert.deepEqual(without.picture, [])
  assert.throws(() => gallery.mark([gone], { flag: null }), { code: 'not_found' })
  assert.throws(() => gallery.addToBoard(board.id, [gone]), { code: 'not_found' })
  gallery.restorePictures([gone])
  assert.deepEqual(everything(), whole)
  // The same file brought again is the same picture, as it was.
  gallery.removePictures([gone])
  assert.deepEqual(await gallery.addOutsideImage({ name: 'x', prompt: '', png: pngOf(2) }), {
    picture: gone,
    isNew: true,
  })
  assert.deepEqual(everything(), whole)

  gallery.removePictures([gone])
  assert.ok(existsSync(file))
  library.close()
  assert.ok(!existsSync(file), 'the file has gone')
  assert.deepEqual(expectSound(folder).orphans, [])
  const reopened = await openedLibrary(t, folder)
  assert.throws(() => reopened.gallery.restorePictures([gone]), { code: 'not_found' })
  assert.deepEqual(reopened.gallery.votes(null), [other])
  assert.throws(() => reopened.gallery.withdrawVote(vote.id), { code: 'not_found' })
  assert.throws(() => reopened.gallery.withdrawVote(lost.id), { code: 'not_found' })
  assert.equal(reopened.imageFile(imageSha256), null)
  assert.throws(() => reopened.gallery.mark([gone], { flag: null }), { code: 'not_found' })
  const again = await reopened.gallery.addOutsideImage({ name: 'x', prompt: '', png: pngOf(2) })
  assert.deepEqual(again, { picture: gone - 1, isNew: true }, 'no number is used twice')
})

test('the file of an image from outside stays where a run has made the same image', async (t) => {
  const folder = temporaryFolder()
  const library = await openedLibrary(t, folder)
  const made = await openedLibrary(t)
  const { imageSha256 } = await addTo(made, made.createRun(specOf(), []), 0)
  const png = await made.readImageFile(imageSha256)
  const { picture } = await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png })
  const run = library.createRun(specOf(), [])
  await addTo(library, run, 0)
  library.gallery.removePictures([picture])
  library.close()
  const reopened = await openedLibrary(t, folder)
  assert.deepEqual(await reopened.readImageFile(imageSha256), Buffer.from(png))
  assert.deepEqual(reopened.gallery.pictures([picture]), [])
})

test('a removed image that a kill kept from going is still nowhere, and goes with the next closing', async (t) => {
  const folder = temporaryFolder()
  const victim = startProcess('die-removed', folder)
  t.after(() => victim.kill())
  const said: unknown[] = []
  for await (const line of victim.lines) said.push(line)
  assert.deepEqual(said, [{ removed: -1 }])
  const library = await openedLibrary(t, folder)
  assert.deepEqual(library.gallery.facets().outside, 0)
  library.close()
  assert.deepEqual(expectSound(folder), { rows: new Set(), orphans: [] })
})

test('a removed image whose file cannot be deleted costs no backup, and goes with the closing after', async (t) => {
  const folder = temporaryFolder()
  const library = await openedLibrary(t, folder)
  const { picture } = await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png: pngOf(1) })
  const file = library.imageFile(sha256Of(pngOf(1))) ?? ''
  library.gallery.removePictures([picture])
  // As a file that another program holds open does on Windows, a folder in its place refuses to go.
  rmSync(file)
  mkdirSync(file)
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
  library.close()
  assert.match((await warned).message, /closed with images that were removed still in it/)
  assert.equal(listBackups(layoutOf(folder)).length, 1)

  rmdirSync(file)
  const reopened = await openedLibrary(t, folder)
  assert.deepEqual(reopened.gallery.pictures([picture]), [], 'it is nowhere to be seen')
  reopened.close()
  assert.deepEqual(expectSound(folder), { rows: new Set(), orphans: [] })
})
