/**
 * The runs between start and end, worked off one at a time in the order in which they were started: there is one engine,
 * and a run's seconds should be its own.
 */

import type { StudioEvent } from '../../shared/contract.ts'
import type { Intervention, RunDetail, RunProgress, RunStatus, SteeringRequest } from '../../shared/domain.ts'
import { StudioError, toErrorData } from '../../shared/errors.ts'
import { batchSizes } from '../../shared/memory.ts'
import { plannedCandidates, plannedRunNfe } from '../../shared/plan.ts'
import type { RunSpec } from '../../shared/run-spec.ts'
import { handAt } from '../../shared/steering.ts'
import type { DeviceProbes } from '../engine/device-probes.ts'
import type { PackFolders } from '../packs/read-packs.ts'
import { requireSamePacks } from './replay.ts'
import { openRunPacks, requireGrader, type RunPacks } from './run-packs.ts'
import type { Engine, Grader, Library } from './runs/adapters.ts'
import { RunControl } from './runs/control.ts'
import { everythingOf, JobQueue } from './runs/jobs.ts'
import { withOffer } from './runs/memory-offer.ts'
import { provenanceOf } from './runs/provenance.ts'
import { restartingEngine } from './runs/restarting-engine.ts'
import { executeRun } from './runs/run-loop.ts'

/**
 * Views hear of new images at most this often, for each run; they ask for the whole run each time. That takes up to 0.15 s
 * for 4,096 candidates, half here and half in the view, so a run is told of the more seldom the larger it is.
 */
const changesEveryMs = 200
const msPerImage = 0.5

export type LiveRunsOptions = {
  readonly library: Library
  readonly packs: PackFolders
  readonly engine: Engine
  readonly grader: Grader | null
  readonly probes: DeviceProbes
  /** Throws `cancelled` once the studio closes. */
  readonly requireOpen: () => void
  readonly tell: (event: StudioEvent) => void
}

type NewRun = RunPacks & {
  readonly id: number
  readonly spec: RunSpec
  /** Candidates that are evaluated together. */
  readonly batchSize: number
}

type LiveRun = NewRun & {
  readonly control: RunControl
  started: boolean
  progress: RunProgress
  readonly ended: PromiseWithResolvers<void>
}

/** A turn of the engine that has not come yet, and the run that has it now: runs change places, turns do not. */
type Turn = { run: LiveRun }

export class LiveRuns {
  readonly #options: LiveRunsOptions
  readonly #live = new Map<number, LiveRun>()
  readonly #toldSoon = new Map<number, NodeJS.Timeout>()
  /** In the order in which they come; what `inTurn` waits for lies between them. */
  readonly #turns: Turn[] = []
  #last: Promise<void> = Promise.resolve()

  constructor(options: LiveRunsOptions) {
    this.#options = options
  }

