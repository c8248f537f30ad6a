/** Candidates of which nothing can be made: found out of their batch, kept with the reason, and gone on without. */

import type { CandidateFailure } from '../../../shared/domain.ts'
import { StudioError, toErrorData } from '../../../shared/errors.ts'
import type { Job } from './jobs.ts'
import type { RunParts } from './run-parts.ts'

/** The job behind one of a batch, and what was asked of it, for the message. */
type Place = { readonly job: Job; readonly at: string }

export class Failures {
  readonly #parts: RunParts
  readonly #known: CandidateFailure[]

  /** @param known those that the library has */
  constructor(parts: RunParts, known: readonly CandidateFailure[]) {
    this.#parts = parts
    this.#known = [...known]
  }

  /**
   * Asks the engine about a batch. Where what comes back is not finite, about each of it alone: one that fails alone
   * is out, the others go on.
   *
   * @returns the parts of the batch that came through, each with its answer
   * @throws what else the engine throws; `cancelled` between the parts
   */
  async isolate<One, Answer>(
    batch: readonly One[],
    ask: (part: readonly One[]) => Promise<Answer>,
    place: (one: One) => Place,
  ): Promise<readonly { readonly part: readonly One[]; readonly answer: Answer }[]> {
    try {
      return [{ part: batch, answer: await ask(batch) }]
    } catch (error) {
      if (!(error instanceof StudioError) || error.code !== 'model_output_invalid') throw error
      this.#parts.control.throwIfCancelled()
      const parts: { part: readonly One[]; answer: Answer }[] = []
      for (const one of batch) {
        if (batch.length > 1) parts.push(...(await this.isolate([one], ask, place)))
        else await this.#keep(place(one), error)
      }
      return parts
    }
  }

  /** One failed candidate costs no more than itself; a search of which no image can be made has failed. */
  throwIfNothingCameOut(): void {
    const failures = this.#known.filter(({ arm }) => arm === 'search')
    const [first] = failures.toSorted((a, b) => a.seq - b.seq)
    if (first === undefined || !this.#parts.queue.isWithoutImage) return
    const { code, message, detail } = first.error
    throw new StudioError(
      code,
      `Expected an image of the search, found that none can be made: ${failures.length} candidates failed and are not tried again; start anew with other settings or another pack. Candidate ${first.seq}: ${message}`,
      detail === undefined ? {} : { detail },
    )
  }

  /** Keeps that nothing can be made of a candidate. The search goes on without it, and it costs nothing. */
  async #keep({ job, at }: Place, error: StudioError): Promise<void> {
    const { runId, library, control, queue, commits, report, population, ...parts } = this.#parts
    const { arm, seq } = job
    const { message, ...rest } = toErrorData(error)
    const failure = { runId, arm, seq, error: { ...rest, message: `At ${at}: ${message}` } }
    if (population?.has(job) === true) await population.fail(seq, control.interventions)
    commits.add(() => {
      library.addFailure(failure, failure.error)
      report.failed++
      parts.onCandidate()
      return Promise.resolve()
    })
    this.#known.push(failure)
    parts.underWay.leave(job)
    queue.fail(job)
    control.round = queue.round
    parts.changes.tell()
  }
}
