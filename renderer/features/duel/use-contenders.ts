import { useEffect, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { maxDetails, maxPictures } from '../../../shared/gallery.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'

export type Contenders =
  | { readonly kind: 'loading' }
  | {
      readonly kind: 'ready'
      /** Those of the pool that the library has, at most `maxPictures`. */
      readonly pictures: readonly Picture[]
    }
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly retry: () => void }

/** Details of a whole pool: a duel must know every prompt before it can put a question. */
export function useContenders(pool: readonly PictureId[]): Contenders {
  const { bridge } = useStudio()
  const [state, setState] = useState<{ readonly pool: readonly PictureId[]; readonly found: Contenders }>()
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let current = true
    const ids = [...new Set(pool)].slice(0, maxPictures)
    const parts: PictureId[][] = []
    for (let from = 0; from < ids.length; from += maxDetails) parts.push(ids.slice(from, from + maxDetails))
    Promise.all(parts.map((pictures) => bridge.pictures({ pictures }))).then(
      (found) => current && setState({ pool, found: { kind: 'ready', pictures: found.flat() } }),
      (thrown: unknown) => {
        const retry = () => setAttempt(attempt + 1)
        if (current) setState({ pool, found: { kind: 'failed', error: toErrorData(thrown), retry } })
      },
    )
    return () => {
      current = false
    }
  }, [bridge, pool, attempt])
  return state?.pool === pool ? state.found : { kind: 'loading' }
}
