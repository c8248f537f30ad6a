/** The engine process's message loop, the same under Node's fork and under Electron's utility process. */

import { toErrorData } from '../../shared/errors.ts'
import type { AnswerMessage, EngineRequest, RequestMessage } from './protocol.ts'

/** The way to the owner of this process. */
type OwnerPort = {
  post(message: AnswerMessage): void
  onMessage(listener: (message: unknown) => void): void
  /** The owner went away. */
  onClosed(listener: () => void): void
}

/** What Electron puts at `process.parentPort` in a utility process. */
type ParentPort = {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
  on(event: 'close', listener: () => void): void
}

/**
 * Answers the owner's requests one after the other until the owner goes away; then the process ends by itself.
 *
 * No SIGTERM handler, on purpose: inside a model's evaluation it could not run, and would keep the process alive.
 * SIGINT is left to the owner: Ctrl+C in a terminal reaches both processes, and the owner wants to end a run in good
 * order first.
 */
export function serve(answer: (request: EngineRequest) => Promise<unknown>): void {
  const port = ownerPort()
  let last = Promise.resolve()
  process.on('SIGINT', () => undefined)
  port.onClosed(() => process.exit(0))
  port.onMessage((message) => {
    const { id, request } = message as RequestMessage
    last = last.then(async () => {
      port.post(
        await answer(request).then(
          (value): AnswerMessage => ({ id, ok: true, value }),
          (error: unknown): AnswerMessage => ({ id, ok: false, error: toErrorData(error) }),
        ),
      )
    })
  })
}

function ownerPort(): OwnerPort {
  const { parentPort } = process as unknown as { readonly parentPort?: ParentPort }
  if (parentPort !== undefined) {
    return {
      post: (message) => {
        parentPort.postMessage(message)
      },
      onMessage: (listener) => {
        parentPort.on('message', ({ data }) => {
          listener(data)
        })
      },
      onClosed: (listener) => {
        parentPort.on('close', listener)
      },
    }
  }
  if (process.send === undefined) {
    throw new Error('Expected to be started by the studio with a channel to it, found none')
  }
  return {
    // The callback takes errors of a channel that just closed: `disconnect` ends this process anyway.
    post: (message) => process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (listener) => process.on('message', listener),
    onClosed: (listener) => process.on('disconnect', listener),
  }
}
