import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'

import { decode, encode } from 'fast-png'

import type { ThumbnailSide } from '../../shared/thumbnails.ts'
import { sha256Of } from './image-files.ts'
import { imagePath, layoutOf, thumbnailPath } from './layout.ts'
import { decodePng } from './png.ts'
import { pngOf, readChunks, textChunk } from './png-chunks.ts'
import { shrink } from './shrink.ts'
import { pictureOf, temporaryFolder } from './testing/fixtures.ts'
import { sweepThumbnails, thumbnailOf } from './thumbnail-file.ts'
import { openThumbnails, type ThumbnailLimits } from './thumbnails.ts'

const never = new AbortController().signal
const pngOfSide = (side: number, number = 1) => encode({ ...pictureOf(number, side), channels: 3 })

/** A folder with pictures, and their thumbnails by a single thread. */
function cacheOf(t: TestContext, limits: Partial<ThumbnailLimits> = {}) {
  const layout = layoutOf(temporaryFolder())
  const thumbnails = openThumbnails(layout.folder, { threads: 1, bytes: 2 ** 30, ...limits })
  t.after(() => thumbnails.close())
  return {
    layout,
    thumbnails,
    add(png: Uint8Array): string {
      const sha256 = sha256Of(png)
      mkdirSync(path.dirname(imagePath(layout, sha256)), { recursive: true })
      writeFileSync(imagePath(layout, sha256), png)
      return sha256
    },
    read: (sha256: string, side: ThumbnailSide = 256, signal = never) =>
      thumbnails.read(sha256, side, signal),
    /** Names of the files that are kept, without their folders. */
    kept: () =>
      existsSync(layout.thumbnails)
        ? readdirSync(layout.thumbnails, { recursive: true, encoding: 'utf8' }).filter((name) =>
            name.endsWith('g'),
          )
        : [],
  }
}

test('a picture is made smaller once, kept, and read from then on', async (t) => {
  const { layout, add, read, kept } = cacheOf(t)
  const sha256 = add(pngOfSide(600))
  const small = await read(sha256)
  assert.deepEqual(decodePng(small ?? assert.fail('no thumbnail')), {
    ...{ width: 256, height: 256 },
    data: shrink({ ...pictureOf(1, 600), channels: 3 }, 256).data,
  })
  assert.equal(decodePng((await read(sha256, 512)) ?? assert.fail('no thumbnail')).width, 512)
  assert.deepEqual(
    kept()
      .map((name) => path.basename(name))
      .sort(),
    [`${sha256}-256.png`, `${sha256}-512.png`],
  )

  // Another one under its name shows that nothing is made again.
  const other = pngOfSide(2)
  writeFileSync(thumbnailPath(layout, sha256, 256), other)
  assert.deepEqual(Buffer.from((await read(sha256)) ?? []), Buffer.from(other))
})

test('a picture that is small enough is its own thumbnail, and no file is written', async (t) => {
  const { add, read, kept } = cacheOf(t)
  const sha256 = add(pngOfSide(256))
  assert.equal(await read(sha256), null)
  assert.equal(await read(sha256, 512), null)
  assert.deepEqual(kept(), [])
})

test('the folder can be deleted at any time', async (t) => {
  const { layout, add, read } = cacheOf(t)
  const sha256 = add(pngOfSide(300))
  const before = await read(sha256)
  rmSync(layout.thumbnails, { recursive: true })
  assert.deepEqual(await read(sha256), before)
  assert.ok(existsSync(thumbnailPath(layout, sha256, 256)))
})

test('a folder that cannot be written is no reason to show nothing', async (t) => {
  const { layout, add, read } = cacheOf(t)
  writeFileSync(layout.thumbnails, 'a file where the folder should be')
  assert.equal(decodePng((await read(add(pngOfSide(300)))) ?? assert.fail('no thumbnail')).width, 256)
})

