import assert from 'node:assert/strict'
import { test } from 'node:test'

import { studioMethods } from '../../../shared/contract.ts'
import type { DesktopPort, StudioEvent } from '../../../shared/contract.ts'
import { exposed, handlers, sendToPage, standInForElectron } from './testing/recorded-electron.ts'

standInForElectron()
await import('./preload.ts')
const port = exposed.get('studio') as DesktopPort

test('a page sees the methods of the contract, events, folders, commands and dragging, and nothing of Electron', () => {
  assert.deepEqual([...exposed.keys()], ['studio'])
  const more = ['onEvent', 'onCommand', 'chooseFolder', 'pathOf', 'dragOut']
  assert.deepEqual(Object.keys(port).sort(), [...studioMethods, ...more].sort())
})

test('each method asks its own channel with its one argument', async () => {
  for (const method of studioMethods) {
    handlers.set(`studio:${method}`, (_event, argument) => ({ ok: true, value: [method, argument] }))
    const call = port[method] as (...args: unknown[]) => Promise<unknown>
    assert.deepEqual(await call('argument', 'surplus'), { ok: true, value: [method, 'argument'] })
  }
})

test('a folder is asked for on its own channel, and the path of a dropped one is told', async () => {
  handlers.set('studio:choose-folder', () => ({ ok: true, value: '/models/sd15' }))
  assert.deepEqual(await port.chooseFolder(), { ok: true, value: '/models/sd15' })
  assert.equal(port.pathOf(new File([], 'sdxl')), '/dropped/sdxl')
})

test('pictures are dragged out on their own channel', async () => {
  handlers.set('studio:drag-out', (_event, images) => ({ ok: true, value: images }))
  assert.deepEqual(await port.dragOut(['ab']), { ok: true, value: ['ab'] })
})

test('what a menu asks reaches the page, without the event that would bring Electron with it', () => {
  const heard: unknown[][] = []
  const stop = port.onCommand((...said: unknown[]) => heard.push(said))
  const command = { kind: 'command', command: 'gallery' }
  sendToPage('studio:command', command)
  stop()
  sendToPage('studio:command', command)
  assert.deepEqual(heard, [[command]])
})

test('events reach every listener until it is taken away, and the wait ends with the feed', async () => {
  const batches: (readonly StudioEvent[])[] = [
    [{ kind: 'run-changed', runId: 1 }],
    [
      { kind: 'run-changed', runId: 2 },
      { kind: 'run-changed', runId: 3 },
    ],
    [],
  ]
  const firsts: unknown[] = []
  handlers.set('studio:next-events', (_event, isFirst) => {
    firsts.push(isFirst)
    return { ok: true, value: batches.shift() }
  })
  const heard: unknown[][] = [[], []]
  const ids = (index: number) => (event: StudioEvent) => {
    heard[index]?.push(event.kind === 'run-changed' ? event.runId : null)
    if (index === 1) stopSecond()
  }
  port.onEvent(ids(0))
  const stopSecond = port.onEvent(ids(1))
  while (batches.length > 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
  assert.deepEqual(heard, [[1, 2, 3], [1]])
  assert.deepEqual(firsts, [true, false, false])
})
