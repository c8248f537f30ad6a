import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'

import type { IpcMainInvokeEvent } from 'electron'

import { studioMethods } from '../../../shared/contract.ts'
import type { Answer, StudioApi, StudioEvent } from '../../../shared/contract.ts'
import { StudioError } from '../../../shared/errors.ts'
import { fakeProgress, fakeStudio } from '../testing/fake-studio.ts'
import { answerWindows, isOurPage } from './ipc.ts'

const ourFrame = { origin: 'app://studio', parent: null }

function setUp(api: Partial<StudioApi> = {}) {
  const handlers = new Map<
    string,
    (event: IpcMainInvokeEvent, argument?: unknown) => Promise<Answer<unknown>>
  >()
  const ipcMain = { handle: (channel: string, handler: never) => handlers.set(channel, handler) }
  const studio = fakeStudio(api)
  const dragged: unknown[] = []
  answerWindows(ipcMain, studio, {
    chooseFolder: () => Promise.resolve('/models/sd15'),
    dragOut(_sender, imageSha256s) {
      if (imageSha256s === 'unknown') throw new StudioError('not_found', 'no such image')
      dragged.push(imageSha256s)
    },
  })
  const sender = Object.assign(new EventEmitter(), { id: 1 })
  const invoke = (channel: string, argument?: unknown, senderFrame: unknown = ourFrame, from = sender) => {
    const handler = handlers.get(channel) ?? assert.fail(`no handler for ${channel}`)
    return handler({ senderFrame, sender: from } as unknown as IpcMainInvokeEvent, argument)
  }
  const nextEvents = async (isFirst: boolean) => {
    const answer = await invoke('studio:next-events', isFirst)
    return answer.ok ? (answer.value as readonly StudioEvent[]) : answer.error
  }
  return { handlers, studio, sender, invoke, nextEvents, dragged }
}

test('there is one channel for each method of the contract, for events, for folders, for dragging, and no other', () => {
  const { handlers } = setUp()
  const expected = [
    ...studioMethods.map((method) => `studio:${method}`),
    'studio:next-events',
    'studio:choose-folder',
    'studio:drag-out',
  ]
  assert.deepEqual([...handlers.keys()].sort(), expected.sort())
})

test('only the top frame of our own page is let in', () => {
  assert.equal(isOurPage(ourFrame), true)
  const strangers = [
    null,
    { origin: 'app://studio', parent: ourFrame },
    { origin: 'app://studio.attacker.example', parent: null },
    { origin: 'app://studio/', parent: null },
    { origin: 'app://other', parent: null },
    { origin: 'art://image', parent: null },
    { origin: 'https://studio', parent: null },
    { origin: 'file://', parent: null },
    { origin: 'null', parent: null },
    { origin: '', parent: null },
  ]
  for (const stranger of strangers) assert.equal(isOurPage(stranger), false, JSON.stringify(stranger))
})

test('a stranger is refused on every channel, and the studio hears nothing of it', async () => {
  let calls = 0
  const method = () => {
    calls++
    return Promise.resolve([])
  }
  const { handlers, studio, invoke } = setUp(Object.fromEntries(studioMethods.map((name) => [name, method])))
  for (const channel of handlers.keys()) {
    for (const frame of [
      null,
      { origin: 'https://attacker.example', parent: null },
      { ...ourFrame, parent: {} },
    ]) {
      const answer = await invoke(channel, true, frame)
      assert.ok(!answer.ok && answer.error.code === 'unauthorised', channel)
    }
  }
  assert.equal(calls, 0)
  assert.equal(studio.listeners(), 0)
})

test('a call is answered as data, whether it succeeds or not', async () => {
  const { invoke } = setUp({
    startRun: (spec) => Promise.resolve({ runId: (spec as unknown as { id: number }).id }),
    run: () => Promise.reject(new StudioError('unknown_run', 'no such run')),
  })
  assert.deepEqual(await invoke('studio:startRun', { id: 7 }), { ok: true, value: { runId: 7 } })
  assert.deepEqual(await invoke('studio:run', {}), {
    ok: false,
    error: { code: 'unknown_run', message: 'no such run' },
  })
})

test('pictures are handed to the drag and drop of the system, and a refusal comes back as data', async () => {
  const { invoke, dragged } = setUp()
  assert.deepEqual(await invoke('studio:drag-out', ['ab']), { ok: true, value: null })
  assert.deepEqual(dragged, [['ab']])
  assert.deepEqual(await invoke('studio:drag-out', 'unknown'), {
    ok: false,
    error: { code: 'not_found', message: 'no such image' },
  })
})

test('a page gets the live runs first, then what happens, and only the newest of what it missed', async () => {
  const { studio, nextEvents } = setUp({ progress: () => Promise.resolve([fakeProgress(1, 0)]) })
  assert.deepEqual(await nextEvents(true), [{ kind: 'progress', progress: fakeProgress(1, 0) }])
  for (let nfe = 1; nfe <= 1_000; nfe++) studio.emit({ kind: 'progress', progress: fakeProgress(1, nfe) })
  assert.deepEqual(await nextEvents(false), [{ kind: 'progress', progress: fakeProgress(1, 1_000) }])
})

test('a page that loads again takes over from the old one, however often', async () => {
  const { studio, sender, nextEvents } = setUp({ progress: () => Promise.resolve([fakeProgress(1, 0)]) })
  await nextEvents(true)
  for (let reload = 0; reload < 20; reload++) {
    const old = nextEvents(false)
    await nextEvents(true)
    assert.deepEqual(await old, [])
  }
  assert.equal(studio.listeners(), 1)
  assert.equal(sender.listenerCount('destroyed'), 1)
})

test('a window that closes leaves no listener behind', async () => {
  const { studio, sender, nextEvents } = setUp({ progress: () => Promise.resolve([fakeProgress(1, 0)]) })
  await nextEvents(true)
  const waiting = nextEvents(false)
  sender.emit('destroyed')
  assert.deepEqual(await waiting, [])
  assert.equal(studio.listeners(), 0)
  assert.deepEqual(await nextEvents(false), [])
})
