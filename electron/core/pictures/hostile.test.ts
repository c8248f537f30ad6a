/** Pictures made to harm whoever reads them: each is refused with its own reason, in a process whose memory is watched. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { deflateSync } from 'node:zlib'

import { pngWithoutPixels } from '../../../shared/png-without-pixels.ts'
import { pngOf, textChunk, type Chunk } from '../../library/png-chunks.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-hostile-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const header = (width = 1, height = 1): Chunk => {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  return { type: 'IHDR', data }
}
const end: Chunk = { type: 'IEND', data: Buffer.alloc(0) }
const picture = (...chunks: readonly Chunk[]): Uint8Array => pngOf([header(), ...chunks, end])
const zTXt = (keyword: string, data: Uint8Array, method = 0): Chunk => ({
  type: 'zTXt',
  data: Buffer.concat([Buffer.from(`${keyword}\0`), Buffer.from([method]), data]),
})
const iTXt = (data: Uint8Array): Chunk => ({
  type: 'iTXt',
  data: Buffer.concat([Buffer.from('parameters\0'), data]),
})

const sound = textChunk('parameters', 'a star\nSteps: 4, Sampler: Euler, CFG scale: 2')
const bomb = deflateSync(Buffer.alloc(256 * 2 ** 20, 'a'))
const graph = (json: string): Uint8Array => picture(textChunk('prompt', json))
const altered = Buffer.from(picture(sound))
altered[60] = (altered[60] ?? 0) ^ 1
const longChunk = Buffer.from(picture(sound))
longChunk.writeUInt32BE(2 ** 31, 33)

const refused: Readonly<Record<string, readonly [png: Uint8Array, reason: RegExp]>> = {
  'no PNG': [Buffer.from('<svg onload="alert(1)"/>'), /Expected a PNG file/],
  'an empty file': [Buffer.alloc(0), /Expected a PNG file/],
  'a zTXt that inflates to 256 MiB': [
    picture(zTXt('parameters', bomb)),
    /parameters of at most 1048576 bytes, found more/,
  ],
  'an iTXt that inflates to 256 MiB': [
    picture(iTXt(Buffer.concat([Buffer.from([1, 0, 0, 0]), bomb]))),
    /parameters of at most 1048576 bytes, found more/,
  ],
  'a text of more than 1 MiB': [
    picture(textChunk('prompt', ' '.repeat(2 ** 20 + 1))),
    /prompt of at most 1048576 bytes/,
  ],
  'a text twice': [picture(sound, sound), /one text parameters, found a second/],
  'a text that is no deflate stream': [picture(zTXt('parameters', Buffer.from('stars'))), /can be inflated/],
  'a deflate stream that is cut': [picture(zTXt('parameters', bomb.subarray(0, 40))), /can be inflated/],
  'another compression method': [picture(zTXt('parameters', bomb, 9)), /method 0, found 9/],
  'an iTXt that is cut in its head': [picture(iTXt(Buffer.from([1, 0, 65]))), /a whole text parameters/],
  'an iTXt that is neither compressed nor not': [
    picture(iTXt(Buffer.from([7, 0, 0, 0, 65]))),
    /a whole text parameters/,
  ],
  'a wrong checksum': [altered, /wrong checksum/],
  'a chunk of 2^31 bytes': [longChunk, /within the file's \d+ bytes, found one of 2147483648/],
  'a side of 2^31 - 1 pixels': [pngOf([header(2 ** 31 - 1, 1), sound, end]), /found 2147483647 x 1/],
  'more than 64 Mpixel': [pngOf([header(16_384, 4_097), sound, end]), /found 16384 x 4097/],
  'no header': [pngOf([sound, end]), /IHDR as the first chunk/],
  'two headers': [picture(header(), sound), /one IHDR chunk/],
  'no end': [pngOf([header(), sound]), /complete PNG file/],
  '100,000 chunks': [
    picture(...Array.from({ length: 100_000 }, () => ({ type: 'tEXt', data: Buffer.from('x\0') }))),
    /at most 10000 chunks/,
  ],
  'a graph nested 500,000 deep': [
    graph(`${'['.repeat(500_000)}${']'.repeat(500_000)}`),
    /nested at most 100 deep/,
  ],
  'a graph of half a million openings': [graph(`{"a":${'{"a":'.repeat(100_000)}`), /nested at most 100 deep/],
  'a graph that is no JSON': [graph('{"1": {"class_type": KSampler}}'), /settings in JSON/],
  'a graph of 20,000 nodes': [
    graph(
      JSON.stringify(Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, { class_type: 'A' }]))),
    ),
    /none that are known/,
  ],
  'a list of half a million numbers as a graph': [
    graph(JSON.stringify(Array(500_000).fill(1))),
    /none that are known/,
  ],
  'nothing to read': [picture(textChunk('Comment', 'a star')), /none that are known/],
  'a recipe of ours that is none': [picture(textChunk('goldpan', '{"format":4}')), /this version knows/],
}

/** Texts made to keep a parser busy: they are read, and nothing comes of them. */
const long = 2 ** 20 - 100
const tiring: Readonly<Record<string, Uint8Array>> = {
  'quotes that never end': picture(
    textChunk('parameters', `a\nSteps: 1, bb: 2, ${'cc: "d, '.repeat(long / 8)}`),
  ),
  'one quote and half a million escapes': picture(
    textChunk('parameters', `a\nSteps: 1, bb: 2, cc: "${'\\"'.repeat(long / 2 - 20)}`),
  ),
  'a name that never ends': picture(
    textChunk('parameters', `a\nSteps: 1, bb: 2, cc: 3, ${'d'.repeat(long - 30)}`),
  ),
  spaces: picture(textChunk('parameters', `Steps: 1, bb: 2, cc: 3,${' '.repeat(long - 30)}.`)),
  'brackets that never close': picture(
    textChunk(
      'parameters',
      `${'(a:1'.repeat(long / 8)}${'<a:'.repeat(long / 8)}\nSteps: 1, Sampler: 2, CFG scale: 3`,
    ),
  ),
  'half a million digits that are no number': picture(
    textChunk('parameters', `a\nSampler: Euler, CFG scale: 2, Steps: ${'1'.repeat(500_000)}x`),
  ),
  'a node of half a million letters': graph(
    JSON.stringify({
      1: {
        class_type: 'KSampler',
        inputs: { latent_image: ['2', 0], model: ['3', 0], sampler_name: 'a'.repeat(99_999) },
      },
      2: { class_type: 'Empty'.repeat(100_000), inputs: {} },
      3: { class_type: 'X', inputs: { ckpt_name: './'.repeat(100_000) } },
    }),
  ),
  'a hundred thousand lines': picture(
    textChunk('parameters', `${'Steps: \n'.repeat(100_000)}Steps: 1, bb: 2, cc: 3`),
  ),
  'thousands of samplers in a circle': graph(
    JSON.stringify(
      Object.fromEntries(
        Array.from({ length: 9000 }, (_, i) => [
          i,
          { class_type: 'KSampler', inputs: { latent_image: [String((i + 1) % 9000), 0], model: ['0', 0] } },
        ]),
      ),
    ),
  ),
}

