/** One window's connection to the studio: the bridge, the cached answers, the live runs, kept true by events. */

import { assertNever } from '../../shared/assert-never.ts'
import type { StudioBridge, StudioMethod } from '../../shared/contract.ts'
import { createLiveRuns } from './live-runs.ts'
import type { LiveRuns } from './live-runs.ts'
import { createMarks } from './marks.ts'
import type { Marks } from './marks.ts'
import { createPictureStore } from './pictures.ts'
import type { PictureStore } from './pictures.ts'
import { createQueryCache } from './query-cache.ts'
import type { QueryCache } from './query-cache.ts'
import { createSelection } from './selection.ts'
import type { SelectionStore } from './selection.ts'
import { createUndoStack } from './undo.ts'
import type { UndoStack } from './undo.ts'

export type Connection = {
  connected(): boolean
  subscribe(listener: () => void): () => void
}

export type StudioClient = {
  readonly bridge: StudioBridge
  readonly queries: QueryCache
  readonly liveRuns: LiveRuns
  readonly pictures: PictureStore
  readonly undo: UndoStack
  readonly marks: Marks
  readonly selection: SelectionStore
  readonly connection: Connection
  /** Asks everything again: after a lost connection, or when a person says so. */
  refresh(): void
  /** Asks what works and waits; resolves when `liveRuns` is at least as new as this call, or cannot be had. */
  readProgress(): Promise<void>
}

/** The key of a question in the cache. */
export function queryKey(method: string, argument?: unknown): string {
  return argument === undefined ? method : `${method} ${JSON.stringify(argument)}`
}

/** Whether a key is a question of one of these methods. */
function asks(...methods: readonly StudioMethod[]): (key: string) => boolean {
  return (key) => methods.some((method) => key === method || key.startsWith(`${method} `))
}

/** Whether a key is the question for alarms of some runs, this one among them. */
function isAlarmsOf(key: string, runId: number): boolean {
  const [method, argument] = key.split(' ', 2)
  if (method !== 'alarms' || argument === undefined) return false
  return (JSON.parse(argument) as { readonly runs: readonly number[] }).runs.includes(runId)
}

export function createStudioClient(bridge: StudioBridge): StudioClient {
  const queries = createQueryCache()
  const liveRuns = createLiveRuns()
  const pictures = createPictureStore((which) => bridge.pictures(which))
  const undo = createUndoStack()
  const marks = createMarks(bridge, undo, (ids) => pictures.renew(ids))
  const connectionListeners = new Set<() => void>()
  let connected = true

  const ask = async (): Promise<void> => {
    try {
      liveRuns.replace(await bridge.progress())
    } catch {
      // The connection is gone or the call failed: the next event asks again.
    }
  }
  let reading: Promise<void> | null = null
  let next: Promise<void> | null = null
  // Events tell what moved, this snapshot tells what has ended; requests that overlap are answered by one more.
  const readProgress = (): Promise<void> => {
    if (reading === null) {
      reading = ask().finally(() => {
        reading = null
      })
      return reading
    }
    next ??= reading.then(() => {
      next = null
      return readProgress()
    })
    return next
  }
  const refresh = () => {
    queries.invalidate(() => true)
    pictures.refresh()
    void readProgress()
  }

  bridge.onEvent((event) => {
    switch (event.kind) {
      case 'progress':
        liveRuns.put(event.progress)
        return
      case 'run-changed': {
        const changed = [queryKey('runs'), queryKey('run', { runId: event.runId })]
        queries.invalidate((key) => changed.includes(key) || isAlarmsOf(key, event.runId))
        void readProgress()
        return
      }
      case 'import-changed':
        queries.invalidate((key) => key === queryKey('imports'))
        return
      case 'packs-changed':
        queries.invalidate(asks('packs', 'checkPrompt', 'court', 'personalScorer', 'diverseWinners'))
        return
      case 'pictures-changed':
        queries.invalidate(
          asks('wall', 'facets', 'pictures', 'picturesOfRun', 'boards', 'votes', 'court', 'personalScorer'),
        )
        pictures.refresh()
        return
      case 'court-changed':
        queries.invalidate(
          asks(
            'court',
            'judging',
            'personalScorer',
            'wall',
            'pictures',
            'picturesOfRun',
            'facets',
            'diverseWinners',
          ),
        )
        pictures.refresh()
        return
      case 'preferences-changed':
        queries.invalidate(asks('preferences'))
        return
      default:
        assertNever(event, 'event of the studio')
    }
  })
  bridge.onConnection((now) => {
    connected = now
    for (const listener of connectionListeners) listener()
    if (now) refresh()
  })
  void readProgress()

  return {
    bridge,
    queries,
    liveRuns,
    pictures,
    undo,
    marks,
    selection: createSelection(),
    connection: {
      connected: () => connected,
      subscribe(listener) {
        connectionListeners.add(listener)
        return () => connectionListeners.delete(listener)
      },
    },
    refresh,
    readProgress,
  }
}
