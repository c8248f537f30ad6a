import assert from 'node:assert/strict'
import Database from 'better-sqlite3'
import { rmSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

import type { Candidate, NoiseRecipe, RecipeOperation } from '../../shared/domain.ts'
import { receivedRun, sentRun, type SentRun } from '../../shared/run-wire.ts'
import type { Library } from '../core/runs/adapters.ts'
import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { expectSound } from './testing/expect-sound.ts'
import {
  addTo,
  candidateOf,
  everyOperation,
  pictureOf,
  provenanceOf,
  specOf,
  temporaryFolder,
} from './testing/fixtures.ts'

async function openedLibrary(t: TestContext): Promise<Library> {
  const library = await openLibrary(temporaryFolder())
  t.after(() => library.close())
  return library
}

test('a candidate comes back as it was added, from the run and by its name', async (t) => {
  const library = await openedLibrary(t)
  const runId = library.createRun(specOf(), [])
  const candidate = candidateOf(runId, 9, {
    ...{
      recipe: everyOperation,
      round: 4,
      parent: 2,
      level: 0.1 + 0.2,
      verifierCalls: 2,
      gflop: 1 / 3,
      seconds: 0.1 + 0.2,
    },
    scores: { clip_score: 1 / 3, aesthetic_score: -5 },
  })
  const stored = await library.addCandidate(candidate, pictureOf(2), provenanceOf(specOf()), null)
  assert.deepEqual(stored, { ...candidate, imageSha256: stored.imageSha256 })
  assert.deepEqual(library.run(runId).candidates, [stored])
  assert.deepEqual(library.candidate({ runId, arm: 'search', seq: 9 }), stored)
})

test('recipes that repeat their parents come back as they were, and share what they repeat', async (t) => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  const runId = library.createRun(specOf({ candidates: 8 }), [])
  const step = (stream: number): RecipeOperation => ({ kind: 'neighbour', stream, cosine: 0.95 })
  const recipe = (...streams: readonly number[]): NoiseRecipe => ({
    ...{ generator: 'philox4x32-10', seed: '7', stream: 0 },
    operations: streams.map(step),
  })
  const recipes: readonly (readonly [parent: number | null, recipe: NoiseRecipe])[] = [
    ...([
      [null, recipe()],
      [0, recipe(1)],
      [1, recipe(1, 2)],
      [2, recipe(1, 2, 3, 4)],
    ] as const),
    // Of another beginning than the parent's, shorter, equal, and one whose number only begins as the parent's.
    ...([
      [2, recipe(9, 2, 3)],
      [2, recipe(1)],
      [2, recipe(1, 2)],
      [1, recipe(11, 2)],
    ] as const),
    [2, everyOperation],
  ]
  const stored: Candidate[] = []
  for (const [seq, [parent, own]] of recipes.entries()) {
    stored.push(await addTo(library, runId, seq, { parent, recipe: own }))
  }
  const { candidates } = library.run(runId)
  assert.deepEqual(candidates, stored)
  assert.equal(candidates[3]?.recipe.operations[1], candidates[2]?.recipe.operations[1])
  assert.deepEqual(
    receivedRun(JSON.parse(JSON.stringify(sentRun(library.run(runId)))) as SentRun),
    library.run(runId),
  )
  library.close()

  const db = new Database(layoutOf(folder).catalogue)
  db.prepare(
    `UPDATE candidates SET recipe = replace(recipe, '"stream":4', '"stream":-4') WHERE seq = 3`,
  ).run()
  db.close()
  const damaged = await openLibrary(folder)
  t.after(() => damaged.close())
  assert.throws(() => damaged.run(runId), { code: 'library_damaged', message: /recipe of run 1, search 3/ })
})

test('a candidate that is not there is named, with what to do', async (t) => {
  const library = await openedLibrary(t)
  const runId = library.createRun(specOf(), [])
  await addTo(library, runId, 0)
  for (const missing of [
    { runId, arm: 'search', seq: 1 },
    { runId, arm: 'baseline', seq: 0 },
    { runId, arm: 'final', seq: 0 },
  ] as const) {
    const refusal = {
      code: 'not_found',
      message: `Expected a finished candidate, found none at ${missing.arm} ${missing.seq} of run 1. \`show 1\` lists those that it has.`,
    }
    assert.throws(() => library.candidate(missing), refusal)
    assert.throws(() => library.lineage(missing), refusal)
  }
  assert.throws(() => library.candidate({ runId: 2, arm: 'search', seq: 0 }), { code: 'unknown_run' })
  assert.throws(() => library.lineage({ runId: 2, arm: 'search', seq: 0 }), { code: 'unknown_run' })
})

test('the same candidate again is the stored one, and its lost picture is written again', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.createRun(specOf(), [])
  const added = await addTo(library, 1, 0, { seconds: 0.25 })
  rmSync(library.imageFile(added.imageSha256) ?? '')
  assert.deepEqual(await addTo(library, 1, 0, { seconds: 8 }), added)
  assert.deepEqual(library.run(1).candidates, [added])
  library.close()
  assert.deepEqual(expectSound(folder), { rows: new Set([added.imageSha256]), orphans: [] })
})