test('a thumbnail that is cut, altered or older than its picture is made again', async (t) => {
  const { layout, add, read } = cacheOf(t)
  const sha256 = add(pngOfSide(300))
  const file = thumbnailPath(layout, sha256, 256)
  const whole = Buffer.from((await read(sha256)) ?? assert.fail('no thumbnail'))
  for (const spoil of [
    () => writeFileSync(file, ''),
    () => writeFileSync(file, whole.subarray(0, whole.length / 2)),
    () => writeFileSync(file, whole.with(whole.length / 2, (whole[whole.length / 2] ?? 0) ^ 1)),
    () => {
      writeFileSync(file, pngOfSide(2))
      utimesSync(file, new Date(), new Date(statSync(imagePath(layout, sha256)).mtimeMs - 60_000))
    },
  ]) {
    spoil()
    assert.deepEqual(Buffer.from((await read(sha256)) ?? []), whole)
    assert.deepEqual(readFileSync(file), whole)
  }
})

test('there is no thumbnail of a picture that is gone, altered or no picture, also where there was one', async (t) => {
  const { layout, add, read, kept } = cacheOf(t)
  const sha256 = add(pngOfSide(300))
  const altered = imagePath(layout, sha256)
  await read(sha256)
  writeFileSync(altered, pngOfSide(300, 2))
  utimesSync(altered, new Date(), new Date(Date.now() + 60_000))
  assert.equal(await read(sha256), null)
  rmSync(altered)
  assert.equal(await read(sha256), null)

  assert.equal(await read(add(Buffer.from('not a picture, but longer than a header'))), null)
  // A header that promises more than there is.
  const { chunks } = readChunks(pngOfSide(300))
  assert.equal(await read(add(pngOf(chunks.filter(({ type }) => type !== 'IDAT')))), null)
  // The one of the picture that is gone may have been swept by now.
  assert.deepEqual(
    kept().filter((name) => !name.includes(sha256)),
    [],
  )
})

test('asked for many at once, each is made once, and one that nobody waits for any more is not', async (t) => {
  const { add, read, kept } = cacheOf(t, { threads: 2 })
  const names = [1, 2, 3, 4].map((number) => add(pngOfSide(300, number)))
  const gone = AbortSignal.abort()
  const answers = await Promise.all([
    ...names.slice(0, 3).flatMap((sha256) => [read(sha256), read(sha256), read(sha256, 256, gone)]),
    read(names[3] ?? '', 256, gone),
  ])
  for (const at of [0, 3, 6]) {
    assert.ok(answers[at] !== null)
    assert.deepEqual(answers[at], answers[at + 1])
    assert.equal(answers[at + 2], null)
  }
  assert.equal(answers[9], null)
  assert.equal(kept().length, 3)
})

test('closed in the middle, it answers everybody and writes no more', async (t) => {
  const { layout, thumbnails, add, read } = cacheOf(t)
  const answers = [1, 2, 3].map((number) => read(add(pngOfSide(300, number))))
  await thumbnails.close()
  await Promise.all(answers)
  rmSync(layout.folder, { recursive: true })
  assert.equal(await read(sha256Of(pngOfSide(300))), null)
})

test('alpha, grey and 16 bits are made smaller as they are seen', () => {
  const side = 300
  const samples = pictureOf(1, 600).data
  const alpha = encode({ width: side, height: side, channels: 4, data: samples.subarray(0, side * side * 4) })
  assert.deepEqual(
    decode(thumbnailOf(alpha, 256)).data,
    shrink({ width: side, height: side, channels: 4, data: samples.subarray(0, side * side * 4) }, 256).data,
  )

  const levels = samples.subarray(0, side * side)
  const grey = encode({ width: side, height: side, channels: 1, data: levels })
  const rgb = encode({
    width: side,
    height: side,
    channels: 3,
    data: Uint8Array.from({ length: side * side * 3 }, (_, at) => levels[Math.floor(at / 3)] ?? 0),
  })
  assert.deepEqual(thumbnailOf(grey, 256), thumbnailOf(rgb, 256))

  const deep = encode({
    width: side,
    height: side,
    channels: 1,
    depth: 16,
    data: Uint16Array.from(levels, (level) => level * 256 + 99),
  })
  assert.deepEqual(thumbnailOf(deep, 256), thumbnailOf(rgb, 256))

  const greyAlpha = encode({
    width: side,
    height: side,
    channels: 2,
    data: samples.subarray(0, side * side * 2),
  })
  const { channels, data } = decode(thumbnailOf(greyAlpha, 256))
  assert.equal(channels, 4)
  assert.equal(data[0], data[1])
})

