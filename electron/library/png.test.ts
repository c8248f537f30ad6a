import assert from 'node:assert/strict'
import { decode } from 'fast-png'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'

import type { Candidate, RecipeOperation } from '../../shared/domain.ts'
import type { RunSpecInput } from '../../shared/run-spec.ts'
import type { NewCandidate } from '../core/runs/adapters.ts'
import { sha256Of } from './image-files.ts'
import { parametersText } from './parameters-text.ts'
import { readChunks, readTexts } from './png-chunks.ts'
import { encodePng, readRecipe, recordOf, withoutMetadata, type ImageRecord } from './png.ts'
import { candidateOf, everyOperation, pictureOf, provenanceOf, specOf } from './testing/fixtures.ts'

const record = recordOf(candidateOf(1, 2), provenanceOf(specOf()))
const png = Buffer.from(encodePng(pictureOf(1), record))

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(data.length, 0)
  ends.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)])
}

const signature = png.subarray(0, 8)
const header = (width: number, height: number): Buffer => {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
  data.writeUInt32BE(width, 0)
  data.writeUInt32BE(height, 4)
  return chunk('IHDR', data)
}
const text = (json: string, keyword = 'goldpan'): Buffer =>
  chunk('tEXt', Buffer.from(`${keyword}\0${json}`, 'latin1'))
const end = chunk('IEND', Buffer.alloc(0))
const json = JSON.stringify(record)

test('a picture gives back its pixels to any PNG reader and its recipe to us', () => {
  const decoded = decode(png)
  assert.deepEqual([decoded.width, decoded.height, decoded.channels, decoded.depth], [16, 16, 3, 8])
  assert.deepEqual(new Uint8Array(decoded.data), pictureOf(1).data)
  assert.deepEqual(Object.keys(decoded.text), ['parameters', 'goldpan'])
  assert.deepEqual(readRecipe(png), { width: 16, height: 16, record })
})

test('the same recipe and pixels give the same bytes, whatever order their keys came in', () => {
  const reversed = <Value extends object>(value: Value): Value =>
    Object.fromEntries(Object.entries(value).reverse()) as Value
  const { spec, packs } = provenanceOf(specOf())
  const candidate = candidateOf(9, 2, { seconds: 99 })
  const again = recordOf(reversed({ ...candidate, recipe: reversed(candidate.recipe) }), {
    packs: packs.map(reversed),
    spec: reversed(spec),
  })
  assert.deepEqual(Buffer.from(encodePng(pictureOf(1), again)), png)
})

test('the file does not change between versions', () => {
  // Golden: whoever changes this value changes the hash of every picture that is made again.
  assert.equal(sha256Of(png), '6cb153c37ee988b8792432b8d3fa47fd4ce932580bcfe7d6fac0975e8636a903')
})

test('a picture of the third format is read and can be written again to the byte', () => {
  const third = recordOf(candidateOf(1, 2), provenanceOf(specOf()), 3)
  const old = encodePng(pictureOf(1), third)
  // Golden: the hash that the version before gave this picture.
  assert.equal(sha256Of(old), 'bf4bc7ff6a3fa3c4b0981155d457ef00f9c8eda117987fc65a8bf53a4962a79d')
  assert.deepEqual(readRecipe(old).record, { ...record, format: 3 })
})

const parametersOf = (changes: Partial<RunSpecInput>, candidate: Partial<NewCandidate> = {}): string =>
  parametersText(recordOf(candidateOf(1, 2, candidate), provenanceOf(specOf(changes))), pictureOf(1))

test('other programs read prompt, sampler and size, and that the noise is ours', () => {
  assert.equal(decode(png).text['parameters'], parametersOf({}))
  assert.equal(
    parametersOf({}),
    'two red stars in night\n' +
      'Steps: 12, Sampler: Euler, Schedule type: Linear, CFG scale: 3, Seed: 7, Size: 16x16, Model: scenes, ' +
      'Goldpan noise: "Goldpan philox4x32-10, stream 2", Version: Goldpan',
  )
})

