import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import type { InterventionRequest, RunDetail } from '../../../shared/domain.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import type { RunControl } from './control.ts'
import { JobQueue } from './jobs.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { lasting, small, specWith, workRun } from './testing/closed-form-run.ts'
import { temporaryLibrary } from './testing/temporary-library.ts'

const library = await temporaryLibrary()

/** A run that a person has a hand in, as the studio passes it on: first into the library, then to the loop. */
class Steered {
  readonly runId: number
  #control: RunControl | undefined
  #finished = 0

  constructor(spec: RunSpec) {
    this.runId = library.createRun(spec, [])
  }

  get run(): RunDetail {
    return library.run(this.runId)
  }

  get finished(): number {
    return this.#finished
  }

  /** Works until the end; `onImage` is called whenever a candidate is in the library, `onLoad` before the first. */
  async work(
    onImage: (steered: Steered) => void = () => undefined,
    onLoad: (steered: Steered) => void = () => undefined,
  ): Promise<string> {
    const engine = new ClosedFormEngine((kind) => {
      if (kind === 'load') onLoad(this)
    })
    this.#finished = 0
    const { end } = await workRun(this.runId, {
      ...{ engine, library },
      onControl: (live) => (this.#control = live),
      onCandidate: () => {
        this.#finished++
        onImage(this)
      },
    })
    return end.kind
  }

  /** In the choice that comes next. */
  ask(request: InterventionRequest): void {
    library.addIntervention(this.runId, request, this.#control?.round ?? 0)
    this.#control?.steer(this.run.interventions)
  }

  undo(): void {
    library.undoIntervention(this.runId, this.#control?.round ?? 0)
    this.#control?.steer(this.run.interventions)
  }

  pause(): void {
    this.#control?.pause()
  }

  cancel(): void {
    this.#control?.cancel()
  }
}

/**
 * What is stored is what the search proposes when it is told what is stored: a run that goes on makes the choices again
 * that it made then.
 */
function assertConsistent({ spec, interventions, candidates }: RunDetail): void {
  const queue = new JobQueue(spec, [], interventions)
  let told = 0
  for (let [job] = queue.take(1); job !== undefined; [job] = queue.take(1)) {
    const { arm, seq, round, parent, recipe } = job
    const stored = arm === 'search' ? candidates.find((one) => one.seq === seq) : undefined
    if (arm === 'search') {
      assert.deepEqual(
        [seq, round, parent, recipe],
        [stored?.seq, stored?.round, stored?.parent, stored?.recipe],
      )
      told++
    }
    queue.tell(job, { scores: stored?.scores ?? {}, level: stored?.level ?? 0 })
  }
  assert.equal(told, candidates.length)
}

/** Drafts, of which three go on; those that nobody steers are the best three. */
const drafts = parseRunSpec(small.draft_cull_resume)

async function undisturbed(spec: RunSpec): Promise<RunDetail> {
  const steered = new Steered(spec)
  assert.equal(await steered.work(), 'done')
  return steered.run
}

const parentsOf = ({ candidates }: RunDetail, round: number): readonly (number | null)[] =>
  candidates.filter((one) => one.round === round).map(({ parent }) => parent)

/** Calls once, when so many are in the library. */
const at =
  (count: number, act: (steered: Steered) => void) =>
  (steered: Steered): void => {
    if (steered.finished === count) act(steered)
  }

describe('a hand in a live search', () => {
  test('pins a draft that would have been dropped, vetoes one that would have gone on', async () => {
    const calm = parentsOf(await undisturbed(drafts), 1)
    const steered = new Steered(drafts)
    // Four drafts are there, whichever come first, and the choice of three is still to come: one of them would be
    // dropped, and others go on.
    await steered.work(
      at(4, (live) => {
        const known = live.run.candidates.map(({ seq }) => seq)
        const dropped = known.find((seq) => !calm.includes(seq))
        const goesOn = known.find((seq) => calm.includes(seq))
        if (dropped !== undefined) live.ask({ kind: 'pin', seq: dropped })
        if (goesOn !== undefined) live.ask({ kind: 'veto', seq: goesOn })
      }),
    )
    const { run } = steered
    assertConsistent(run)
    const asked = run.interventions.map(({ kind, seq, round }) => ({ kind, seq, round }))
    assert.ok(asked.length > 0 && asked.every(({ round }) => round === 0), JSON.stringify(asked))
    const survivors = parentsOf(run, 1)
    assert.equal(survivors.length, 3)
    for (const { kind, seq } of asked) assert.equal(survivors.includes(seq), kind === 'pin', `${kind} ${seq}`)
    assert.notEqual(run.winner, null)
  })

  test('overrides the pivot of a round, for that round alone', async () => {
    const spec = specWith({
      ...{ algorithm: 'zero_order_search', rounds: 3, neighbours: 4, steps: 2, baselines: [] },
    })
    const calm = await undisturbed(spec)
    const steered = new Steered(spec)
    let worst = NaN
    await steered.work(
      at(2, (live) => {
        // Of two, whichever they are, one is not the best: it is put first, whatever the scores say.
        const known = live.run.candidates.map(({ seq }) => seq)
        worst = known.find((seq) => seq !== parentsOf(calm, 1)[0]) ?? NaN
        if (!Number.isNaN(worst)) live.ask({ kind: 'override', seq: worst })
      }),
    )
    assert.ok(!Number.isNaN(worst))
    const [override] = steered.run.interventions
    // The choice that came next, and it alone.
    assert.deepEqual(new Set(parentsOf(steered.run, (override?.round ?? NaN) + 1)), new Set([worst]))
    assertConsistent(steered.run)
    assert.equal(steered.run.candidates.length, plannedCandidates(spec))
  })

  test('is undone: the search is as if nobody had touched it', async () => {
    const calm = await undisturbed(drafts)
    const steered = new Steered(drafts)
    await steered.work(
      at(1, (live) => {
        live.ask({ kind: 'veto', seq: live.run.candidates[0]?.seq ?? NaN })
        live.undo()
      }),
    )
    assert.equal(steered.run.interventions.length, 1)
    const untouched = { ...steered.run, interventions: [] }
    assert.equal(lasting(untouched), lasting(calm))
  })

  test('asks for more like one while the search goes on; they are made, are neighbours, and can win', async () => {
    const spec = specWith({ candidates: 12, baselines: [] })
    const steered = new Steered(spec)
    const first = plannedCandidates(spec)
    await steered.work(
      at(1, (live) => {
        const { seq = NaN } = live.run.candidates[0] ?? {}
        live.ask({ kind: 'branch', seq, cosine: 0.9, count: 3, firstSeq: first })
      }),
    )
    const { run } = steered
    const [asked] = run.interventions
    const branches = run.candidates.filter(({ seq }) => seq >= first)
    assert.deepEqual(
      branches.map(({ seq, parent, recipe }) => [seq, parent, recipe.operations]),
      [0, 1, 2].map((i) => [first + i, asked?.seq, [{ kind: 'neighbour', stream: first + i, cosine: 0.9 }]]),
    )
    assert.equal(run.planned, 15)
    assert.equal(run.finished, 15)
    const best = run.candidates.toSorted((a, b) => (b.scores.clip_score ?? 0) - (a.scores.clip_score ?? 0))[0]
    assert.equal(run.winner, best?.seq)
  })

  test('counts from the next choice on, also while the run pauses and while its models load again', async () => {
    const spec = specWith({
      ...{ algorithm: 'zero_order_search', rounds: 8, neighbours: 2, steps: 2, baselines: [] },
    })
    let vetoes = 0
    for (let k = 1; k < plannedCandidates(spec); k++) {
      const steered = new Steered(spec)
      // Pivots that were chosen long ago: no choice that was made with them may be made again.
      const veto = (live: Steered): void => {
        const pivot = live.run.candidates.at(-1)?.parent ?? null
        if (pivot !== null) live.ask({ kind: 'veto', seq: pivot })
      }
      let end = await steered.work((live) => {
        if (live.finished === k) live.pause()
        if (live.finished >= k) veto(live)
      })
      if (end === 'paused') end = await steered.work(() => undefined, veto)
      assert.equal(end, 'done')
      vetoes += steered.run.interventions.length
      assertConsistent(steered.run)
    }
    assert.ok(vetoes > 10, `${vetoes} vetoes`)
  })

  test('survives a cancel: resumed, the run is what it was going to be', async () => {
    const first = plannedCandidates(drafts)
    /** Vetoes what is there first, and asks for more like it. */
    const hand = at(1, (live) => {
      const { seq = NaN } = live.run.candidates[0] ?? {}
      live.ask({ kind: 'veto', seq })
      live.ask({ kind: 'branch', seq, cosine: 0.8, count: 2, firstSeq: first })
    })
    const whole = new Steered(drafts)
    assert.equal(await whole.work(hand), 'done')
    const asked = whole.run.interventions[0]?.seq
    for (let k = 2; k < whole.run.finished; k++) {
      const broken = new Steered(drafts)
      const end = await broken.work((live) => {
        hand(live)
        if (live.finished === k) live.cancel()
      })
      if (end === 'cancelled') assert.equal(await broken.work(), 'done')
      // Which draft is there first is the disk's choice; the same hand is the same run.
      if (broken.run.interventions[0]?.seq === asked)
        assert.equal(lasting(broken.run), lasting(whole.run), `${k}`)
      else assert.equal(broken.run.finished, whole.run.finished)
    }
  })
})

test('a veto of the winner after the end asks for another final image; undone, the first one counts again', async () => {
  const spec = specWith({ finalSteps: 12, baselines: [] })
  const steered = new Steered(spec)
  assert.equal(await steered.work(), 'done')
  const { winner, finals } = steered.run
  assert.deepEqual(
    finals.map(({ seq }) => seq),
    [winner],
  )
  steered.ask({ kind: 'veto', seq: winner ?? NaN })
  assert.equal(await steered.work(), 'done')
  const second = steered.run
  assert.notEqual(second.winner, winner)
  assert.deepEqual(
    second.finals.map(({ seq }) => seq),
    [winner, second.winner].toSorted((a, b) => (a ?? 0) - (b ?? 0)),
  )
  steered.undo()
  assert.equal(await steered.work(), 'done')
  assert.equal(steered.run.winner, winner)
  assert.equal(steered.run.finals.length, 2)
})

test('a branch asked for while a run pauses whose search is made is left for later: the run is not done without it', async () => {
  const spec = specWith({ algorithm: 'random_search', candidates: 4, baselines: [] })
  const steered = new Steered(spec)
  let asked = false
  const end = await steered.work((one) => {
    if (asked) return
    asked = true
    one.pause()
    const { seq } = one.run.candidates[0] ?? { seq: NaN }
    one.ask({ kind: 'branch', seq, cosine: 0.9, count: 2, firstSeq: plannedCandidates(spec) })
  })
  assert.deepEqual([end, steered.run.candidates.length, steered.run.planned], ['paused', 4, 6])
  assert.equal(await steered.work(), 'done')
  assert.equal(steered.run.candidates.length, 6)
})
