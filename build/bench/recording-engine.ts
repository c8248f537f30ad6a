/**
 * The engine process of the bench: the product's own message loop and inference, plus two requests that only the
 * bench makes. `record` remembers every evaluation that follows; `bare` repeats them with nothing in between.
 */

import type { DeviceId } from '../../shared/vocabulary.ts'
import { createInference } from '../../electron/engine/inference.ts'
import type { EngineRequest } from '../../electron/engine/protocol.ts'
import { serve } from '../../electron/engine/serve.ts'
import { openSessions, type Feeds, type Session, type Sessions } from '../../electron/engine/sessions.ts'

/** What only the bench asks of its engine. */
export type ProbeRequest = { readonly kind: 'record'; readonly on: boolean } | { readonly kind: 'bare' }

/** Answer to `bare`. */
export type BareRuns = { readonly evaluations: number; readonly seconds: number }

type Evaluation = { readonly session: Session; readonly feeds: Feeds; readonly outputs: readonly string[] }

const evaluations: Evaluation[] = []
let recording = false

const recorded = (session: Session): Session => ({
  ...session,
  run: (feeds, outputs) => {
    if (recording) evaluations.push({ session, feeds, outputs })
    return session.run(feeds, outputs)
  },
})

const recordingSessions = (device: DeviceId): Sessions => {
  const sessions = openSessions(device)
  return { ...sessions, open: async (file, version) => recorded(await sessions.open(file, version)) }
}

async function runBare(): Promise<BareRuns> {
  let milliseconds = 0
  for (const { session, feeds, outputs } of evaluations) {
    const started = performance.now()
    await session.run(feeds, outputs)
    milliseconds += performance.now() - started
  }
  return { evaluations: evaluations.length, seconds: milliseconds / 1000 }
}

const infer = createInference(recordingSessions)

serve((request: EngineRequest | ProbeRequest): Promise<unknown> => {
  switch (request.kind) {
    case 'record':
      recording = request.on
      return Promise.resolve(null)
    case 'bare':
      return runBare()
    default:
      return infer(request)
  }
})