/** Reads each file as the studio does; tells what came of it, and how far its memory ever grew, in MB. */
const reader = `
  import { readFileSync } from 'node:fs'
  const { readSettings } = await import(process.argv[1])
  const read = (file) => {
    try { return 'read from ' + readSettings(readFileSync(file), []).source } catch (error) { return error.message }
  }
  read(process.argv[2])
  const before = process.resourceUsage().maxRSS
  const told = process.argv.slice(3).map((file) => ({ told: read(file), grown: (process.resourceUsage().maxRSS - before) / 1024 }))
  console.log(JSON.stringify(told))
`

async function readAll(pictures: readonly Uint8Array[]): Promise<readonly { told: string; grown: number }[]> {
  const files = [picture(sound), ...pictures].map((png, i) => {
    const file = join(folder, `${i}.png`)
    writeFileSync(file, png)
    return file
  })
  const module = new URL('read-settings.ts', import.meta.url).href
  const args = ['--input-type=module', '--eval', reader, module, ...files]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as { told: string; grown: number }[]
}

test('every hostile picture is refused with its own reason, in less than 50 MB of memory', async () => {
  const names = Object.keys(refused)
  const told = await readAll(Object.values(refused).map(([png]) => png))
  assert.equal(told.length, names.length)
  for (const [i, name] of names.entries()) {
    assert.match(told[i]?.told ?? '', refused[name]?.[1] ?? /never/, name)
    assert.ok((told[i]?.grown ?? Infinity) < 50, `${name}: ${told[i]?.grown} MB`)
  }
})

