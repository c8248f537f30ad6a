import { useLayoutEffect, useMemo, useRef, useState } from 'react'

import type { Picture, PictureId, WallQuestion } from '../../../shared/gallery.ts'
import { usePictures, useQuery, useSelection } from '../../api/hooks.ts'
import type { Query } from '../../api/query-cache.ts'
import { keptSelection } from './places.ts'

/** What the wall shows, in order, and to which question that is the answer. */
export type Shown = { readonly ids: readonly PictureId[]; readonly question: string }

/**
 * The pictures of the wall: the last answer until the next one is there, and the very same list while nothing in it has
 * changed, so that nothing is drawn anew.
 */
export function useWall(question: WallQuestion): {
  readonly shown: Shown | null
  readonly query: Query<readonly PictureId[]>
} {
  const query = useQuery('wall', question)
  const key = JSON.stringify(question)
  const [shown, keep] = useState<Shown | null>(null)
  const answer = query.kind === 'ready' ? query.value : null
  if (answer !== null && (shown?.question !== key || !isSame(answer, shown.ids))) {
    keep({ ids: answer, question: key })
  }
  return { shown, query }
}

function isSame(some: readonly PictureId[], others: readonly PictureId[]): boolean {
  return some === others || (some.length === others.length && some.every((id, at) => id === others[at]))
}

/** Keeps the selection on what is shown, and the focus where it was when a picture leaves the wall. */
export function useFollowing(shown: Shown | null): void {
  const [, selection] = useSelection()
  const before = useRef<Shown | null>(null)
  useLayoutEffect(() => {
    const last = before.current
    before.current = shown
    if (shown === null) return
    const sameQuestion = last?.question === shown.question ? last.ids : null
    const kept = keptSelection(selection.snapshot(), sameQuestion, shown.ids)
    if (kept === null) return
    if (kept.selected.length === 0) selection.clear()
    else selection.replace(kept.selected, kept.active ?? undefined)
  }, [shown, selection])
}

/** One picture's details; null for none, and until they have come. */
export function usePicture(id: PictureId | null): Picture | null {
  const ids = useMemo(() => (id === null ? [] : [id]), [id])
  return usePictures(ids)[0] ?? null
}
