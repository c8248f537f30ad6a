/** The studio inside React. */

import { createContext, useCallback, useContext, useSyncExternalStore } from 'react'

import type { StudioApi } from '../../shared/contract.ts'
import type { RunProgress } from '../../shared/domain.ts'
import type { Query } from './query-cache.ts'
import { queryKey } from './studio-client.ts'
import type { StudioClient } from './studio-client.ts'

const StudioContext = createContext<StudioClient | null>(null)

export const StudioProvider = StudioContext.Provider

/** The client of this window. */
export function useStudio(): StudioClient {
  const client = useContext(StudioContext)
  if (client === null) throw new Error('useStudio: expected a StudioProvider above, found none.')
  return client
}

/** Methods that only read, and may be asked again at any time. */
type Readable =
  | 'environment'
  | 'packs'
  | 'imports'
  | 'devices'
  | 'runs'
  | 'run'
  | 'checkPrompt'
  | 'preferences'
  | 'wall'
  | 'facets'
  | 'pictures'
  | 'picturesOfRun'
  | 'boards'
  | 'votes'
  | 'court'
  | 'judging'
  | 'personalScorer'

/** What the studio answers, kept up to date. `null` as the argument asks nothing and stays `loading`. */
export function useQuery<Method extends Readable>(
  method: Method,
  ...rest: Parameters<StudioApi[Method]> | [null]
): Query<Awaited<ReturnType<StudioApi[Method]>>> {
  const { bridge, queries } = useStudio()
  const argument: unknown = rest[0]
  const key = argument === null ? null : queryKey(method, argument)
  const subscribe = useCallback(
    (listener: () => void) => {
      if (key === null) return () => undefined
      const question: unknown = key === method ? undefined : JSON.parse(key.slice(method.length + 1))
      // The argument is the method's own, by the signature above; the table of methods has one shape only in sum.
      const ask = bridge[method] as (argument?: unknown) => Promise<unknown>
      return queries.subscribe(key, () => ask(question), listener)
    },
    [bridge, queries, method, key],
  )
  const snapshot = useSyncExternalStore(subscribe, () => (key === null ? notAsked : queries.read(key)))
  return snapshot as Query<Awaited<ReturnType<StudioApi[Method]>>>
}

const notAsked: Query<never> = { kind: 'loading' }

/** Every live run, in the order of the queue. */
export function useLiveRuns(): ReadonlyMap<number, RunProgress> {
  const { liveRuns } = useStudio()
  return useSyncExternalStore(liveRuns.subscribe, liveRuns.snapshot)
}

/** The progress of one run, null when it is not live. */
export function useProgress(runId: number | null): RunProgress | null {
  const { liveRuns } = useStudio()
  return useSyncExternalStore(liveRuns.subscribe, () =>
    runId === null ? null : (liveRuns.snapshot().get(runId) ?? null),
  )
}

/** Whether the studio answers. */
export function useConnected(): boolean {
  const { connection } = useStudio()
  return useSyncExternalStore(connection.subscribe, connection.connected)
}

/** The value of a query, also the last one before a failure; null when there is none. */
export function valueOf<Value>(query: Query<Value>): Value | null {
  switch (query.kind) {
    case 'loading':
      return null
    case 'ready':
      return query.value
    case 'failed':
      return query.last
  }
}
