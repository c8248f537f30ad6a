import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import type { Candidate, RunDetail, RunProgress } from '../../../shared/domain.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import { noiseRecipe, rootNoise } from '../diffusion/noise.ts'
import { openLibrary } from '../../library/open.ts'
import type { Library } from './adapters.ts'
import { auditSearch, faultsOfCosts } from './audit.ts'
import { everythingOf } from './jobs.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { lasting, packOf, seated, small, specWith, workRun, type Work } from './testing/closed-form-run.ts'
import { NanEngine, oneIn, type Asked } from './testing/nan-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-failing-'))
let library: Library
/** Failures that a run gave the library to keep, by run. */
const recorded = new Map<number, string[]>()
/** Called before and after a failure is kept. */
let atFailure = (): void => undefined
before(async () => {
  library = await openLibrary(folder)
  const add = library.addFailure.bind(library)
  library.addFailure = (reference, error) => {
    atFailure()
    add(reference, error)
    recorded.set(reference.runId, [...(recorded.get(reference.runId) ?? []), nameOf(reference)])
    atFailure()
  }
})
after(() => {
  library.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A whole run; it is done unless `wanted` says otherwise. */
async function runOf(
  spec: RunSpec,
  engine: ClosedFormEngine,
  wanted: 'done' | 'failed' = 'done',
  more: Partial<Work> = {},
) {
  const runId = library.createRun(spec, [])
  const { end, error } = await workRun(runId, { engine, library, ...more })
  assert.equal(end.kind, wanted, String(error))
  return library.run(runId)
}

const nameOf = ({ arm, seq }: Pick<Candidate, 'arm' | 'seq'>): string => `${arm} ${seq}`
const namesOf = (some: readonly Pick<Candidate, 'arm' | 'seq'>[]): readonly string[] => some.map(nameOf)

function assertWell(run: RunDetail): void {
  const { failures, failed, winner, candidates } = run
  const made = new Set(namesOf(everythingOf(run)))
  assert.equal(failed, failures.length)
  for (const failure of failures)
    assert.ok(!made.has(nameOf(failure)), `${nameOf(failure)} failed and was made`)
  assert.ok(winner === null || made.has(`search ${winner}`))
  for (const { parent } of candidates) assert.ok(parent === null || made.has(`search ${parent}`))
  // Every recipe is what the search asks for without those that failed, and costs what its evaluations are.
  const audited = { ...run, isDone: run.status.kind === 'done', candidates: everythingOf(run) }
  assert.deepEqual([auditSearch(audited).faults, faultsOfCosts(audited)], [[], []])
  assert.deepEqual(namesOf(auditSearch(audited).failed).toSorted(), namesOf(failures).toSorted())
}

const sets = {
  ...packOf('sets', ['frechet'], { reference: { file: 'reference.bin', dimensions: 2 } }),
  reference: new Uint8Array(new Float64Array([0.55, 0.45, 0.004, -0.004, -0.004, 0.004]).buffer),
}
const specs = {
  ...small,
  two_stage: { ...small.draft_cull_resume, finalSteps: 12, baselines: [4] },
  within_a_budget: { ...small.random_search, candidates: 30, budget: { nfe: 30 } },
  by_population: { ...small.random_search, guide: ['frechet'], candidates: 14 },
}

/** Which samples come back as NaN: by these, candidates of every algorithm fail, and some are left. */
const salts = [2, 7, 10]

for (const [name, input] of Object.entries(specs)) {
  const spec = parseRunSpec(input)
  const verifierPacks = spec.guide.includes('frechet') ? [sets] : [seated]
  describe(`${name} with candidates that fail (scripted NaN)`, () => {
    test('goes on without them to its end, and none of them is kept, goes on or wins', async () => {
      let failed = 0
      for (const salt of salts) {
        const run = await runOf(spec, new NanEngine(oneIn(16, salt)), 'done', { verifierPacks })
        assertWell(run)
        assert.notEqual(run.winner, null)
        // What a failed candidate would have cost is spent on others.
        if (spec.budget.nfe !== null) assert.equal(run.ledger.nfe, spec.budget.nfe)
        failed += run.failures.filter(({ arm }) => arm === 'search').length
        for (const { error } of run.failures) {
          assert.equal(error.code, 'model_output_invalid')
          assert.match(
            error.message,
            /^At (step \d+, noise level [\d.]+|its picture, noise level [\d.]+|the gradient that its noise follows): Pack gaussian, (denoiser|decoder|gradient): NaN in sample 0\.$/,
          )
        }
      }
      assert.ok(failed > 0)
    })

    test('ended at any moment and resumed is the same run, and what failed is not tried again', async () => {
      const isNan = oneIn(16, 2)
      const calm = await runOf(spec, new NanEngine(isNan), 'done', { verifierPacks })
      assert.ok(calm.failed > 0)
      let ended = 0
      for (let moment = 1, end = 'failed'; end === 'failed'; moment++) {
        let moments = 0
        const point = (): void => {
          if (++moments === moment) throw new Error('ended here')
        }
        const runId = library.createRun(spec, [])
        atFailure = point
        ;({
          end: { kind: end },
        } = await workRun(runId, { engine: new NanEngine(isNan, point), library, verifierPacks }))
        atFailure = () => undefined
        if (end === 'failed') {
          ended++
          const { error } = await workRun(runId, { engine: new NanEngine(isNan), library, verifierPacks })
          assert.equal(error, null)
        }
        assert.equal(lasting(library.run(runId)), lasting(calm), `ended at moment ${moment}`)
        assert.deepEqual(recorded.get(runId)?.toSorted(), namesOf(calm.failures).toSorted())
      }
      assert.ok(ended > 20, `${ended} ends`)
    })
  })
}

/** NaN for the candidate that begins at this noise, in its first evaluation. */
const startsAt =
  (stream: number, seed = '7') =>
  ({ of, sample }: Asked): boolean =>
    of === 'denoiser' && isSame(sample, rootNoise(noiseRecipe(seed, stream), sample.length))

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => value === b[i])
}

