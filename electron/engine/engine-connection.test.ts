import assert from 'node:assert/strict'
import { test } from 'node:test'

import { StudioError } from '../../shared/errors.ts'
import { Deadlines } from './deadlines.ts'
import { createEngineClient } from './engine-client.ts'
import { EngineConnection } from './engine-connection.ts'
import type { EngineExit, EnginePort } from './engine-port.ts'
import { protocolVersion, type AnswerMessage, type RequestMessage } from './protocol.ts'

/** A port whose far end is a function in this process: for answers that a sound engine never gives. */
function portTo(
  engine: (message: RequestMessage, answer: (message: AnswerMessage) => void) => void,
): EnginePort {
  let answer: (message: unknown) => void = () => undefined
  let exit: (exit: EngineExit) => void = () => undefined
  return {
    pid: undefined,
    post: (message) => {
      setImmediate(() => {
        engine(message as RequestMessage, answer)
      })
    },
    onMessage: (listener) => (answer = listener),
    onExit: (listener) => (exit = listener),
    kill: () => setImmediate(() => exit({ code: null, signal: 'SIGKILL', stderr: '', outOfMemory: false })),
  }
}

for (const [told, exit] of [
  ['the system', { outOfMemory: true, signal: 'SIGKILL', stderr: '' }],
  ['its last words', { outOfMemory: false, signal: 'SIGABRT', stderr: 'what():  std::bad_alloc' }],
] as const) {
  test(`a process that ended for want of memory, as ${told} said, is not one that merely died`, async () => {
    let ended: (exit: EngineExit) => void = () => undefined
    const port: EnginePort = {
      ...portTo(() => undefined),
      onExit: (listener) => (ended = listener),
    }
    const connection = new EngineConnection(port, new Deadlines())
    const call = connection.call('hello', { protocol: protocolVersion })
    ended({ code: null, ...exit })
    await assert.rejects(call, { code: 'out_of_memory', message: /not enough memory/ })
  })
}

test('answers that are late, doubled or to nobody are dropped', async () => {
  const port = portTo(({ id, request }, answer) => {
    if (request.kind === 'hello') answer({ id, ok: true, value: { protocol: protocolVersion } })
    else if (request.kind === 'load') answer({ id, ok: true, value: { device: 'cpu', runtime: 'none' } })
    else if (request.kind === 'embedText') {
      answer({ id: 99, ok: true, value: 'to nobody' })
      answer({ id: id - 1, ok: false, error: { code: 'engine_failed', message: 'late' } })
      answer({ id, ok: true, value: request.text })
      answer({ id, ok: true, value: 'doubled' })
    }
  })
  const engine = createEngineClient({ launch: () => port })
  await engine.load([])
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => engine.embedText({ packId: 'p', text })))
  assert.deepEqual(answers, ['a', 'b', 'c'])
  await engine.stop()
})

test('an error of the engine arrives as that error, with the call in its details', async () => {
  const port = portTo(({ id, request }, answer) => {
    if (request.kind === 'hello') answer({ id, ok: true, value: { protocol: protocolVersion } })
    else answer({ id, ok: false, error: { code: 'pack_invalid', message: 'No.', detail: 'why' } })
  })
  const engine = createEngineClient({ launch: () => port })
  await assert.rejects(engine.load([]), (error) => {
    assert.ok(error instanceof StudioError)
    assert.deepEqual([error.code, error.message], ['pack_invalid', 'No.'])
    assert.match(error.detail ?? '', /engine call load\nwhy/)
    return true
  })
  await engine.stop()
})

test('an engine of another protocol is refused and ended', async () => {
  const port = portTo(({ id }, answer) => {
    answer({ id, ok: true, value: { protocol: protocolVersion + 1 } })
  })
  const engine = createEngineClient({ launch: () => port })
  await assert.rejects(engine.load([]), {
    code: 'engine_failed',
    message: new RegExp(`Expected an engine of protocol ${protocolVersion}, found ${protocolVersion + 1}`),
  })
})
