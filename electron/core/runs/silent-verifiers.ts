import type { Verdicts } from './panel.ts'

/** Verifiers that failed and never gave a score: a run is not done with them passed over. */
export class SilentVerifiers {
  readonly #scored = new Set<string>()
  readonly #failures: Verdicts['errors'][number][] = []

  heard({ scores, errors }: Pick<Verdicts, 'scores' | 'errors'>): void {
    for (const id of scores.flatMap((one) => Object.keys(one))) this.#scored.add(id)
    this.#failures.push(...errors)
  }

  throwIfAny(): void {
    const silent = this.#failures.find(({ verifiers }) => !verifiers.some((id) => this.#scored.has(id)))
    if (silent !== undefined) throw silent.error
  }
}