test('another result for a place that is taken is refused, whatever differs, and nothing of it is kept', async () => {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  library.createRun(specOf(), [])
  const added = await addTo(library, 1, 0)
  const refusal = {
    code: 'internal',
    message: /Expected search 0 of run 1 to be made again as it is stored .*found another .*start a new run/,
  }
  for (const changes of [
    { scores: { clip_score: 0.26 } },
    { nfe: 13 },
    { round: 1 },
    { gflop: 2.5 },
    { noiseSha256: 'f'.repeat(64) },
  ]) {
    await assert.rejects(addTo(library, 1, 0, changes), refusal)
  }
  const otherPixels = library.addCandidate(candidateOf(1, 0), pictureOf(55), provenanceOf(specOf()), null)
  await assert.rejects(otherPixels, refusal)
  assert.deepEqual(library.run(1).candidates, [added])
  library.close()
  assert.deepEqual(expectSound(folder).orphans, [])
})

test('the lineage over 50 generations begins with the root and ends with the candidate', async (t) => {
  const library = await openedLibrary(t)
  // Two runs of the same numbers: a line never changes over to the other.
  for (const runId of [library.createRun(specOf(), []), library.createRun(specOf(), [])]) {
    for (let round = 0; round < 50; round += 1) {
      const parent = round === 0 ? null : (round - 1) * 2 + (runId - 1)
      for (const neighbour of [0, 1]) await addTo(library, runId, round * 2 + neighbour, { round, parent })
    }
  }
  const line = library.lineage({ runId: 2, arm: 'search', seq: 98 })
  assert.deepEqual(
    line.map(({ seq }) => seq),
    [...Array.from({ length: 49 }, (_, round) => round * 2 + 1), 98],
  )
  assert.deepEqual(
    line.map(({ round }) => round),
    Array.from({ length: 50 }, (_, round) => round),
  )
  assert.deepEqual(line.at(-1), library.candidate({ runId: 2, arm: 'search', seq: 98 }))
  assert.ok(line.every(({ runId }) => runId === 2))
})

test('a final image comes from the winner that it repeats; a baseline comes from nothing', async (t) => {
  const library = await openedLibrary(t)
  library.createRun(specOf(), [])
  await addTo(library, 1, 0)
  await addTo(library, 1, 2, { parent: 0 })
  await addTo(library, 1, 2, { arm: 'final', parent: 2, steps: 50 })
  await addTo(library, 1, 1, { arm: 'baseline', steps: 50 })
  const lineOf = (arm: Candidate['arm'], seq: number) => namesOf(library.lineage({ runId: 1, arm, seq }))
  assert.deepEqual(lineOf('final', 2), ['search 0', 'search 2', 'final 2'])
  assert.deepEqual(lineOf('baseline', 1), ['baseline 1'])
  assert.deepEqual(lineOf('search', 0), ['search 0'])
})

function namesOf(line: readonly Candidate[]): readonly string[] {
  return line.map(({ arm, seq }) => `${arm} ${seq}`)
}

test('a line whose root is lost begins with what is there', async (t) => {
  const library = await openedLibrary(t)
  library.createRun(specOf(), [])
  await addTo(library, 1, 3, { parent: 1 })
  await addTo(library, 1, 5, { parent: 3 })
  assert.deepEqual(namesOf(library.lineage({ runId: 1, arm: 'search', seq: 5 })), ['search 3', 'search 5'])
})

test('an image is found by its hash or the beginning of it, in every run that made it', async (t) => {
  const library = await openedLibrary(t)
  const added: Candidate[] = []
  for (const runId of [library.createRun(specOf(), []), library.createRun(specOf(), [])]) {
    for (const seq of [0, 1]) {
      const candidate = candidateOf(runId, seq)
      added.push(await library.addCandidate(candidate, pictureOf(seq), provenanceOf(specOf()), null))
    }
  }
  const hash = added[1]?.imageSha256 ?? ''
  assert.equal(added[3]?.imageSha256, hash)
  const both = [
    { runId: 1, arm: 'search', seq: 1 },
    { runId: 2, arm: 'search', seq: 1 },
  ]
  for (const digits of [hash, hash.slice(0, 6), hash.slice(0, 40), hash.slice(0, 8).toUpperCase()]) {
    assert.deepEqual(library.candidatesWithImage(digits), both, digits)
  }
  const next = ((Number.parseInt(hash.slice(-1), 16) + 1) % 16).toString(16)
  assert.deepEqual(library.candidatesWithImage(hash.slice(0, -1) + next), [])
  for (const hostile of ['', hash.slice(0, 5), `${hash}0`, '%%%%%%', 'g'.repeat(64), "' OR 1=1 --"]) {
    assert.throws(() => library.candidatesWithImage(hostile), { code: 'bad_input' }, hostile)
  }
})

test('each image of a run has its picture, whatever arm it is of', async (t) => {
  const library = await openedLibrary(t)
  const runId = library.createRun(specOf(), [])
  await addTo(library, runId, 0)
  await addTo(library, runId, 1)
  await addTo(library, runId, 0, { arm: 'baseline', steps: 5 })
  const { pictures } = library.run(runId)
  const [first, second, baseline] = [pictures.search[0], pictures.search[1], pictures.baseline[0]]
  const found = library.gallery.pictures([first ?? 0, second ?? 0, baseline ?? 0])
  assert.deepEqual(
    found.map(({ origin }) => (origin.kind === 'candidate' ? [origin.arm, origin.seq] : null)),
    [
      ['search', 0],
      ['search', 1],
      ['baseline', 0],
    ],
  )
  assert.deepEqual(pictures.final, {})
})