describe('a candidate that fails alone (scripted NaN)', () => {
  const spec = specWith({ candidates: 9, baselines: [] })

  test('changes nothing about the others, to the last bit, and costs nothing', async () => {
    const engine = new NanEngine(startsAt(2))
    const [run, whole] = [await runOf(spec, engine), await runOf(spec, new ClosedFormEngine())]
    assert.deepEqual(namesOf(run.failures), ['search 2'])
    const others = whole.candidates.filter(({ seq }) => seq !== 2)
    assert.equal(lasting({ ...whole, candidates: run.candidates }), lasting({ ...whole, candidates: others }))
    assert.deepEqual(run.ledger, { ...sumsOf(others), seconds: run.ledger.seconds })
    assert.deepEqual([run.finished, run.failed, run.planned], [8, 1, 9])
    // Four in vain, then each of them alone, one of these in vain; nothing else more than once.
    assert.equal(engine.evaluations, 8 * 4 + 4 + 1)
  })

  test('says at which step, at which noise level and what of the engine', async () => {
    const third = ({ of, sigma }: Asked): boolean => of === 'denoiser' && sigma === 0.5
    const run = await runOf(specWith({ steps: 1, baselines: [4] }), new NanEngine(third))
    assert.deepEqual(run.failures, [
      {
        ...{ runId: run.id, arm: 'baseline', seq: 0 },
        error: {
          code: 'model_output_invalid',
          message: 'At step 3, noise level 0.5: Pack gaussian, denoiser: NaN in sample 0.',
        },
      },
    ])
    assert.equal(run.candidates.length, 6)
    assert.deepEqual([run.finished, run.failed, run.planned], [6, 1, 7])
  })

  test('may be one whose picture cannot be decoded', async () => {
    const whole = await runOf(spec, new ClosedFormEngine())
    let seen = 0
    const some = oneIn(3, 1)
    const isNan = (asked: Asked): boolean => {
      const is = asked.of === 'decoder' && some(asked)
      if (is) seen++
      return is
    }
    const run = await runOf(spec, new NanEngine(isNan))
    assertWell(run)
    assert.ok(seen > 0 && run.failed > 0 && run.finished + run.failed === whole.finished)
    for (const { error } of run.failures) assert.match(error.message, /^At its picture, noise level 0: /)
  })

  test('may be the final image: the winner stays', async () => {
    const twice = specWith({ candidates: 3, baselines: [], finalSteps: 10 })
    const run = await runOf(twice, new NanEngine(({ of, sigma }) => of === 'denoiser' && sigma === 0.9))
    assert.deepEqual(namesOf(run.failures), [`final ${run.winner ?? 'none'}`])
    assert.deepEqual([run.candidates.length, run.finals.length], [3, 0])
    assertWell(run)
  })

  test('may be one whose gradient fails: the next ascends from the one before it, half as far', async () => {
    let gradients = 0
    const second = ({ of }: Asked): boolean => of === 'gradient' && gradients > 3
    const counting = new NanEngine(second, (kind) => {
      if (kind === 'denoiseGradient') gradients++
    })
    const ascents = parseRunSpec({ ...small.first_order_search, iterations: 3 })
    const run = await runOf(ascents, counting)
    assert.deepEqual(namesOf(run.failures), ['search 2'])
    assert.match(run.failures[0]?.error.message ?? '', /^At the gradient that its noise follows: .*gradient/)
    // Now the image of the second candidate fails instead.
    let seen = 0
    const other = await runOf(
      parseRunSpec(small.first_order_search),
      new NanEngine(({ of }) => of === 'decoder' && ++seen === 3),
    )
    assert.deepEqual(namesOf(other.failures), ['search 1'])
    const next = other.candidates.find(({ seq }) => seq === 2)
    assert.deepEqual(
      [next?.parent, next?.recipe.operations.map((one) => one.kind === 'ascend' && one.eta)],
      [0, [1]],
    )
  })

  test('is part of the progress, and of what is left', async () => {
    const reports: RunProgress[] = []
    const run = await runOf(spec, new NanEngine(startsAt(0)), 'done', {
      onProgress: (progress) => reports.push(progress),
      now: () => 1000 * reports.length,
    })
    assert.deepEqual([reports.at(0)?.failed, reports.at(-1)?.failed, run.failed], [0, 1, 1])
    assert.equal(reports.at(-1)?.planned, run.planned)
  })
})

