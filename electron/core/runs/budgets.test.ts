import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { plannedBeforeFirstImage, plannedNfe, plannedSearchNfe } from '../../../shared/plan.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import type { DenoiseRequest } from './adapters.ts'
import type { RunControl } from './control.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { lasting, packOf, seated, small, specWith, workRun } from './testing/closed-form-run.ts'
import { temporaryLibrary } from './testing/temporary-library.ts'

const library = await temporaryLibrary()

async function run(spec: RunSpec, verifierPacks = [seated]) {
  const runId = library.createRun(spec, [])
  const { end } = await workRun(runId, { engine: new ClosedFormEngine(), library, verifierPacks })
  assert.deepEqual(end, { kind: 'done' })
  return library.run(runId)
}

/** From the first evaluation to more than any of these searches takes. */
const bounds = [1, 2, 3, 5, 8, 9, 12, 17, 20, 27, 36, 100, 1000]

for (const input of Object.values(small)) {
  const { algorithm } = input
  /** What is spent before there is an image: a budget of so much is refused, any above it finds a winner. */
  const before = plannedBeforeFirstImage(parseRunSpec(input))

  test(`${algorithm} stops within one candidate of any NFE that reaches an image, and is done with a winner`, async () => {
    for (const nfe of [...bounds, before.nfe, before.nfe + 1]) {
      if (nfe <= before.nfe) {
        assert.throws(() => parseRunSpec({ ...input, budget: { nfe } }), /budget/)
        continue
      }
      const spec = parseRunSpec({ ...input, budget: { nfe } })
      const { ledger, candidates, baselines, winner } = await run(spec)
      assert.notEqual(winner, null, `a budget of ${nfe}`)
      const dearest = Math.max(...candidates.map((one) => one.nfe))
      assert.ok(ledger.nfe < nfe + dearest, `${ledger.nfe} of ${nfe}`)
      // As much as there is to do, or all of the budget.
      assert.ok(ledger.nfe >= Math.min(nfe, plannedSearchNfe(spec)), `${ledger.nfe} of ${nfe}`)
      // Baselines have no budget.
      assert.equal(baselines.length, spec.baselines.length)
    }
  })

  test(`${algorithm} stops within one candidate of any number of verdicts that reaches an image`, async () => {
    for (const verifierCalls of [1, 2, 5, 9, 1000, before.judged, before.judged + 1]) {
      if (verifierCalls <= before.judged) {
        assert.throws(() => parseRunSpec({ ...input, budget: { verifierCalls } }), /budget/)
        continue
      }
      const spec = parseRunSpec({ ...input, budget: { verifierCalls } })
      const { ledger, candidates, winner } = await run(spec)
      assert.notEqual(winner, null, `a budget of ${verifierCalls}`)
      assert.ok(ledger.verifierCalls <= verifierCalls, `${ledger.verifierCalls} of ${verifierCalls}`)
      const all = candidates.filter((one) => one.verifierCalls > 0).length
      assert.equal(ledger.verifierCalls, all)
    }
  })
}

test('several guides count a verdict each, and go over by one candidate at most', async () => {
  const looks = packOf('looks', ['aesthetic_score'])
  for (const verifierCalls of [1, 2, 3, 6, 11]) {
    const spec = specWith({
      ...{ guide: ['clip_score', 'aesthetic_score'], candidates: 12 },
      budget: { verifierCalls },
    })
    const { ledger } = await run(spec, [seated, looks])
    assert.equal(ledger.verifierCalls, 2 * Math.ceil(verifierCalls / 2))
  }
})

test('seconds stop a search within one candidate and the steps at work', async () => {
  // This engine says that an evaluation takes a millisecond, and so does whatever else it is asked.
  for (const seconds of [0.001, 0.004, 0.01, 0.02, 0.05, 0.1]) {
    const spec = specWith({ candidates: 40, baselines: [], budget: { seconds } })
    const runId = library.createRun(spec, [])
    const engine = new ClosedFormEngine()
    await workRun(runId, { engine, library })
    const { ledger, candidates, status } = library.run(runId)
    assert.deepEqual(status, { kind: 'done' })
    assert.ok(candidates.length >= 1 && candidates.length < 40, `${candidates.length} candidates`)
    const spent = (engine.evaluations + engine.calls.decode + engine.calls.embedImages) / 1000
    // What is given up on the way is spent, but no candidate's own.
    assert.ok(ledger.seconds <= spent + 1e-9)
    assert.ok(spent >= seconds, `${spent} of ${seconds} s`)
    const candidate = 0.004 + 0.002
    const atWork = 2 * 0.004
    assert.ok(spent < seconds + candidate + atWork, `${spent} of ${seconds} s`)
  }
})