test('texts made to keep a parser busy are read to their end, in less than 50 MB of memory', async () => {
  const told = await readAll(Object.values(tiring))
  for (const [i, name] of Object.keys(tiring).entries()) {
    assert.match(told[i]?.told ?? '', /^read from (?:a1111|comfyui)$/, name)
    assert.ok((told[i]?.grown ?? Infinity) < 50, `${name}: ${told[i]?.grown} MB`)
  }
})

test('bombs in texts that nobody reads, in profiles and in EXIF are passed over', async () => {
  const profile: Chunk = { type: 'iCCP', data: Buffer.concat([Buffer.from('bomb\0\0'), bomb]) }
  const exif: Chunk = { type: 'eXIf', data: Buffer.alloc(1000, 0xff) }
  const [found] = await readAll([picture(zTXt('Comment', bomb), profile, exif, sound)])
  assert.equal(found?.told, 'read from a1111')
  assert.ok(found.grown < 50, `${found.grown} MB`)
})

test('of a file of many gigabytes a few bytes are read', async () => {
  let bytes = 0
  const start = pngOf([header(), sound])
  const chunk = 100 * 2 ** 20
  /** After header and text nothing but chunks of 100 MiB of pixels. */
  const read = (from: number, to: number): Promise<Uint8Array> => {
    bytes += to - from
    const part = new Uint8Array(to - from)
    for (let i = from; i < to; i += 1) {
      const inside = (i - start.length) % (chunk + 12)
      if (i < start.length) part[i - from] = start[i] ?? 0
      else if (inside < 8)
        part[i - from] = [chunk >>> 24, (chunk >>> 16) & 255, 0, 0, 0x49, 0x44, 0x41, 0x54][inside] ?? 0
    }
    return Promise.resolve(part)
  }
  const sent = await pngWithoutPixels(start.length + 300 * (chunk + 12), read)
  assert.deepEqual(Buffer.from(sent), Buffer.from(start))
  assert.ok(bytes < 10_000, String(bytes))
})

test('of a file with more than 5 MiB of texts, or 10,001 chunks, nothing is sent', async () => {
  const send = (png: Uint8Array) =>
    pngWithoutPixels(png.length, (from, to) => Promise.resolve(png.subarray(from, to)))
  const texts = Array.from({ length: 6 }, (_, i) => textChunk(`Comment ${i}`, ' '.repeat(2 ** 20)))
  await assert.rejects(send(picture(...texts)), {
    code: 'bad_input',
    message: /texts of at most 5242880 bytes/,
  })
  const chunks = Array.from({ length: 10_001 }, () => ({ type: 'IDAT', data: Buffer.alloc(0) }))
  await assert.rejects(send(picture(...chunks)), { code: 'bad_input', message: /at most 10000 chunks/ })
  for (const [png] of Object.values(refused)) {
    // What is cut or altered stays so, or is no longer there: it never becomes more.
    const sent = await send(png).catch(() => Buffer.alloc(0))
    assert.ok(sent.length <= png.length)
  }
})