test("a picture of torch's noise names the seed that gives it", () => {
  const recipe = { generator: 'torch-cpu-mt19937', seed: '7', stream: 2, operations: [] } as const
  const torch = { generator: 'torch-cpu-mt19937', sampler: 'dpmpp_2m', schedule: 'karras' } as const
  assert.equal(
    parametersOf({ ...torch, negativePrompt: 'blurry\nugly' }, { recipe }),
    'two red stars in night\nNegative prompt: blurry\nugly\n' +
      'Steps: 12, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 3, Seed: 9, Size: 16x16, Model: scenes, ' +
      'RNG: CPU, Version: Goldpan',
  )
  const last = { ...recipe, seed: '18446744073709551615' }
  assert.match(parametersOf(torch, { recipe: last }), /Seed: 1,/)
})

test('values that would end a field are written as JSON, and every operation is told', () => {
  const text = parametersOf({ pack: 'a, "b": c\nd' }, { recipe: everyOperation, level: 0.25 })
  assert.ok(text.includes(String.raw`Model: "a, \"b\": c\nd", `), text)
  assert.ok(
    text.includes(
      'Goldpan noise: "Goldpan philox4x32-10, stream 4294967295; neighbour stream 3 cosine 0.95; ' +
        'ascend verifier pick_score eta 0.01 steps 12; steps to 11 stream 3; renoise to 0.89 stream 4; ' +
        'descend to 0.30000000000000004 evaluations 8 predict true; looked at on level 0.25"',
    ),
    text,
  )
})

test('a prompt beyond Latin-1 stands in UTF-8 for other programs', () => {
  const spec = specOf({ prompt: 'šest hvězd ⭐' })
  const bytes = encodePng(pictureOf(1), recordOf(candidateOf(1, 2), provenanceOf(spec)))
  const texts = readTexts(readChunks(bytes), ['parameters'])
  assert.match(texts.get('parameters') ?? '', /^šest hvězd ⭐\nSteps: 12, /)
  assert.deepEqual(
    readChunks(bytes).chunks.map(({ type }) => type),
    ['IHDR', 'iTXt', 'IDAT', 'tEXt', 'IEND'],
  )
})

test('without metadata nothing but the pixels is left, bit for bit', () => {
  const bare = withoutMetadata(png)
  assert.deepEqual(
    readChunks(bare).chunks.map(({ type }) => type),
    ['IHDR', 'IDAT', 'IEND'],
  )
  assert.deepEqual(decode(bare).text, {})
  assert.deepEqual(new Uint8Array(decode(bare).data), pictureOf(1).data)
  assert.equal(Buffer.from(bare).includes('stars'), false)
  assert.throws(() => readRecipe(bare), /without a recipe/)
})

/** The record of this picture as an earlier version wrote it, to the letter. */
const secondFormat =
  '{"format":2,"spec":{"prompt":"two red stars in night","pack":"scenes","guide":["clip_score"],"heldOut":[],' +
  '"algorithm":"random_search","candidates":4,"sampler":"euler","schedule":"linear","steps":12,"guidance":3,' +
  '"baselines":[5,20],"seed":"7"},"arm":"search","seq":2,"steps":12,"recipe":{"generator":"philox4x32-10",' +
  `"seed":"7","stream":2,"operations":[]},"noiseSha256":"${'2'.padStart(64, '0')}","nfe":12,"forwardPasses":24,` +
  `"scores":{"clip_score":0.27},"packs":[{"id":"scenes","version":"0.1.0","sha256":"${'ab'.repeat(32)}"}]}`

test('a picture of the second format is read: drawn in one round, sampled to the image, its operations unknown', () => {
  const old = Buffer.concat([signature, header(16, 16), text(secondFormat), end])
  assert.deepEqual(readRecipe(old).record, { ...record, format: 2, verifierCalls: 1, gflop: null })
})

