/** Commits that go on beside the loop; remembers the first failure for the loop to find. */
export class Commits {
  #pending: Promise<unknown> = Promise.resolve()
  #failure: { readonly error: unknown } | null = null

  /** Starts a commit once the loop has sent the engine its next request: both work at the same time. */
  add(commit: () => Promise<void>): void {
    const done = new Promise((resolve) => setImmediate(resolve)).then(commit).catch((error: unknown) => {
      this.#failure ??= { error }
    })
    this.#pending = Promise.all([this.#pending, done])
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error
  }

  /** Resolves when everything added so far is in the library, or has failed. */
  async settled(): Promise<void> {
    await this.#pending
  }
}
