import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import { openLibrary } from '../../library/open.ts'
import { populationRound } from '../search/random-search.ts'
import {
  distanceAfter,
  emptyPopulation,
  readReference,
  withAdded,
  type Population,
} from '../verifiers/frechet.ts'
import type { Library } from './adapters.ts'
import type { SeatedPack } from './panel.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { lasting, packOf, specWith, workRun } from './testing/closed-form-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-population-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The closed-form engine's features are (brightness, 1 - brightness): a reference of spread greys. */
const reference = new Float64Array([0.55, 0.45, 0.004, -0.004, -0.004, 0.004])
const sets: SeatedPack = {
  ...packOf('sets', ['frechet'], { reference: { file: 'reference.bin', dimensions: 2 } }),
  reference: new Uint8Array(reference.buffer),
}
const spec = specWith({ guide: ['frechet'], candidates: 14, baselines: [3] })

let libraries = 0
const newLibrary = () => openLibrary(join(folder, `library-${libraries++}`))

/** A library that is full at the n-th candidate (1-based). */
const fullAt = (library: Library, limit: number): Library => {
  let added = 0
  return new Proxy(library, {
    get(target, name) {
      if (name === 'addCandidate') {
        return (...args: Parameters<Library['addCandidate']>) => {
          if (++added >= limit) throw new StudioError('library_full', 'No space is left.')
          return target.addCandidate(...args)
        }
      }
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

test('every candidate is measured with the winners of the rounds before its own, and with nobody else', async (t) => {
  const library = await newLibrary()
  t.after(() => library.close())
  const engine = new ClosedFormEngine()
  const runId = library.createRun(spec, [])
  const { error } = await workRun(runId, { engine, library, verifierPacks: [sets] })
  assert.equal(error, null)
  const { candidates, baselines } = library.run(runId)
  assert.equal(candidates.length, 14)
  assert.deepEqual(baselines[0]?.scores, {}, 'a baseline is no candidate of a round')
  let population: Population = emptyPopulation(readReference(sets.reference ?? new Uint8Array(), 2))
  for (let first = 0; first < 14; first += populationRound) {
    const round = candidates.slice(first, first + populationRound)
    const images = await Promise.all(round.map(({ imageSha256 }) => library.readImage(imageSha256)))
    const { features } = await engine.embedImages({ images })
    const embeddings = features.map(({ embedding }) => embedding ?? new Float32Array())
    const expected = embeddings.map((one) => -(distanceAfter(population, [one]) ?? NaN))
    assert.deepEqual(
      round.map(({ scores }) => scores.frechet),
      expected,
    )
    population = withAdded(population, [
      embeddings[expected.indexOf(Math.max(...expected))] ?? new Float32Array(),
    ])
  }
})

test('a run that ends after any of its candidates and is resumed scores and chooses as one that never ended', async (t) => {
  const whole = await newLibrary()
  t.after(() => whole.close())
  const verifierPacks = [sets]
  const runId = whole.createRun(spec, [])
  await workRun(runId, { engine: new ClosedFormEngine(), library: whole, verifierPacks })
  const expected = lasting(whole.run(runId))
  const kept = new Set<number>()
  for (let limit = 1; limit <= 15; limit++) {
    const library = await newLibrary()
    const id = library.createRun(spec, [])
    const engine = new ClosedFormEngine()
    const { end } = await workRun(id, { engine, library: fullAt(library, limit), verifierPacks })
    assert.equal(end.kind, 'failed')
    kept.add(library.run(id).candidates.length % populationRound)
    await workRun(id, { engine, library, verifierPacks })
    assert.equal(lasting(library.run(id)), expected, `full at candidate ${limit}`)
    library.close()
  }
  assert.equal(kept.size, populationRound, 'some rounds were never left in the middle')
})
