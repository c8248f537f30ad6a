import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { InterventionRequest } from '../../shared/domain.ts'
import type { Library } from '../core/runs/adapters.ts'
import { openLibrary } from './open.ts'
import { addTo, specOf, temporaryFolder } from './testing/fixtures.ts'

const requests: readonly InterventionRequest[] = [
  { kind: 'pin', seq: 1 },
  { kind: 'veto', seq: 0 },
  { kind: 'override', seq: 2 },
  { kind: 'branch', seq: 1, cosine: 0.1 + 0.2, count: 3, firstSeq: 4 },
]

/** A library with two runs, each with three scored candidates: 0.25, 0.26, 0.27. */
async function libraryWithTwoRuns(t: TestContext, folder = temporaryFolder()): Promise<Library> {
  const library = await openLibrary(folder)
  t.after(() => library.close())
  for (const runId of [library.createRun(specOf(), []), library.createRun(specOf(), [])]) {
    for (const seq of [0, 1, 2]) await addTo(library, runId, seq)
  }
  return library
}

test('interventions come back in order, as they were asked for, also from the disk', async (t) => {
  const folder = temporaryFolder()
  const first = await libraryWithTwoRuns(t, folder)
  const added = requests.map((request, round) => first.addIntervention(1, request, round))
  assert.deepEqual(
    added,
    requests.map((request, round) => ({ id: round + 1, round, until: null, ...request })),
  )
  first.close()
  const second = await openLibrary(folder)
  t.after(() => second.close())
  assert.deepEqual(second.run(1).interventions, added)
  assert.deepEqual(second.run(2).interventions, [])
})

test('what more an object holds is not taken for a part of the request', async (t) => {
  const library = await libraryWithTwoRuns(t)
  const more = { kind: 'pin', seq: 1, runId: 1 } as const
  assert.deepEqual(library.addIntervention(1, more, 0), { id: 1, round: 0, until: null, kind: 'pin', seq: 1 })
})

test('undo ends the newest in force, one after the other, and says until when it held', async (t) => {
  const library = await libraryWithTwoRuns(t)
  requests.forEach((request, round) => library.addIntervention(1, request, round))
  library.addIntervention(2, { kind: 'veto', seq: 2 }, 0)
  const untils = () => library.run(1).interventions.map(({ until }) => until)

  assert.deepEqual(library.undoIntervention(1, 5), { id: 4, round: 3, until: 5, ...requests[3] })
  assert.deepEqual(untils(), [null, null, null, 5])
  // In the round in which it was made: it never took part.
  assert.equal(library.undoIntervention(1, 2)?.until, 2)
  assert.equal(library.undoIntervention(1, 0)?.until, 1, 'no earlier than it was made')
  const later = library.addIntervention(1, { kind: 'pin', seq: 2 }, 7)
  assert.equal(library.undoIntervention(1, 8)?.id, later.id)
  assert.equal(library.undoIntervention(1, 8)?.id, 1)
  assert.equal(library.undoIntervention(1, 9), null)
  assert.deepEqual(untils(), [8, 1, 2, 5, 8])
  assert.equal(library.run(2).interventions[0]?.until, null, 'the other run has its own')
})

test('a run or a candidate that is not there is refused, and nothing is kept', async (t) => {
  const library = await libraryWithTwoRuns(t)
  await addTo(library, 1, 3, { arm: 'baseline' })
  assert.throws(() => library.addIntervention(3, { kind: 'pin', seq: 0 }, 0), { code: 'unknown_run' })
  assert.throws(() => library.undoIntervention(3, 0), { code: 'unknown_run' })
  const absent = { code: 'not_found', message: /search 3 of run 1/ }
  assert.throws(() => library.addIntervention(1, { kind: 'pin', seq: 3 }, 0), absent)
  const branch = { kind: 'branch', seq: 3, cosine: 0.9, count: 1, firstSeq: 4 } as const
  assert.throws(() => library.addIntervention(1, branch, 0), absent)
  assert.deepEqual(library.run(1).interventions, [])
})

test('the winner and the best of the list follow a hand, and go back with undo', async (t) => {
  const library = await libraryWithTwoRuns(t)
  const won = () => {
    const { winner, best } = library.run(1)
    assert.deepEqual(library.runs().find(({ id }) => id === 1)?.best, best)
    assert.equal(best?.seq ?? null, winner)
    return best === null ? null : [best.seq, best.score]
  }
  assert.deepEqual(won(), [2, 0.27])
  library.addIntervention(1, { kind: 'veto', seq: 2 }, 0)
  assert.deepEqual(won(), [1, 0.26])
  library.addIntervention(1, { kind: 'pin', seq: 0 }, 0)
  assert.deepEqual(won(), [1, 0.26], 'a pin survives, but does not win')
  library.addIntervention(1, { kind: 'override', seq: 0 }, 0)
  assert.deepEqual(won(), [0, 0.25])
  await addTo(library, 1, 3, { scores: {}, round: 1 })
  assert.deepEqual(won(), [1, 0.26], 'an override is for its own choice, which is over')
  library.addIntervention(1, { kind: 'override', seq: 3 }, 1)
  assert.deepEqual(won(), [3, null], 'one without a score can be put first')
  for (let undone = 0; undone < 4; undone += 1) library.undoIntervention(1, 1)
  assert.deepEqual(won(), [2, 0.27])
  for (const seq of [0, 1, 2, 3]) library.addIntervention(1, { kind: 'veto', seq }, 1)
  assert.equal(won(), null)
  assert.equal(library.run(2).winner, 2)
})

test('branches in force are planned for, and never is less planned than finished', async (t) => {
  const library = await libraryWithTwoRuns(t)
  const counts = () => {
    const { finished, planned } = library.run(1)
    const listed = library.runs().find(({ id }) => id === 1)
    assert.deepEqual([finished, planned], [listed?.finished, listed?.planned])
    return [finished, planned]
  }
  // Four candidates and two baselines.
  assert.deepEqual(counts(), [3, 6])
  library.addIntervention(1, { kind: 'branch', seq: 1, cosine: 0.9, count: 3, firstSeq: 4 }, 0)
  library.addIntervention(1, { kind: 'branch', seq: 2, cosine: 0.9, count: 2, firstSeq: 7 }, 0)
  assert.deepEqual(counts(), [3, 11])
  library.undoIntervention(1, 0)
  assert.deepEqual(counts(), [3, 9])
  library.undoIntervention(1, 0)
  assert.deepEqual(counts(), [3, 6])
  for (const seq of [3, 4, 5, 6]) await addTo(library, 1, seq)
  assert.deepEqual(counts(), [7, 7])
})