  /** Puts a run of the library into the queue. Throws `unknown_run`. */
  enqueue(made: NewRun, interventions: readonly Intervention[]): void {
    const run: LiveRun = {
      ...made,
      control: new RunControl(interventions),
      started: false,
      progress: queuedProgress(this.#options.library.run(made.id)),
      ended: Promise.withResolvers(),
    }
    this.#live.set(run.id, run)
    this.#options.tell({ kind: 'run-changed', runId: run.id })
    this.#setProgress(run, run.progress)
    const turn: Turn = { run }
    this.#turns.push(turn)
    this.#last = this.#last.then(() => {
      this.#turns.splice(this.#turns.indexOf(turn), 1)
      return this.#work(turn.run)
    })
  }

  /**
   * Gives a run that waits the place right behind another live run, or, with `null`, the first of those that wait. The
   * run at work keeps its place, and so does what waits through `inTurn`: runs only change places among themselves.
   *
   * @throws `unknown_run`; `bad_input` where the run does not wait, or the other is not in the queue
   */
  move(runId: number, behind: number | null): void {
    const run = this.#waiting(runId, 'to move')
    const after = behind === null || this.#live.get(behind)?.started === true ? null : behind
    const turns = this.#turns.filter((turn) => this.#live.get(turn.run.id) === turn.run)
    const order = turns.map((turn) => turn.run).filter((one) => one !== run)
    order.splice(after === null ? 0 : order.indexOf(this.#waiting(after, 'to go behind')) + 1, 0, run)
    // Written first: an order that is shown outlives the program.
    this.#options.library.arrangeQueue(order.map(({ id }) => id))
    for (const [index, turn] of turns.entries()) turn.run = order[index] ?? turn.run
    // `progress` answers in the order of the queue.
    for (const one of order) {
      this.#live.delete(one.id)
      this.#live.set(one.id, one)
    }
    this.#options.tell({ kind: 'run-changed', runId })
  }

  /** Work that the engine is needed for, or memory, behind the runs before it. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work)
    this.#last = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  /** Ends a live run after the step at work, or at once where it waits. Throws `unknown_run`. */
  cancel(runId: number): void {
    const run = this.#find(runId)
    if (run === undefined) return
    run.control.cancel()
    if (run.started) this.#setProgress(run, { ...run.progress, phase: 'cancelling' })
    else this.#leaveQueue(run, { kind: 'cancelled' })
  }

  /** Has a live run wait once what is in flight is finished, or at once where it waits. Throws `unknown_run`. */
  pause(runId: number): void {
    const run = this.#find(runId)
    if (run === undefined) return
    run.control.pause()
    if (run.started) this.#setProgress(run, { ...run.progress, phase: 'pausing' })
    else this.#leaveQueue(run, { kind: 'paused' })
  }

  /**
   * Queues a run that rests, or that is stopping, once more.
   *
   * @throws `unknown_run`, `cancelled` while the studio closes, and what keeps its packs, grader or device from use
   */
  async resume(runId: number, batchSize: number): Promise<void> {
    const { library, packs, grader, probes, requireOpen } = this.#options
    const before = this.#live.get(runId)
    if (before !== undefined) {
      // It still stops; what it is asked now, it does afterwards.
      const { control } = before
      if (!control.isPausing && !control.signal.aborted) return
      const { stops } = control
      await before.ended.promise
      // Stopped once more in the meantime: the last word counts.
      if (control.stops !== stops) return
    }
    const stored = library.run(runId)
    const { id, spec } = stored
    requireGrader(spec, grader)
    const { pack, verifierPacks } = await openRunPacks(packs, spec)
    await requireSamePacks(library, everythingOf(stored), provenanceOf(spec, pack, verifierPacks).packs)
    await probes.require(spec.device)
    requireOpen()
    if (this.#live.has(id)) return
    // Read only now: a person may have steered while the packs were checked.
    const { interventions } = library.run(id)
    library.setStatus(id, { kind: 'queued' })
    this.enqueue({ id, spec, pack, verifierPacks, batchSize }, interventions)
  }

  /**
   * A person's hand in a search. Throws `unknown_run`, `not_found`, `bad_input` for a pin or a veto that is in force
   * already, and what `resume` throws for a run that rests.
   */
  async steer({ runId, ...wanted }: SteeringRequest): Promise<Intervention> {
    const { library } = this.#options
    const { spec, interventions } = library.run(runId)
    // Twice the same would take two steps to undo, and a key may come twice before a window knows of the first.
    const { pinned, vetoed } = handAt(interventions, Number.POSITIVE_INFINITY)
    if ((wanted.kind === 'pin' ? pinned : wanted.kind === 'veto' ? vetoed : null)?.has(wanted.seq) === true) {
      const state = wanted.kind === 'pin' ? 'pinned' : 'vetoed'
      throw new StudioError(
        'bad_input',
        `Expected a candidate that is not ${state} yet, found #${wanted.seq}, which is.`,
      )
    }
    const intervention = library.addIntervention(
      runId,
      wanted.kind === 'branch' ? { ...wanted, firstSeq: nextBranch(spec, interventions) } : wanted,
      this.#roundOf(runId),
    )
    await this.#steered(runId)
    return intervention
  }

  /** Takes the newest intervention back; null where none is in force. Throws as `steer` does. */
  async undoSteering(runId: number): Promise<Intervention | null> {
    const undone = this.#options.library.undoIntervention(runId, this.#roundOf(runId))
    if (undone !== null) await this.#steered(runId)
    return undone
  }

  /** Of every live run, in the order of the queue. */
  progress(): readonly RunProgress[] {
    return [...this.#live.values()].map(({ progress }) => progress)
  }

  /** The first live run that works with this pack; null where none does. */
  userOf(packId: string): number | null {
    for (const { id, pack, verifierPacks } of this.#live.values()) {
      const used = [pack, ...verifierPacks.map((seat) => seat.pack)]
      if (used.some(({ manifest }) => manifest.id === packId)) return id
    }
    return null
  }

  /** Resolves when this run has ended, however it ended. At once for a run that is not live. */
  async whenEnded(runId: number): Promise<void> {
    await this.#live.get(runId)?.ended.promise
  }

  /** Resolves when nothing that is in the queue now is under way any more. */
  async whenIdle(): Promise<void> {
    await this.#last
  }

  cancelAll(): void {
    for (const run of this.#live.values()) run.control.cancel()
  }

  /** Views that are to hear of new images soon hear nothing. */
  forgetWaitingEvents(): void {
    for (const timer of this.#toldSoon.values()) clearTimeout(timer)
  }

  /** A live run; undefined for one that rests. Throws `unknown_run` for an id that never was. */
  #find(runId: number): LiveRun | undefined {
    const run = this.#live.get(runId)
    if (run === undefined) this.#options.library.run(runId)
    return run
  }

  /** Works a run to its end and writes down how it ended. Never rejects. */
  async #work(run: LiveRun): Promise<void> {
    // Stopped while it waited: that was its end. Resumed since, it is another one in the queue.
    if (this.#live.get(run.id) !== run) return
    run.started = true
    let end: RunStatus
    const { library, engine, grader, tell } = this.#options
    const { id: runId, spec, pack, verifierPacks, control, batchSize } = run
    const { signal } = control
    try {
      if (signal.aborted) throw new StudioError('cancelled', 'Cancelled before it started.')
      this.#setStatus(run, { kind: 'running' })
      const stored = library.run(runId)
      const kind = await executeRun({
        ...{ runId, spec, pack, verifierPacks, grader, control, library, batchSize },
        engine: restartingEngine(engine, { signal }),
        stored: everythingOf(stored),
        failures: stored.failures,
        madeOn: stored.device,
        onProgress: (progress) => {
          this.#setProgress(run, progress)
        },
        onCandidate: () => {
          this.#tellSoon(runId)
        },
      })
      end = { kind }
    } catch (error) {
      const data = withOffer(toErrorData(error), batchSize)
      // An engine that is ended while a cancel waits for it has done what the cancel asked for.
      const cancelled = data.code === 'cancelled' || signal.aborted
      end = cancelled ? { kind: 'cancelled' } : { kind: 'failed', error: data }
    }
    this.#live.delete(runId)
    try {
      this.#setStatus(run, end)
    } catch (error) {
      // A library that takes no more writes: the run stays as it is on disk and is `interrupted` at the next start.
      process.stderr.write(`Could not write down the end of run ${runId}: ${toErrorData(error).message}\n`)
      tell({ kind: 'run-changed', runId })
    }
    run.ended.resolve()
  }

  /** A run that waited for its turn waits no more. */
  #leaveQueue(run: LiveRun, status: RunStatus): void {
    this.#live.delete(run.id)
    this.#setStatus(run, status)
    run.ended.resolve()
  }

  /** @param what the run is asked for, for the message */
  #waiting(runId: number, what: string): LiveRun {
    const run = this.#find(runId)
    if (run?.started === false) return run
    const found = run === undefined ? 'which is not in the queue' : 'which is at work'
    throw new StudioError('bad_input', `Expected a run that waits ${what}, found run ${runId}, ${found}.`)
  }

  /** The round whose choice comes next, of a live run or of one that rests. */
  #roundOf(runId: number): number {
    const running = this.#live.get(runId)
    if (running?.started === true) return running.control.round
    return queueOf(this.#options.library.run(runId)).round
  }

  /** What a person's hand changed is passed on to the run at work; one that rests goes on if it has more to do now. */
  async #steered(runId: number): Promise<void> {
    const run = this.#options.library.run(runId)
    this.#options.tell({ kind: 'run-changed', runId })
    const working = this.#live.get(runId)
    if (working !== undefined) working.control.steer(run.interventions)
    else if (run.status.kind === 'done' && hasWork(run)) await this.resume(runId, batchSizes.usual)
  }

  #setStatus({ id }: LiveRun, status: RunStatus): void {
    this.#options.library.setStatus(id, status)
    this.#options.tell({ kind: 'run-changed', runId: id })
  }

  #setProgress(run: LiveRun, progress: RunProgress): void {
    run.progress = progress
    this.#options.tell({ kind: 'progress', progress })
  }

  /** Finished images come in waves: they are told of together. */
  #tellSoon(runId: number): void {
    if (this.#toldSoon.has(runId)) return
    const finished = this.#live.get(runId)?.progress.finished ?? 0
    const timer = setTimeout(
      () => {
        this.#toldSoon.delete(runId)
        this.#options.tell({ kind: 'run-changed', runId })
      },
      Math.max(changesEveryMs, finished * msPerImage),
    )
    this.#toldSoon.set(runId, timer)
  }
}

function queuedProgress({
  id,
  spec,
  finished,
  planned,
  failed,
  candidates,
  baselines,
  finals,
}: RunDetail): RunProgress {
  return {
    runId: id,
    phase: 'queued',
    finished,
    planned,
    failed,
    nfe: [...candidates, ...baselines, ...finals].reduce((sum, { nfe }) => sum + nfe, 0),
    nfePlanned: plannedRunNfe(spec),
    secondsElapsed: 0,
    secondsLeft: null,
    previews: [],
  }
}

/** Whether there is something to make that the library does not have. */
function hasWork(run: RunDetail): boolean {
  return queueOf(run).take(1).length > 0
}

/** The work of a run that rests. */
function queueOf(run: RunDetail): JobQueue {
  return new JobQueue(run.spec, everythingOf(run), run.interventions, run.failures)
}

/** The number of the next candidate that a person asks for: behind the plan and behind all that was asked for. */
function nextBranch(spec: RunSpec, interventions: readonly Intervention[]): number {
  return interventions.reduce(
    (next, one) => (one.kind === 'branch' ? Math.max(next, one.firstSeq + one.count) : next),
    plannedCandidates(spec),
  )
}
