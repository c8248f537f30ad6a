/** The life of one engine process in its owner: calls out, answers in, a watchdog over the oldest call, one end. */

import { fromErrorData, StudioError } from '../../shared/errors.ts'
import type { Deadlines } from './deadlines.ts'
import type { EngineExit, EnginePort } from './engine-port.ts'
import { memoryError, tellsOfMemory } from './out-of-memory.ts'
import type { AnswerMessage, CallKind, EngineCalls } from './protocol.ts'

type Pending = {
  readonly kind: CallKind
  readonly resolve: (value: unknown) => void
  readonly reject: (error: StudioError) => void
}

const afterwards = 'Everything finished is kept; start the run again.'

export class EngineConnection {
  readonly #port: EnginePort
  readonly #deadlines: Deadlines
  /** Calls without an answer, oldest first: the engine works on the first of them. */
  readonly #pending = new Map<number, Pending>()
  readonly #exited: Promise<void>
  #lastId = 0
  #headSince = 0
  #watchdog: NodeJS.Timeout | undefined
  #end: StudioError | null = null

  constructor(port: EnginePort, deadlines: Deadlines) {
    this.#port = port
    this.#deadlines = deadlines
    port.onMessage((message) => {
      this.#answered(message as AnswerMessage)
    })
    this.#exited = new Promise((resolve) => {
      port.onExit((exit) => {
        this.#finish(deathOf(exit))
        resolve()
      })
    })
  }

  /** False once the process ended or was given up: no call can succeed any more. */
  get alive(): boolean {
    return this.#end === null
  }

  /** Sends a request; rejects with the engine's error, or with the process's end. */
  call<Kind extends CallKind>(
    kind: Kind,
    request: EngineCalls[Kind]['request'],
  ): Promise<EngineCalls[Kind]['value']> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end)
        return
      }
      const id = ++this.#lastId
      this.#port.post({ id, request: { kind, ...request } })
      // The engine answers a request with its kind's value: the protocol version says so.
      this.#pending.set(id, { kind, resolve: resolve as (value: unknown) => void, reject })
      if (this.#pending.size === 1) this.#watchOldest()
    })
  }

  /**
   * Ends the process. Resolves after its exit.
   *
   * @param why what everything that waits for an answer rejects with
   */
  async stop(
    why = new StudioError('cancelled', 'The engine was stopped. Everything finished is kept.'),
  ): Promise<void> {
    this.#finish(why)
    this.#port.kill()
    await this.#exited
  }

  #answered(answer: AnswerMessage): void {
    const pending = this.#pending.get(answer.id)
    // An answer to nothing that waits: late, or given twice.
    if (pending === undefined) return
    this.#pending.delete(answer.id)
    this.#deadlines.record(pending.kind, performance.now() - this.#headSince)
    this.#watchOldest()
    if (answer.ok) pending.resolve(answer.value)
    else pending.reject(fromErrorData(answer.error, `engine call ${pending.kind}`))
  }

  /** Gives the oldest call its deadline, from now on: until now the engine worked on the one before. */
  #watchOldest(): void {
    clearTimeout(this.#watchdog)
    const oldest = this.#pending.entries().next()
    if (oldest.done === true) return
    const [id, { kind }] = oldest.value
    const limit = this.#deadlines.limit(kind)
    this.#headSince = performance.now()
    this.#watchdog = setTimeout(() => {
      // An answer that already waits in the channel, because this thread was busy or the machine asleep, goes first.
      setImmediate(() => {
        if (this.#pending.has(id)) this.#stalled(kind, limit)
      })
    }, limit)
  }

  #stalled(kind: CallKind, limit: number): void {
    const message = `The engine did not answer within ${Math.round(limit / 1000)} s and was ended. ${afterwards} If it stalls again, take fewer steps or another pack.`
    this.#finish(new StudioError('engine_stalled', message, { detail: `waiting for ${kind}` }))
    this.#port.kill()
  }

  /** The first end counts: a process that was given up exits later, too. */
  #finish(end: StudioError): void {
    if (this.#end !== null) return
    this.#end = end
    clearTimeout(this.#watchdog)
    for (const { reject } of this.#pending.values()) reject(end)
    this.#pending.clear()
  }
}

/** A process that ends unasked has died, whatever its exit code says: only an answer means done. */
function deathOf({ code, signal, stderr, outOfMemory }: EngineExit): StudioError {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`
  if (outOfMemory || tellsOfMemory(stderr)) {
    return memoryError('what the models were asked for', stderr === '' ? how : `${how}\n${stderr}`)
  }
  const memory =
    signal === 'SIGKILL'
      ? ' The system may have ended it for want of memory: close other programs or use a smaller pack.'
      : ''
  return new StudioError(
    'engine_died',
    `The engine process ended unexpectedly (${how}). ${afterwards}${memory}`,
    {
      detail: stderr === '' ? how : `${how}\n${stderr}`,
    },
  )
}
