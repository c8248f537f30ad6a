/** What a run has to make, in the order in which work starts, and what of it the library already has. */

import type { Arm, Candidate, Intervention, NoiseRecipe, RunDetail } from '../../../shared/domain.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { winnerOf, type Finalist } from '../../../shared/steering.ts'
import { isLeg } from '../diffusion/path.ts'
import { noiseRecipe, startOf } from '../diffusion/noise.ts'
import { startSearch, type Search } from '../search/index.ts'
import type { Outcome, Proposal } from '../search/search-algorithm.ts'

/** One candidate to make. */
export type Job = Proposal & {
  readonly arm: Arm
  /** Steps of the schedule. */
  readonly steps: number
  /** Legs of its path that its parent has behind it; 0 for one that begins at its noise. */
  readonly behind: number
}

/** A candidate that is in the library, as far as the work ahead depends on it. */
export type StoredResult = Pick<Candidate, 'arm' | 'seq' | 'recipe' | 'scores' | 'level' | 'round'>

/** All that the library has of a run, whatever the arm. */
export function everythingOf({ baselines, candidates, finals }: RunDetail): readonly Candidate[] {
  return [...baselines, ...candidates, ...finals]
}

const plain = { round: 0, parent: null, continues: false, behind: 0, kept: false, scored: true } as const

/**
 * Baselines: the search's first noise (stream 0), only with other step counts (METHOD, section 6).
 *
 * `seq` follows ascending step counts; the list is longest first, so that a long baseline keeps one slot of the batch
 * busy while everything else passes through the others, instead of running alone at the end.
 */
export function baselineJobs(spec: RunSpec): readonly Job[] {
  return spec.baselines
    .map((steps, seq): Job => ({
      ...plain,
      arm: 'baseline',
      seq,
      steps,
      recipe: noiseRecipe(spec.seed, 0, spec.generator),
    }))
    .reverse()
}

/**
 * The work of one run: baselines first, then what the search asks for, then what a person asks more of, at last the
 * final image. A run that goes on gets what it had finished and is told it again: the same work is left as if it had
 * never stopped.
 */
export class JobQueue {
  readonly #spec: RunSpec
  readonly #baselines: Job[]
  readonly #search: Search
  /** Finished candidates of the search and of branches, by sequence. */
  readonly #finished = new Map<number, Finalist & { readonly recipe: NoiseRecipe }>()
  readonly #finals = new Set<number>()
  /** Jobs that failed. */
  readonly #failed: Set<string>
  /** Jobs that are out. */
  readonly #out = new Set<string>()
  #interventions: readonly Intervention[] = []
  /** Asked for by the search and not taken yet. */
  #asked: Proposal | undefined
  #closed = false
  #ended = false

  /** @param failures candidates that are not tried again */
  constructor(
    spec: RunSpec,
    stored: readonly StoredResult[],
    interventions: readonly Intervention[],
    failures: readonly Pick<Job, 'arm' | 'seq'>[] = [],
  ) {
    this.#spec = spec
    this.#failed = new Set(failures.map(nameOf))
    const ended = new Set([...stored, ...failures].map(nameOf))
    this.#baselines = baselineJobs(spec).filter((job) => !ended.has(nameOf(job)))
    this.#search = startSearch(spec)
    for (const one of stored) {
      if (one.arm === 'search') this.#finished.set(one.seq, one)
      if (one.arm === 'final') this.#finals.add(one.seq)
    }
    this.steer(interventions)
    this.#asked = this.#nextProposal()
  }

  /** The round that the search works on. */
  get round(): number {
    return this.#search.round
  }

  /** All of a person's hand so far. */
  steer(interventions: readonly Intervention[]): void {
    this.#interventions = interventions
    this.#search.steer(interventions)
  }

  /** The search proposes nothing more: its budget is spent. What is out, branches and the final image are still made. */
  close(): void {
    this.#closed = true
  }

  /** As close, for good: nothing opens it any more. */
  end(): void {
    this.#ended = true
    this.#closed = true
  }

  /** What was expected to spend the budget did not. A search that has its final image stays at its end. */
  reopen(): void {
    this.#closed = this.#ended || this.#finals.size > 0
  }

