import { useEffect, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import { maxDetails } from '../../../shared/gallery.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'

type PoolPictures =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly pictures: readonly Picture[] }
  | { readonly kind: 'failed'; readonly message: string }

/** All pictures of a pool as they are at this moment, whether they are seen or not; those that are gone are left out. */
export function usePoolPictures(ids: readonly PictureId[]): PoolPictures {
  const { bridge } = useStudio()
  const [state, setState] = useState<PoolPictures>({ kind: 'loading' })
  useEffect(() => {
    let wanted = true
    const load = async () => {
      const pictures: Picture[] = []
      for (let from = 0; wanted && from < ids.length; from += maxDetails)
        pictures.push(...(await bridge.pictures({ pictures: ids.slice(from, from + maxDetails) })))
      if (wanted) setState({ kind: 'ready', pictures })
    }
    load().catch((thrown: unknown) => {
      if (wanted) setState({ kind: 'failed', message: toErrorData(thrown).message })
    })
    return () => {
      wanted = false
    }
  }, [bridge, ids])
  return state
}
