/**
 * Our scores against those of the verifiers' own libraries: tiny verifiers of every kind with random weights, imported as
 * people import theirs, on pictures of odd sizes.
 */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, describe, test } from 'node:test'

import { decode } from 'fast-png'

import type { PackVerifierId } from '../../../shared/vocabulary.ts'
import type { RgbImage } from '../../core/runs/adapters.ts'
import { cosine } from '../../core/verifiers/cosine.ts'
import type { Evidence } from '../../core/verifiers/evidence.ts'
import { distanceAfter, emptyPopulation, readReference } from '../../core/verifiers/frechet.ts'
import { verifiers } from '../../core/verifiers/index.ts'
import { importModel, inspectModel } from '../../packs/import/index.ts'
import type { InstalledPack, VerifierPackManifest } from '../../packs/manifest.ts'
import { PackFolders, readReferenceFile } from '../../packs/read-packs.ts'
import { PackTokenizer } from '../../packs/tokenizer.ts'
import { fitPicture } from '../image/resize.ts'
import { createInference } from '../inference.ts'
import type { EngineCalls } from '../protocol.ts'
import { Golden } from '../testing/golden.ts'
import { picturesFeed } from './pictures.ts'

type Fixture = {
  readonly name: string
  readonly scores: readonly PackVerifierId[]
  /** Largest difference of features over their largest value, and of scores over theirs or over 1. */
  readonly bounds?: { readonly features: number; readonly scores: number }
}

/** Found were 1.1e-3 for features and for scores. */
const float16 = { features: 2e-3, scores: 3e-3 }

const fixtures: readonly Fixture[] = [
  { name: 'clip', scores: ['clip_score', 'clip_self'] },
  { name: 'clip-monolith', scores: ['clip_score', 'clip_self'] },
  { name: 'clip-fp16', scores: ['clip_score', 'clip_self'], bounds: float16 },
  { name: 'aesthetic', scores: ['aesthetic_score'] },
  { name: 'image-reward', scores: ['image_reward'] },
  { name: 'pick-score', scores: ['pick_score'] },
  { name: 'hps', scores: ['hps_score'] },
  { name: 'siglip', scores: ['siglip_score', 'siglip_self'] },
  { name: 'dinov2-linear', scores: ['dino_linear', 'dino_self'] },
  { name: 'dinov2-1-layer', scores: ['dino_linear'] },
  { name: 'inception', scores: ['inception_confidence'] },
]

/** What a golden calls the scores of a verifier. */
const tensorOf: Readonly<Partial<Record<PackVerifierId, string>>> = {
  dino_linear: 'logits',
  inception_confidence: 'probabilities',
  clip_self: 'self',
  dino_self: 'self',
  siglip_self: 'self',
}

type GoldenPictures = {
  /** Absent of verifiers that read no text. */
  readonly prompts?: readonly string[]
  readonly pixelStride: number
  readonly pictures: readonly { readonly file: string; readonly resizedSha256?: string }[]
}

const folderOf = (name: string) => new URL(`../../../models/fixtures/${name}/`, import.meta.url)
const models = mkdtempSync(join(tmpdir(), 'verifier-parity-'))
after(() => {
  rmSync(models, { recursive: true })
})
const infer = createInference()

function readPicture(file: string): RgbImage {
  const { width, height, data } = decode(readFileSync(new URL(file, folderOf('pictures'))))
  return { width, height, data: Uint8Array.from(data) }
}

async function importFixture(name: string): Promise<InstalledPack<VerifierPackManifest>> {
  const plan = await inspectModel(fileURLToPath(new URL('model', folderOf(name))))
  // The FID Inception's classes have no names that anybody wrote down beside it.
  const answers = Object.fromEntries(
    plan.summary.questions.flatMap((question) =>
      question.kind === 'names'
        ? [[question.id, Array.from({ length: question.count }, (_, i) => `class ${i}`).join('\n')]]
        : [],
    ),
  )
  const pack = await importModel(plan, answers, {
    ...{ modelsFolder: models, id: name, name },
    trial: () => Promise.resolve({}),
  })
  assert.ok(pack.manifest.kind === 'verifier')
  return { ...pack, manifest: pack.manifest }
}

/** The largest difference over the largest expected value, or over `least` where that is larger. */
function difference(found: ArrayLike<number>, expected: ArrayLike<number>, least = 0): number {
  assert.equal(found.length, expected.length)
  let most = 0
  let size = least
  for (let i = 0; i < expected.length; i++) {
    most = Math.max(most, Math.abs((found[i] ?? NaN) - (expected[i] ?? NaN)))
    size = Math.max(size, Math.abs(expected[i] ?? NaN))
    assert.ok(Number.isFinite(found[i]), `value ${i}: ${found[i]}`)
  }
  return most / size
}

function assertNear(what: string, found: number, bound: number): void {
  assert.ok(found <= bound, `${what}: expected within ${bound}, found ${found}`)
}