  /** At most `most` jobs that can start now. */
  take(most: number): readonly Job[] {
    const jobs: Job[] = this.#baselines.splice(0, most)
    while (jobs.length < most && !this.#closed) {
      const proposal = this.#asked ?? this.#nextProposal()
      if (proposal === undefined) break
      this.#asked = undefined
      jobs.push(this.#searchJob(proposal))
    }
    for (const branch of this.#branches()) if (jobs.length < most) jobs.push(branch)
    for (const job of jobs) this.#out.add(nameOf(job))
    if (jobs.length < most && this.#out.size === 0) {
      const final = this.#finalJob()
      if (final !== null) {
        jobs.push(final)
        this.#out.add(nameOf(final))
      }
    }
    return jobs
  }

  /** A job is finished; the search decides with its scores what to ask next. */
  tell(job: Job, result: Pick<StoredResult, 'scores' | 'level'>): void {
    this.#out.delete(nameOf(job))
    const { seq, round, recipe } = job
    if (job.arm === 'final') this.#finals.add(seq)
    if (job.arm !== 'search') return
    const finished = { seq, round, recipe, ...result }
    this.#finished.set(seq, finished)
    if (seq < plannedCandidates(this.#spec)) this.#search.tell(finished)
  }

  /** Nothing can be made of a job: the search goes on without it. */
  fail(job: Pick<Job, 'arm' | 'seq'>): void {
    this.#out.delete(nameOf(job))
    this.#failed.add(nameOf(job))
    const { arm, seq } = job
    if (arm === 'search' && seq < plannedCandidates(this.#spec)) this.#search.tell(failure(seq))
  }

  /** A job is given up; nobody waits for it any more. */
  drop(job: Job): void {
    this.#out.delete(nameOf(job))
  }

  /** Jobs that were taken and are neither finished nor dropped. */
  get out(): number {
    return this.#out.size
  }

  /** True when there is nothing to take and nothing is out. */
  get isDone(): boolean {
    const searched = this.#closed || this.#search.isDone
    const branched = this.#branches().next().done === true
    const isIdle = this.#baselines.length === 0 && searched && branched && this.#out.size === 0
    return isIdle && this.#finalJob() === null
  }

  /** Whether the search was gone through to its end, and there is no image of it that could win. */
  get isWithoutImage(): boolean {
    return !this.#closed && ![...this.#finished.values()].some(({ level }) => level === 0)
  }

  /** What the search asks for and nobody has made; it is told what is known. */
  #nextProposal(): Proposal | undefined {
    for (;;) {
      const [proposal] = this.#search.ask(1)
      if (proposal === undefined) return undefined
      const { seq } = proposal
      const known = this.#hasFailed({ arm: 'search', seq }) ? failure(seq) : this.#finished.get(seq)
      if (known === undefined) return proposal
      this.#search.tell(known)
    }
  }

  #hasFailed(job: Pick<Job, 'arm' | 'seq'>): boolean {
    return this.#failed.has(nameOf(job))
  }

  #searchJob(proposal: Proposal): Job {
    const parent = proposal.parent === null ? undefined : this.#finished.get(proposal.parent)
    const behind = proposal.continues ? (parent?.recipe.operations.filter(isLeg).length ?? 0) : 0
    return { ...proposal, arm: 'search', steps: this.#spec.steps, behind }
  }

  /** Neighbours of pictures more of which was asked for, those that are neither finished nor out. */
  *#branches(): Generator<Job> {
    for (const one of this.#interventions) {
      if (one.kind !== 'branch' || one.until !== null) continue
      const of = this.#finished.get(one.seq)
      if (of === undefined) continue
      for (let seq = one.firstSeq; seq < one.firstSeq + one.count; seq++) {
        const { operations, ...root } = startOf(of.recipe)
        const neighbour = { kind: 'neighbour', stream: seq, cosine: one.cosine } as const
        const job: Job = {
          ...plain,
          arm: 'search',
          seq,
          round: of.round,
          parent: one.seq,
          steps: this.#spec.steps,
          recipe: { ...root, operations: [...operations, neighbour] },
        }
        if (!this.#finished.has(seq) && !this.#out.has(nameOf(job)) && !this.#hasFailed(job)) yield job
      }
    }
  }

  /** The winner once more with the final number of steps, if that is asked for and not there yet. */
  #finalJob(): Job | null {
    const { finalSteps, guide } = this.#spec
    if (finalSteps === null) return null
    const winner = winnerOf([...this.#finished.values()], guide, this.#interventions)
    if (winner === null || this.#finals.has(winner.seq)) return null
    if (this.#hasFailed({ arm: 'final', seq: winner.seq })) return null
    return {
      ...plain,
      arm: 'final',
      seq: winner.seq,
      round: winner.round,
      parent: winner.seq,
      steps: finalSteps,
      recipe: startOf(winner.recipe),
    }
  }
}

/** What the search is told of a proposal that failed. */
function failure(seq: number): Outcome {
  return { seq, scores: {}, failed: true }
}

/** A candidate's place in its run: `search 7`. */
export function nameOf({ arm, seq }: Pick<Job, 'arm' | 'seq'>): string {
  return `${arm} ${seq}`
}
