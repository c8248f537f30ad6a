import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { plannedCandidates, plannedNfe, plannedRunNfe, planOf } from '../../../shared/plan.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import { openLibrary } from '../../library/open.ts'
import type { Library } from './adapters.ts'
import type { RunControl } from './control.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { everythingOf } from './jobs.ts'
import { lasting, small, workRun } from './testing/closed-form-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-resume-'))
let library: Library
/** Every candidate that a run gave the library to keep, by run. */
const kept = new Map<number, string[]>()
before(async () => {
  library = await openLibrary(folder)
  const add = library.addCandidate.bind(library)
  library.addCandidate = (candidate, ...rest) => {
    const { runId, arm, seq } = candidate
    kept.set(runId, [...(kept.get(runId) ?? []), `${arm} ${seq}`])
    return add(candidate, ...rest)
  }
})
after(() => {
  library.close()
  rmSync(folder, { recursive: true, force: true })
})

type Stop = 'pause' | 'cancel'

/** Works a run until its end, or until so many more candidates are in the library: then it is stopped. */
async function workOn(runId: number, engine: ClosedFormEngine, most = Infinity, stop: Stop = 'pause') {
  let control: RunControl | undefined
  let finished = 0
  const { end } = await workRun(runId, {
    ...{ engine, library },
    onControl: (live) => (control = live),
    onCandidate: () => {
      if (++finished === most) control?.[stop]()
    },
  })
  return end.kind
}

/** A run that nothing stopped, and the evaluations that it took. */
async function uninterrupted(spec: RunSpec) {
  const runId = library.createRun(spec, [])
  const engine = new ClosedFormEngine()
  assert.equal(await workOn(runId, engine), 'done')
  const run = library.run(runId)
  return { run, json: lasting(run), evaluations: engine.evaluations }
}

function assertNothingTwice(runId: number): void {
  const made = kept.get(runId) ?? []
  assert.deepEqual(made.toSorted(), [...new Set(made)].sort(), 'a finished candidate was made again')
}

/** Two lanes of four. */
const inFlight = 8

// More candidates than are in flight and on their way into the library together, so that a pause leaves some.
const specs = Object.values({
  ...small,
  random_search: { ...small.random_search, candidates: 20 },
}).map((input) => parseRunSpec(input))
const twoStage = parseRunSpec({ ...small.draft_cull_resume, finalSteps: 12, baselines: [4] })

for (const spec of [...specs, twoStage]) {
  const { algorithm, finalSteps } = spec
  describe(`${algorithm}${finalSteps === null ? '' : ' with a final image'}`, () => {
    let calm: Awaited<ReturnType<typeof uninterrupted>>
    before(async () => {
      calm = await uninterrupted(spec)
    })

    test('makes exactly the planned candidates by exactly the planned evaluations', () => {
      const { run, evaluations } = calm
      assert.deepEqual(
        run.candidates.map(({ seq }) => seq),
        Array.from({ length: plannedCandidates(spec) }, (_, seq) => seq),
      )
      assert.equal(run.ledger.nfe, planOf(spec).searchNfe)
      assert.equal(evaluations, plannedRunNfe(spec))
      assert.equal(run.ledger.forwardPasses, 2 * run.ledger.nfe)
      assert.equal(run.finals.length, finalSteps === null ? 0 : 1)
      assert.equal(run.planned, run.finished)
      const winner = run.candidates.find(({ seq }) => seq === run.winner)
      assert.equal(winner?.level, 0)
      assert.ok(run.candidates.every(({ level, scores }) => level > 0 || scores.clip_score !== undefined))
    })

    test('paused after every number of candidates and resumed, is the same run, and no evaluation is made twice', async () => {
      let pauses = 0
      for (let k = 1; k < calm.run.finished; k++) {
        const runId = library.createRun(spec, [])
        const [first, second] = [new ClosedFormEngine(), new ClosedFormEngine()]
        const how = await workOn(runId, first, k)
        if (how === 'paused') {
          pauses++
          assert.ok(library.run(runId).finished >= k && library.run(runId).finished < calm.run.finished)
          assert.equal(await workOn(runId, second), 'done')
        }
        assert.equal(lasting(library.run(runId)), calm.json, `paused after ${k}`)
        assert.equal(first.evaluations + second.evaluations, calm.evaluations)
        assertNothingTwice(runId)
      }
      // What is in flight is finished; near the end that is all there is.
      assert.ok(pauses > 1, `${pauses} pauses`)
    })

    test('cancelled after every number of candidates and resumed, is the same run; what was in flight is made again', async () => {
      const longest = Math.max(
        ...[spec.steps, ...spec.baselines, finalSteps ?? 1].map((steps) => plannedNfe(spec.sampler, steps)),
      )
      for (let k = 1; k < calm.run.finished; k++) {
        const runId = library.createRun(spec, [])
        const [first, second] = [new ClosedFormEngine(), new ClosedFormEngine()]
        if ((await workOn(runId, first, k, 'cancel')) === 'cancelled')
          assert.equal(await workOn(runId, second), 'done')
        assert.equal(lasting(library.run(runId)), calm.json, `cancelled after ${k}`)
        const again = first.evaluations + second.evaluations - calm.evaluations
        assert.ok(again >= 0 && again <= inFlight * longest, `${again} evaluations again`)
        assertNothingTwice(runId)
      }
    })

    test('stopped, and with every saved state lost, is the same run: what others go on from is made again', async () => {
      const runId = library.createRun(spec, [])
      await workOn(runId, new ClosedFormEngine(), 2, 'cancel')
      const { savedState } = library
      library.savedState = () => null
      try {
        assert.equal(await workOn(runId, new ClosedFormEngine()), 'done')
      } finally {
        library.savedState = savedState
      }
      assert.equal(lasting(library.run(runId)), calm.json)
    })

    test('paused again and again, after each candidate, is the same run', async () => {
      const runId = library.createRun(spec, [])
      let evaluations = 0
      let kind = 'paused'
      for (let turn = 0; turn < 100 && kind === 'paused'; turn++) {
        const engine = new ClosedFormEngine()
        kind = await workOn(runId, engine, 1)
        evaluations += engine.evaluations
      }
      assert.equal(kind, 'done')
      assert.equal(lasting(library.run(runId)), calm.json)
      assert.equal(evaluations, calm.evaluations)
      assertNothingTwice(runId)
      // Nothing is left to do for a run that is done.
      const engine = new ClosedFormEngine()
      assert.deepEqual([await workOn(runId, engine), engine.evaluations], ['done', 0])
      assert.equal(everythingOf(library.run(runId)).length, calm.run.finished)
    })
  })
}

test('a run that began on another runtime goes no further, keeps what it has, and says both', async () => {
  const runId = library.createRun(parseRunSpec({ ...small.random_search, candidates: 20 }), [])
  assert.equal(await workOn(runId, new ClosedFormEngine(), 1), 'paused')
  const before = library.run(runId)
  library.setDevice(runId, 'cpu, closed form 0')
  const { end } = await workRun(runId, { engine: new ClosedFormEngine(), library })
  assert.ok(end.kind === 'failed' && end.error.code === 'bad_input', end.kind)
  assert.match(end.error.message, /go on with cpu, closed form 0, .* found cpu, closed form 1\./)
  assert.equal(library.run(runId).finished, before.finished)
  assert.equal(library.run(runId).device, 'cpu, closed form 0')
})