describe('a search that makes no image at all (scripted NaN)', () => {
  test('has failed, with its first reason, and says the same when it is resumed, without trying', async () => {
    const spec = specWith({ candidates: 5, steps: 4, baselines: [1] })
    const isNan = ({ of, sigma }: Asked): boolean => of === 'denoiser' && sigma < 1
    const run = await runOf(spec, new NanEngine(isNan), 'failed')
    assert.deepEqual([run.finished, run.failed, run.baselines.length], [1, 5, 1])
    assert.deepEqual(run.status.kind === 'failed' && run.status.error, {
      code: 'model_output_invalid',
      message:
        'Expected an image of the search, found that none can be made: 5 candidates failed and are not tried again; ' +
        'start anew with other settings or another pack. Candidate 0: At step 2, noise level 0.75: Pack gaussian, denoiser: NaN in sample 0.',
    })
    const engine = new NanEngine(isNan)
    const { end } = await workRun(run.id, { engine, library })
    assert.deepEqual([end, engine.evaluations], [run.status, 0])
    assert.deepEqual(library.run(run.id), run)
  })

  test('has failed where only drafts came out, but not where its budget ended it first', async () => {
    const isNan = ({ of, sigma }: Asked): boolean => of === 'denoiser' && sigma < 0.5
    const drafts = parseRunSpec(small.draft_cull_resume)
    const run = await runOf(drafts, new NanEngine(isNan), 'failed')
    assert.deepEqual([run.candidates.length, run.failed, run.winner], [9, 3, null])
    const bounded = parseRunSpec({ ...small.draft_cull_resume, budget: { seconds: 0.004 } })
    const short = await runOf(bounded, new NanEngine(startsAt(0)))
    assert.deepEqual([short.winner, short.failed > 0], [null, true])
  })
})

function sumsOf(candidates: readonly Candidate[]) {
  const sum = (of: (one: Candidate) => number): number => candidates.reduce((all, one) => all + of(one), 0)
  return {
    nfe: sum(({ nfe }) => nfe),
    forwardPasses: sum(({ forwardPasses }) => forwardPasses),
    verifierCalls: sum(({ verifierCalls }) => verifierCalls),
    gflop: sum(({ gflop }) => gflop),
  }
}