test('a picture of the first format, whose specification names one verifier, is read as guided by it', () => {
  const first = secondFormat
    .replace('"format":2', '"format":1')
    .replace('"guide":["clip_score"],"heldOut":[]', '"verifier":"clip_score"')
  const old = Buffer.concat([signature, header(16, 16), text(first), end])
  assert.deepEqual(readRecipe(old).record, { ...record, format: 1, gflop: null })
})

test('an earlier format has no room for what came later', () => {
  for (const later of ['"arm":"final"', '"arm":"search","round":1']) {
    const mixed = text(secondFormat.replace('"arm":"search"', later))
    assert.throws(
      () => readRecipe(Buffer.concat([signature, header(1, 1), mixed, end])),
      /this version knows/,
    )
  }
})

test('every operation of a recipe, lineage and cost come back', () => {
  const candidate = candidateOf(1, 9, {
    ...{ round: 4, parent: 7, level: 0.08, recipe: everyOperation },
    ...{ verifierCalls: 2, gflop: 1 / 3, nfe: 9, forwardPasses: 18 },
  })
  const written = recordOf(candidate, provenanceOf(specOf()))
  const read = readRecipe(encodePng(pictureOf(1), written)).record
  assert.deepEqual(read, written)
  for (const [key, value] of Object.entries(candidate)) {
    if (key !== 'runId' && key !== 'seconds') assert.deepEqual(read[key as keyof ImageRecord], value, key)
  }
})

test('a candidate that no search can have made is refused', () => {
  const withOperation = (operation: object) => ({
    recipe: { ...everyOperation, operations: [operation as RecipeOperation] },
  })
  const refused: readonly Partial<Candidate>[] = [
    { round: -1 },
    { level: -0.1 },
    { level: Number.NaN },
    { parent: 5 },
    { parent: 2.5 },
    { arm: 'final' },
    { arm: 'final', parent: 4 },
    { arm: 'baseline', parent: 4 },
    { gflop: Infinity },
    withOperation({ kind: 'neighbour', stream: 3, cosine: 1.01 }),
    withOperation({ kind: 'neighbour', stream: 2 ** 32, cosine: 0.9 }),
    withOperation({ kind: 'ascend', verifier: 'unheard_of', eta: 0.01, steps: 12 }),
    withOperation({ kind: 'ascend', verifier: 'clip_score', eta: -1, steps: 12 }),
    withOperation({ kind: 'steps', to: 0, stream: 3 }),
    withOperation({ kind: 'renoise', to: Infinity, stream: 4 }),
    withOperation({ kind: 'descend', to: 0.1, evaluations: 1e9, predict: true }),
    withOperation({ kind: 'descend', to: 0.1, evaluations: 1, predict: true, more: 1 }),
    withOperation({ kind: 'hover' }),
  ]
  const sound = candidateOf(1, 5, { parent: 4 })
  recordOf(sound, provenanceOf(specOf()))
  for (const changes of refused) {
    assert.throws(() => recordOf({ ...sound, ...changes }, provenanceOf(specOf())), JSON.stringify(changes))
  }
})

test('nothing of run, time or machine is in the file', () => {
  const text = decode(png).text['goldpan'] ?? ''
  assert.deepEqual(Object.keys(JSON.parse(text) as object), [
    'format',
    'spec',
    'arm',
    'seq',
    'round',
    'parent',
    'level',
    'steps',
    'recipe',
    'noiseSha256',
    'nfe',
    'forwardPasses',
    'verifierCalls',
    'gflop',
    'scores',
    'packs',
  ])
})

