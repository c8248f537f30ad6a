import assert from 'node:assert/strict'
import test from 'node:test'

import { studioMethods } from '../../shared/contract.ts'
import type { StudioApi, StudioBridge, StudioEvent } from '../../shared/contract.ts'
import type { RunProgress, RunSummary } from '../../shared/domain.ts'
import { createStudioClient, queryKey } from './studio-client.ts'

function progressOf(runId: number): RunProgress {
  return {
    runId,
    phase: 'working',
    finished: 0,
    planned: 4,
    failed: 0,
    nfe: 0,
    nfePlanned: 40,
    secondsElapsed: 0,
    secondsLeft: null,
    previews: [],
  }
}

/** A studio in memory: its live runs and its calls can be set, its events sent. */
function fakeStudio() {
  let live: readonly RunProgress[] = []
  let send: (event: StudioEvent) => void = () => undefined
  let connect: (connected: boolean) => void = () => undefined
  let runsAsked = 0
  const unused = () => Promise.reject(new Error('not part of this test'))
  const bridge: StudioBridge = {
    ...(Object.fromEntries(studioMethods.map((method) => [method, unused])) as unknown as StudioApi),
    onCommand: () => () => undefined,
    dragOut: null,
    folders: { kind: 'browser', send: unused },
    runs: () => {
      runsAsked++
      return Promise.resolve<readonly RunSummary[]>([])
    },
    progress: () => Promise.resolve(live),
    onEvent(listener) {
      send = listener
      return () => undefined
    },
    onConnection(listener) {
      connect = listener
      return () => undefined
    },
    imageUrl: (sha) => sha,
  }
  return {
    bridge,
    setLive: (runs: readonly RunProgress[]) => (live = runs),
    send: (event: StudioEvent) => send(event),
    connect: (connected: boolean) => connect(connected),
    runsAsked: () => runsAsked,
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('a window that opens in the middle of a run starts from the live runs', async () => {
  const studio = fakeStudio()
  studio.setLive([progressOf(3)])
  const client = createStudioClient(studio.bridge)
  await settled()
  assert.deepEqual([...client.liveRuns.snapshot().keys()], [3])
})

test('progress moves a live run, and a change of the library ends those that are no longer live', async () => {
  const studio = fakeStudio()
  const client = createStudioClient(studio.bridge)
  await settled()
  studio.send({ kind: 'progress', progress: { ...progressOf(5), nfe: 7 } })
  assert.equal(client.liveRuns.snapshot().get(5)?.nfe, 7)
  studio.send({ kind: 'run-changed', runId: 5 })
  await settled()
  assert.equal(client.liveRuns.snapshot().size, 0)
})

test('progress that is read while an answer is under way is newer than that answer', async () => {
  const studio = fakeStudio()
  const answers: ((runs: readonly RunProgress[]) => void)[] = []
  const client = createStudioClient({
    ...studio.bridge,
    progress: () => new Promise((resolve) => answers.push(resolve)),
  })
  let isRead = false
  const reads = [client.readProgress(), client.readProgress().then(() => (isRead = true))]
  answers[0]?.([progressOf(1)])
  await settled()
  assert.deepEqual([answers.length, isRead, [...client.liveRuns.snapshot().keys()]], [2, false, [1]])
  answers[1]?.([progressOf(2), progressOf(1)])
  await Promise.all(reads)
  assert.deepEqual([...client.liveRuns.snapshot().keys()], [2, 1])
  assert.equal(answers.length, 2)
})

test('a changed run asks again for the list that is shown', async () => {
  const studio = fakeStudio()
  const client = createStudioClient(studio.bridge)
  client.queries.subscribe(queryKey('runs'), studio.bridge.runs, () => undefined)
  await settled()
  assert.equal(studio.runsAsked(), 1)
  studio.send({ kind: 'run-changed', runId: 1 })
  await settled()
  assert.equal(studio.runsAsked(), 2)
})

test('a connection that comes back asks everything again', async () => {
  const studio = fakeStudio()
  const client = createStudioClient(studio.bridge)
  client.queries.subscribe(queryKey('runs'), studio.bridge.runs, () => undefined)
  await settled()
  studio.connect(false)
  assert.equal(client.connection.connected(), false)
  studio.connect(true)
  await settled()
  assert.equal(client.connection.connected(), true)
  assert.equal(studio.runsAsked(), 2)
})