describe('a final image', () => {
  test('has its place in the budget, and is made whatever stopped the search', async () => {
    for (const budget of [{ nfe: 13 }, { nfe: 30 }, { verifierCalls: 4 }, { seconds: 0.03 }]) {
      const spec = specWith({ candidates: 20, baselines: [], finalSteps: 12, budget })
      const { ledger, finals, candidates, winner } = await run(spec)
      assert.deepEqual(
        finals.map(({ seq, parent, steps, nfe }) => [seq, parent, steps, nfe]),
        [[winner, winner, 12, 12]],
      )
      assert.ok(candidates.length >= 1 && candidates.length < 20)
      if ('nfe' in budget) assert.ok(ledger.nfe < budget.nfe + plannedNfe('euler', 4), `${ledger.nfe}`)
      if ('verifierCalls' in budget) assert.equal(ledger.verifierCalls, 4)
    }
  })

  test('starts from the noise of the winner', async () => {
    const { finals, candidates, winner } = await run(specWith({ finalSteps: 12 }))
    const won = candidates.find(({ seq }) => seq === winner)
    assert.equal(finals[0]?.noiseSha256, won?.noiseSha256)
    assert.notEqual(finals[0]?.imageSha256, won?.imageSha256)
  })
})

test('a run with an NFE budget, cancelled after each of its candidates and resumed, is the same run', async () => {
  const spec = parseRunSpec({ ...small.zero_order_search, finalSteps: 5, budget: { nfe: 18 } })
  const calm = await run(spec)
  assert.ok(calm.candidates.length > 4 && calm.candidates.length < 9)
  for (let k = 1; k < calm.finished; k++) {
    const runId = library.createRun(spec, [])
    let control: RunControl | undefined
    let finished = 0
    await workRun(runId, {
      ...{ engine: new ClosedFormEngine(), library },
      onControl: (live) => (control = live),
      onCandidate: () => {
        if (++finished === k) control?.cancel()
      },
    })
    await workRun(runId, { engine: new ClosedFormEngine(), library })
    assert.equal(lasting(library.run(runId)), lasting(calm), `cancelled after ${k}`)
  }
})

test('a slow first candidate, as models have that warm up, leaves no seconds unspent', async () => {
  const seconds = 2
  for (const changes of [{}, { finalSteps: 8 }]) {
    const spec = specWith({ candidates: 60, baselines: [], budget: { seconds }, ...changes })
    const runId = library.createRun(spec, [])
    const engine = new WarmingEngine()
    const { end } = await workRun(runId, { engine, library })
    assert.deepEqual(end, { kind: 'done' })
    const { ledger, candidates, finals } = library.run(runId)
    const usual = Math.min(...candidates.map((one) => one.seconds))
    const final = finals.reduce((sum, one) => sum + one.seconds, 0)
    assert.equal(finals.length, spec.finalSteps === null ? 0 : 1)
    // Of the final image, which scores once in many steps, more is expected than it takes.
    assert.ok(ledger.seconds > seconds - usual - final, `${ledger.seconds} of ${seconds} s`)
    assert.ok(ledger.seconds < seconds + 2 * usual, `${ledger.seconds} of ${seconds} s`)
  }
})

test('branches asked for when the seconds are spent are made, each once', async () => {
  const spec = specWith({ candidates: 20, baselines: [], budget: { seconds: 0.01 } })
  const { id } = await run(spec)
  const { candidates } = library.run(id)
  const seq = candidates[0]?.seq ?? NaN
  const branch = { kind: 'branch', seq, cosine: 0.9, count: 12, firstSeq: 20 } as const
  library.addIntervention(id, branch, 0)
  const { end, error } = await workRun(id, { engine: new ClosedFormEngine(), library })
  assert.deepEqual(end, { kind: 'done' }, String(error))
  // What was given up half-way was not kept, so there may be room for one of the search as well.
  const branches = library.run(id).candidates.filter((one) => one.seq >= 20)
  assert.deepEqual(
    branches.map((one) => one.seq),
    Array.from({ length: 12 }, (_, i) => 20 + i),
  )
})

/** Its first evaluations take twenty times as long as later ones. */
class WarmingEngine extends ClosedFormEngine {
  override async denoise(request: DenoiseRequest) {
    const answer = await super.denoise(request)
    return { ...answer, seconds: (this.calls.denoise <= 2 ? 0.2 : 0.01) * request.sigmas.length }
  }
}