test('any prompt survives, and is plain ASCII in the file', () => {
  for (const prompt of ['👩‍👩‍👧‍👦 ⭐', 'שלום \u202Eעולם', 'é\u0301\u007f\u2028\u00a0end', '⭐'.repeat(2000)]) {
    const spec = specOf({ prompt })
    const bytes = encodePng(pictureOf(1), recordOf(candidateOf(1, 0), provenanceOf(spec)))
    assert.equal(readRecipe(bytes).record.spec.prompt, prompt)
    assert.match(decode(bytes).text['goldpan'] ?? '', /^[ -~]+$/)
  }
})

test('a picture with other chunks, before and after, is still ours', () => {
  const others = chunk('zTXt', Buffer.from('Comment\0\0junk'))
  const foreign = text('hello', 'parameters')
  const bytes = Buffer.concat([signature, header(16, 16), others, foreign, text(json), others, end])
  assert.deepEqual(readRecipe(bytes).record, record)
})

const hostile: Readonly<Record<string, readonly [bytes: Uint8Array, refusal: RegExp]>> = {
  'an empty file': [Buffer.alloc(0), /a PNG file/],
  'another kind of file': [Buffer.from('<svg onload=alert(1)>'), /a PNG file/],
  'a signature alone': [signature, /complete PNG/],
  'a file cut in the middle': [png.subarray(0, png.length - 20), /cut|within the file/],
  'a file without its end': [Buffer.concat([signature, header(1, 1), text(json)]), /cut off/],
  'one flipped bit in the recipe': [
    Buffer.from(png).fill((png[png.length - 40] ?? 0) ^ 1, png.length - 40, png.length - 39),
    /wrong checksum/,
  ],
  'a chunk of 4 GB': [
    Buffer.concat([signature, header(1, 1), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.from('tEXt....')]),
    /within the file/,
  ],
  'no header first': [Buffer.concat([signature, text(json), end]), /IHDR as the first/],
  'two headers': [Buffer.concat([signature, header(1, 1), header(1, 1), text(json), end]), /second one/],
  'a short header': [Buffer.concat([signature, chunk('IHDR', Buffer.alloc(5)), end]), /13 bytes/],
  'no pixels': [Buffer.concat([signature, header(0, 5), text(json), end]), /0 x 5/],
  'a side of 16,385 pixels': [Buffer.concat([signature, header(16_385, 1), text(json), end]), /16385 x 1/],
  'more than 64 Mpixel': [
    Buffer.concat([signature, header(16_384, 16_384), text(json), end]),
    /16384 x 16384/,
  ],
  '10,001 chunks': [
    Buffer.concat([signature, header(1, 1), ...Array.from({ length: 10_000 }, () => text('', 'x')), end]),
    /10000 chunks/,
  ],
  'a recipe of more than 1 MiB': [
    Buffer.concat([signature, header(1, 1), text(' '.repeat(2 ** 20 + 1)), end]),
    /1048576 bytes/,
  ],
  'two recipes': [Buffer.concat([signature, header(1, 1), text(json), text(json), end]), /second one/],
  'no recipe': [Buffer.concat([signature, header(1, 1), end]), /without a recipe/],
  'a recipe that is no JSON': [Buffer.concat([signature, header(1, 1), text('{'), end]), /in JSON/],
  'a recipe of another format': [
    Buffer.concat([signature, header(1, 1), text(JSON.stringify({ ...record, format: 5 })), end]),
    /this version knows, found format/,
  ],
  'a recipe with a key too many': [
    Buffer.concat([signature, header(1, 1), text(json.replace('{', '{"__proto__":{"admin":true},')), end]),
    /this version knows/,
  ],
  'a recipe with a path for a hash': [
    Buffer.concat([
      signature,
      header(1, 1),
      text(json.replace(/"noiseSha256":"\w+"/, '"noiseSha256":"../x"')),
      end,
    ]),
    /found noiseSha256/,
  ],
}

for (const [what, [bytes, refusal]] of Object.entries(hostile)) {
  test(`${what} is refused with its own reason`, () => {
    assert.throws(() => readRecipe(bytes), { code: 'bad_input', message: refusal })
  })
}