for (const { name, scores, bounds = { features: 1e-4, scores: 1e-3 } } of fixtures) {
  describe(name, async () => {
    const golden = new Golden(folderOf(name))
    const { tensors } = golden
    const { pixelStride, pictures, ...read } = JSON.parse(
      readFileSync(new URL('golden.json', folderOf(name)), 'utf8'),
    ) as GoldenPictures
    const images = pictures.map(({ file }) => readPicture(file))
    const pack = await importFixture(name)
    const { manifest } = pack
    const prompts = (read.prompts ?? []).map((prompt) => manifest.promptPrefix + prompt)
    await infer({ kind: 'load', device: 'cpu', packs: [pack] })

    test('pictures come to its size as in the library, bit for bit where they are bytes', () => {
      const { resize } = manifest.image
      assert.ok(resize !== undefined)
      if (resize.fit !== 'interpolated') {
        for (const [i, { file, resizedSha256 }] of pictures.entries()) {
          const image = images[i]
          assert.ok(image !== undefined && resizedSha256 !== undefined)
          const { data } = fitPicture(image, resize, manifest.image)
          assert.equal(createHash('sha256').update(data).digest('hex'), resizedSha256, file)
        }
      }
      const { feed } = picturesFeed(manifest, images)
      const size = feed.data.length / images.length
      const sampled = images.flatMap((_, i) =>
        Array.from({ length: Math.ceil(size / pixelStride) }, (_, k) =>
          Number(feed.data[i * size + k * pixelStride]),
        ),
      )
      assertNear('pixels', difference(sampled, golden.floats(tensors['pixels'])), 1e-5)
    })

    if (tensors['inputIds'] !== undefined) {
      test('texts become the same tokens', async () => {
        const tokenizer = await PackTokenizer.load(pack)
        const encoded = prompts.map((prompt) => tokenizer.encode(prompt))
        assert.deepEqual(
          encoded.flatMap(({ ids }) => [...ids]),
          [...golden.integers(tensors['inputIds'])],
        )
        if (tensors['attentionMask'] === undefined) return
        assert.deepEqual(
          encoded.flatMap(({ attentionMask }) => [...attentionMask]),
          [...golden.integers(tensors['attentionMask'])],
        )
      })
    }

    test('features and scores are those of the library', async (context) => {
      const tower = manifest.components.imageTower !== undefined
      const { features } = tower
        ? ((await infer({
            kind: 'embedImages',
            packId: name,
            images,
          })) as EngineCalls['embedImages']['value'])
        : { features: images.map(() => null) }
      if (tensors['features'] !== undefined && features[0]?.embedding !== null) {
        const found = features.flatMap((one) => [...(one?.embedding ?? [])])
        const off = difference(found, golden.floats(tensors['features']))
        context.diagnostic(`features ${off.toExponential(1)}`)
        assertNear('features', off, bounds.features)
      }
      const texts = await Promise.all(
        (tensors['textFeatures'] === undefined ? [] : prompts).map(async (text) => {
          const value = await infer({ kind: 'embedText', packId: name, text })
          return (value as EngineCalls['embedText']['value']).embedding
        }),
      )
      if (texts.length > 0) {
        const off = difference(
          texts.flatMap((text) => [...text]),
          golden.floats(tensors['textFeatures']),
        )
        context.diagnostic(`text features ${off.toExponential(1)}`)
        assertNear('text features', off, bounds.features)
      }
      const pairs = await Promise.all(
        (manifest.components.pairTower === undefined ? [] : prompts).map(async (text) => {
          const value = await infer({ kind: 'scorePairs', packId: name, images, text })
          return (value as EngineCalls['scorePairs']['value']).scores
        }),
      )
      const { logitScale = null, logitBias = null, reward = null } = manifest
      const classes = manifest.classes ?? []
      for (const id of scores) {
        assert.ok(id !== 'frechet')
        const { needs, score } = verifiers[id]
        // One score for each text, each class or each picture, as the verifier has it.
        const columns = needs.includes('classIndex')
          ? classes.length
          : needs.includes('text') || needs.includes('pair')
            ? prompts.length
            : 1
        const found = images.flatMap((_, i) =>
          Array.from({ length: columns }, (_, column) => {
            const evidence: Evidence = {
              image: features[i] ?? null,
              early: features[0] ?? null,
              pair: pairs[column]?.[i] ?? null,
              text: texts[column] ?? null,
              classIndex: column,
              classWeight: null,
              ...{ logitScale, logitBias, reward, personal: null },
            }
            return score(evidence) ?? NaN
          }),
        )
        const expected = golden.floats(tensors[tensorOf[id] ?? id])
        const off = difference(found, expected, 1)
        context.diagnostic(`${id} ${off.toExponential(1)}`)
        assertNear(id, off, bounds.scores)
      }
    })
  })
}

test('pictures are as far from the reference beside Inception as by pytorch-fid', async (context) => {
  const golden = new Golden(folderOf('inception'))
  const pack = await new PackFolders([models]).openVerifierPack('frechet')
  const { pictures } = JSON.parse(
    readFileSync(new URL('golden.json', folderOf('inception')), 'utf8'),
  ) as GoldenPictures
  const images = pictures.map(({ file }) => readPicture(file))
  const { features } = (await infer({
    kind: 'embedImages',
    packId: 'inception',
    images,
  })) as EngineCalls['embedImages']['value']
  const embeddings = features.map(({ embedding }) => embedding ?? new Float32Array())
  const reference = readReference(await readReferenceFile(pack), pack.manifest.reference?.dimensions ?? NaN)
  // Of the first two pictures, of three, of four, of all.
  const found = embeddings
    .slice(1)
    .map((_, i) => distanceAfter(emptyPopulation(reference), embeddings.slice(0, i + 2)) ?? NaN)
  const off = difference(found, golden.floats(golden.tensors['frechet']))
  context.diagnostic(`frechet ${off.toExponential(1)}`)
  assertNear('frechet', off, 1e-3)
})

test('a score tells pictures apart: the goldens are not all the same', () => {
  const golden = new Golden(folderOf('clip'))
  const values = golden.floats(golden.tensors['features'])
  const width = golden.tensors['features']?.shape[1] ?? NaN
  assert.ok((cosine(values.slice(0, width), values.slice(width, 2 * width)) ?? 1) < 0.99)
})