test('a thumbnail says how its bytes are colours, and tells no recipe', () => {
  const { chunks } = readChunks(pngOfSide(300))
  const [header, ...rest] = chunks
  assert.ok(header)
  const profile = { type: 'iCCP', data: Buffer.from('a profile that nobody inflates') }
  const small = readChunks(thumbnailOf(pngOf([header, profile, textChunk('goldpan', '{}'), ...rest]), 256))
  assert.deepEqual(
    small.chunks.map(({ type }) => type),
    ['IHDR', 'iCCP', 'IDAT', 'IEND'],
  )
  assert.deepEqual(small.chunks[1]?.data, profile.data)

  const transparent = { type: 'tRNS', data: Buffer.alloc(6) }
  assert.throws(() => thumbnailOf(pngOf([header, transparent, ...rest]), 256), /transparency as a channel/)
})

test('swept, the folder loses what has no picture and what is beyond the limit, the oldest first', async (t) => {
  const { layout, add, read, kept } = cacheOf(t)
  const names = [1, 2, 3, 4, 5].map((number) => add(pngOfSide(300, number)))
  for (const [at, sha256] of names.entries()) {
    await read(sha256)
    const madeAt = new Date(Date.now() + at * 60_000)
    utimesSync(thumbnailPath(layout, sha256, 256), madeAt, madeAt)
  }
  const partial = path.join(layout.thumbnails, 'left.part')
  writeFileSync(partial, 'of a crash')
  utimesSync(partial, new Date(), new Date(Date.now() - 86_400_000))
  writeFileSync(path.join(layout.thumbnails, 'at work.part'), '')
  writeFileSync(path.join(layout.thumbnails, 'not ours.png'), '')
  rmSync(imagePath(layout, names[4] ?? ''))

  const bytes = statSync(thumbnailPath(layout, names[0] ?? '', 256)).size
  const sweep = (limit: number) =>
    sweepThumbnails({ folder: layout.thumbnails, limit, pictureOf: (sha256) => imagePath(layout, sha256) })
  const stay = () =>
    kept()
      .map((name) => names.indexOf(path.basename(name).slice(0, 64)))
      .sort()
  assert.ok(Math.abs(sweep(4.5 * bytes) - 4 * bytes) < bytes / 10)
  assert.deepEqual(stay(), [-1, 0, 1, 2, 3])
  sweep(3.5 * bytes)
  assert.deepEqual(stay(), [-1, 2, 3])
  assert.ok(!existsSync(partial))
  assert.ok(existsSync(path.join(layout.thumbnails, 'at work.part')))
  assert.equal(sweepThumbnails({ folder: path.join(layout.folder, 'none'), limit: 1, pictureOf: String }), 0)
})

test('beyond its limit the cache sweeps itself when there is nothing else to do', async (t) => {
  const { layout, add, read, kept } = cacheOf(t, { bytes: 1 })
  const sha256 = add(pngOfSide(300))
  assert.ok((await read(sha256)) !== null)
  // The sweep comes after the answer; the thread then takes the next task, which it answers behind the sweep.
  while (kept().length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.ok(!existsSync(thumbnailPath(layout, sha256, 256)))
})
