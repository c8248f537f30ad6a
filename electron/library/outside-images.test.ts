import assert from 'node:assert/strict'
import { encode, type BitDepth } from 'fast-png'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
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
  const first = await gallery.addOutsideImage({ name: 'a.png', prompt: 'two stars', png })
  const second = await gallery.addOutsideImage({ name: 'b.png', prompt: '', png: pngOf(2) })
  assert.deepEqual([first, second], [-1, -2])
  const [picture] = gallery.pictures([first])
  assert.deepEqual(picture?.origin, { kind: 'outside', name: 'a.png' })
  assert.deepEqual([picture.prompt, picture.width, picture.height], ['two stars', 16, 16])
  assert.deepEqual(readFileSync(library.imageFile(picture.imageSha256) ?? ''), Buffer.from(png))
  assert.deepEqual(await library.readImage(picture.imageSha256), pictureOf(1))

  gallery.mark([first], { flag: 'reject' })
  const again = await gallery.addOutsideImage({ name: 'copy.png', prompt: 'another', png })
  assert.equal(again, first, 'the same file is the same picture')
  library.close()
  const reopened = await openedLibrary(t, folder)
  const [kept] = reopened.gallery.pictures([first])
  assert.deepEqual([kept?.flag, kept?.prompt, kept?.origin], ['reject', 'two stars', picture.origin])
  assert.equal(await reopened.gallery.addOutsideImage({ name: '', prompt: '', png: pngOf(3) }), -3)
  reopened.close()
  assert.equal(expectSound(folder).orphans.length, 0)
})

test("the file of a candidate is the candidate's picture", async (t) => {
  const library = await openedLibrary(t)
  const { imageSha256 } = await addTo(library, library.createRun(specOf(), []), 0)
  const png = await library.readImageFile(imageSha256)
  assert.equal(await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png }), 1)
})

test('another prompt takes what was judged by the old one with it, of images from outside alone', async (t) => {
  const library = await openedLibrary(t)
  const { gallery } = library
  await addTo(library, library.createRun(specOf(), []), 0)
  const picture = await gallery.addOutsideImage({ name: 'a.png', prompt: 'a ring', png: pngOf(1) })
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
    const id = await library.gallery.addOutsideImage({ name: '', prompt: '', png })
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
    assert.equal(await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png: pngOf(0) }), -1)
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
  const picture = await library.gallery.addOutsideImage({ name: 'a.png', prompt: 'a ring', png: pngOf(1) })
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
