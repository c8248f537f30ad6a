/**
 * Work that many ask for and little of is done at once, as tiles that scroll past ask for pictures: what was asked for
 * last is done first, what is asked for twice is done once, and what nobody waits for any more is not begun.
 */

type Job<Task, Result> = {
  readonly task: Task
  readonly done: Promise<Result | null>
  readonly settle: (result: Result | null) => void
  /** How many wait for it. */
  waiting: number
}

export class NewestFirst<Task, Result> {
  readonly #atOnce: number
  readonly #work: (task: Task) => Promise<Result | null>
  readonly #onPause: () => void
  /** Not begun, asked for last at the end. */
  readonly #waiting = new Map<string, Job<Task, Result>>()
  readonly #begun = new Map<string, Job<Task, Result>>()
  #closed = false

  /**
   * @param atOnce how many tasks are at work at most
   * @param work must not reject
   * @param onPause called whenever everything is done
   */
  constructor(atOnce: number, work: (task: Task) => Promise<Result | null>, onPause: () => void) {
    this.#atOnce = atOnce
    this.#work = work
    this.#onPause = onPause
  }

  /**
   * Resolves to what the work gives.
   *
   * @param key the same for the same task
   * @param signal aborted by who no longer waits
   * @returns null where it was given up, by all who waited or by `close`
   */
  async ask(key: string, task: Task, signal: AbortSignal): Promise<Result | null> {
    if (signal.aborted || this.#closed) return null
    const job = this.#begun.get(key) ?? this.#waiting.get(key) ?? newJob<Task, Result>(task)
    if (!this.#begun.has(key)) {
      this.#waiting.delete(key)
      this.#waiting.set(key, job)
    }
    job.waiting++
    const leave = () => {
      job.waiting--
      if (job.waiting === 0 && this.#waiting.delete(key)) job.settle(null)
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#next()
    try {
      return await job.done
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Answers everybody with null and begins nothing more. */
  close(): void {
    this.#closed = true
    for (const { settle } of [...this.#waiting.values(), ...this.#begun.values()]) settle(null)
    this.#waiting.clear()
  }

  #next(): void {
    while (this.#begun.size < this.#atOnce) {
      const newest = [...this.#waiting].at(-1)
      if (newest === undefined) return
      const [key, job] = newest
      this.#waiting.delete(key)
      this.#begun.set(key, job)
      void this.#work(job.task).then((result) => {
        this.#begun.delete(key)
        job.settle(result)
        this.#next()
        if (this.#begun.size === 0 && !this.#closed) this.#onPause()
      })
    }
  }
}

function newJob<Task, Result>(task: Task): Job<Task, Result> {
  const { promise, resolve } = Promise.withResolvers<Result | null>()
  return { task, done: promise, settle: resolve, waiting: 0 }
}
