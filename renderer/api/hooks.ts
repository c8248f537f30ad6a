/** The studio inside React. */

import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react'

import type { StudioApi } from '../../shared/contract.ts'
import type { RunProgress } from '../../shared/domain.ts'
import type { Flag, Picture, PictureId, Rating } from '../../shared/gallery.ts'
import type { Marks } from './marks.ts'
import type { Query } from './query-cache.ts'
import { queryKey } from './studio-client.ts'
import type { Selection, SelectionStore } from './selection.ts'
import type { StudioClient } from './studio-client.ts'
import type { UndoStack, UndoState } from './undo.ts'

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
  | 'alarms'
  | 'personalScorer'
  | 'diverseWinners'
  | 'lineage'

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

/**
 * Details of pictures, in their order; null for those on their way and those that do not exist.
 *
 * @param ids what is visible and a little more, kept the same between renders while it is the same
 */
export function usePictures(ids: readonly PictureId[]): readonly (Picture | null)[] {
  const { pictures } = useStudio()
  const subscribe = useCallback((listener: () => void) => pictures.show(ids, listener), [pictures, ids])
  const version = useSyncExternalStore(subscribe, pictures.version)
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the version stands for what the store would answer
  return useMemo(() => ids.map((id) => pictures.read(id)), [pictures, ids, version])
}

/** Flags and stars; the component is drawn again when any of them changes. */
export function useMarks(): Marks {
  const { marks } = useStudio()
  useSyncExternalStore(marks.subscribe, marks.version)
  return marks
}

/** Flag and stars of one picture; null until they have come, and for none. */
export function usePictureMarks(
  id: PictureId | null,
): { readonly flag: Flag; readonly rating: Rating } | null {
  const ids = useMemo(() => (id === null ? [] : [id]), [id])
  const [picture] = usePictures(ids)
  const marks = useMarks()
  return picture === null || picture === undefined ? null : marks.of(picture)
}

/** What is selected, and what changes it. */
export function useSelection(): readonly [Selection, SelectionStore] {
  const { selection } = useStudio()
  return [useSyncExternalStore(selection.subscribe, selection.snapshot), selection]
}

/** What undo would take back, and the stack itself. */
export function useUndo(): readonly [UndoState, UndoStack] {
  const { undo } = useStudio()
  return [useSyncExternalStore(undo.subscribe, undo.snapshot), undo]
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
