import assert from 'node:assert/strict'
import { decode } from 'fast-png'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { createEngineClient } from '../../engine/engine-client.ts'
import { PackFolders, readReferenceFile } from '../../packs/read-packs.ts'
import { distanceAfter, emptyPopulation, readReference } from '../verifiers/frechet.ts'
import type { Engine, RgbImage } from './adapters.ts'
import type { SeatedPack } from './panel.ts'
import { PopulationJudge } from './population.ts'

const bundled = join(import.meta.dirname, '../../../models/packs')
const round = 4

/** The pictures of a contact sheet, tile by tile: real images of a bundled pack. */
function tilesOf(pack: string, side = 128): readonly RgbImage[] {
  const { width, height, data } = decode(readFileSync(join(bundled, pack, 'contact-sheet.png')))
  const across = width / side
  return Array.from({ length: across * (height / side) }, (_, tile) => {
    const [left, top] = [(tile % across) * side, Math.floor(tile / across) * side]
    const rows = Array.from({ length: side }, (_, y) => {
      const start = 3 * ((top + y) * width + left)
      return [...data.subarray(start, start + 3 * side)]
    })
    return { width: side, height: side, data: Uint8Array.from(rows.flat()) }
  })
}

/** In an order that is nobody's choice: a linear congruential generator's. */
function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  let state = seed
  const keyed = items.map((item) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return { item, key: state }
  })
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}

let engine: Engine
let seated: SeatedPack
const pictures = shuffled([...tilesOf('scenes'), ...tilesOf('scenes-mini'), ...tilesOf('objects')], 7)

before(async () => {
  const pack = await new PackFolders([bundled]).openVerifierPack('frechet')
  seated = { pack, verifiers: ['frechet'], reference: await readReferenceFile(pack) }
  engine = createEngineClient()
  await engine.load([pack])
})
after(() => engine.stop())

/** The distance of a set from the reference, all of it at once. */
async function distanceOf(images: readonly RgbImage[]): Promise<number> {
  const { features } = await engine.embedImages({ packId: seated.pack.manifest.id, images })
  const embeddings = features.map(({ embedding }) => embedding ?? new Float32Array())
  const reference = readReference(seated.reference ?? new Uint8Array(), 64)
  return distanceAfter(emptyPopulation(reference), embeddings) ?? NaN
}

/** Goes through rounds of pictures as a run does; gives the winners and the scores of every round. */
async function search(judge: PopulationJudge, from: readonly RgbImage[]) {
  const winners: RgbImage[] = []
  const scores: (readonly (number | null)[])[] = []
  for (let at = 0; at < from.length; at += round) {
    const candidates = from.slice(at, at + round)
    const found = (await judge.score(candidates)).scores
    const best = candidates[found.indexOf(Math.max(...found.map((score) => score ?? -Infinity)))]
    assert.ok(best !== undefined)
    await judge.admit(best)
    winners.push(best)
    scores.push(found)
  }
  return { winners, scores }
}

test('a population of real pictures, chosen greedily, is nearer the reference than random picks are', async () => {
  const { winners, scores } = await search(new PopulationJudge(engine, seated), pictures)
  assert.equal(winners.length, pictures.length / round)
  const chosen = await distanceOf(winners)
  // The score that the last winner had is that of the whole population.
  assert.ok(
    Math.abs(chosen + Math.max(...(scores.at(-1) ?? []).map((score) => score ?? NaN))) < 1e-6 * chosen,
  )
  // One picture of each round, drawn: eight populations of the same size.
  for (let seed = 1; seed <= 8; seed++) {
    const drawn = winners.map(
      (_, i) => shuffled(pictures.slice(round * i, round * (i + 1)), seed * 31 + i)[0],
    )
    const distance = await distanceOf(drawn.flatMap((image) => image ?? []))
    assert.ok(chosen < 0.9 * distance, `${chosen} chosen, ${distance} drawn with seed ${seed}`)
  }
})

test('a population that is built again from its winners scores the same, to the last bit', async () => {
  const [before, next] = [pictures.slice(0, 6 * round), pictures.slice(6 * round, 8 * round)]
  const first = new PopulationJudge(engine, seated)
  const { winners } = await search(first, before)
  const resumed = new PopulationJudge(engine, seated)
  // As read back from the library: the same pixels, other objects.
  for (const { width, height, data } of winners) {
    await resumed.admit({ width, height, data: Uint8Array.from(data) })
  }
  assert.deepEqual((await search(resumed, next)).scores, (await search(first, next)).scores)
})

test('a score does not depend on what else is scored, and scoring lets nobody join', async () => {
  const judge = new PopulationJudge(engine, seated)
  const [one, two, three] = pictures
  assert.ok(one !== undefined && two !== undefined && three !== undefined)
  await judge.admit(three)
  const { scores, seconds } = await judge.score([one, two])
  assert.ok(seconds > 0)
  assert.deepEqual((await judge.score([two])).scores, [scores[1]])
  assert.deepEqual((await judge.score([one])).scores, [scores[0]])
  assert.notEqual(scores[0], scores[1])
})

test('a scored picture is not evaluated again to join; one without features has no score and cannot join', async () => {
  let evaluated = 0
  const blind: Engine = {
    ...engine,
    async embedImages(request) {
      evaluated += 1
      const found = await engine.embedImages(request)
      return {
        ...found,
        features: found.features.map((one, i) => (i === 1 ? { ...one, embedding: null } : one)),
      }
    },
  }
  const judge = new PopulationJudge(blind, seated)
  const candidates = pictures.slice(0, 3)
  const [first, second, third] = candidates
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  const { scores } = await judge.score(candidates)
  assert.deepEqual(
    scores.map((score) => score === null),
    [false, true, false],
  )
  await judge.admit(second)
  assert.equal(evaluated, 1)
  assert.deepEqual((await judge.score([third])).scores, [scores[2]], 'the picture without features joined')
  await judge.admit(first)
  assert.notDeepEqual((await judge.score([third])).scores, [scores[2]])
})

test('features of another length than the reference are a fault of the pack', async () => {
  const { manifest } = seated.pack
  const narrow: SeatedPack = {
    ...seated,
    pack: { ...seated.pack, manifest: { ...manifest, reference: { file: 'reference.bin', dimensions: 2 } } },
    reference: new Uint8Array(8 * 6),
  }
  await assert.rejects(new PopulationJudge(engine, narrow).score(pictures.slice(0, 2)), {
    code: 'pack_invalid',
    message: /scenes-classifier: expected features of 2 numbers.* found 64/,
  })
  assert.throws(() => new PopulationJudge(engine, { pack: seated.pack, verifiers: ['frechet'] }), RangeError)
})
