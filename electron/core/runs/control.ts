/** A person's hand on a live run: the same object for the loop that works and for the studio that is asked. */

import type { Intervention } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'

export class RunControl {
  readonly #cancelling = new AbortController()
  #pausing = false
  #interventions: readonly Intervention[]
  #onSteer: ((interventions: readonly Intervention[]) => void) | null = null
  /** The round of the search that is being worked on. */
  round = 0
  /** How often the run was asked to stop. */
  stops = 0

  constructor(interventions: readonly Intervention[]) {
    this.#interventions = interventions
  }

  /** Aborted once the run is to end after the step at work. */
  get signal(): AbortSignal {
    return this.#cancelling.signal
  }

  /** Throws `cancelled` once the run is to end. */
  throwIfCancelled(): void {
    if (this.signal.aborted)
      throw new StudioError('cancelled', 'The run was cancelled; everything finished is kept.')
  }

  get isPausing(): boolean {
    return this.#pausing
  }

  get interventions(): readonly Intervention[] {
    return this.#interventions
  }

  cancel(): void {
    this.stops++
    this.#cancelling.abort()
  }

  /** The run is to wait: what is in flight is finished, nothing more is started. */
  pause(): void {
    this.stops++
    this.#pausing = true
  }

  /** All interventions of the run, undone ones included. */
  steer(interventions: readonly Intervention[]): void {
    this.#interventions = interventions
    this.#onSteer?.(interventions)
  }

  /** The loop listens from now on. */
  onSteer(listener: (interventions: readonly Intervention[]) => void): void {
    this.#onSteer = listener
  }
}
