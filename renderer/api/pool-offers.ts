import { useEffect, useRef, useState } from 'react'

import { toErrorData } from '../../shared/errors.ts'
import type { ErrorData } from '../../shared/errors.ts'
import { maxPictures } from '../../shared/gallery.ts'
import type { PictureId, WallFilter } from '../../shared/gallery.ts'
import { useQuery, useSelection, useStudio, useUndo, valueOf } from './hooks.ts'
import type { Pool } from './selection.ts'

/** Pictures that a view can be opened with. */
type PoolOffer = {
  readonly id: string
  readonly name: string
  /** What is in it: a few words, or the prompt of a run. */
  readonly about: string
  /** How many pictures. */
  readonly count: number
  readonly ask: () => Promise<readonly PictureId[]>
}

/** Runs that are offered; from any other, the keys of its own view lead on. */
const offeredRuns = 12

/**
 * The pools that the library has to offer; null until they have come.
 *
 * @param onChoose told the pictures of a chosen offer: at most `maxPictures`, the newest first, never none
 */
export function usePoolOffers(onChoose: (pool: Pool) => void): {
  readonly collections: readonly PoolOffer[]
  readonly runs: readonly PoolOffer[]
  readonly choose: (offer: PoolOffer) => void
  /** Why the last choice could not be had; null where it could. */
  readonly fault: ErrorData | null
} | null {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const [{ selected }] = useSelection()
  const runs = valueOf(useQuery('runs'))
  const boards = valueOf(useQuery('boards'))
  const facets = valueOf(useQuery('facets'))
  const [fault, setFault] = useState<ErrorData | null>(null)
  const choices = useRef(0)
  // Who has gone elsewhere meanwhile is not led back by the answer.
  useEffect(
    () => () => {
      choices.current += 1
    },
    [],
  )
  if (runs === null || boards === null || facets === null) return null

  const onWall = (filter: WallFilter) => () =>
    bridge.wall({ filter, order: { by: 'made', descending: true } })
  const undecided = facets.total - facets.picked - facets.rejected
  const collections: readonly PoolOffer[] = [
    {
      id: 'selection',
      name: 'Selection',
      about: 'What is selected in the gallery',
      count: selected.size,
      ask: () => Promise.resolve([...selected]),
    },
    {
      id: 'picks',
      name: 'Picks',
      about: 'Everything with a pick flag',
      count: facets.picked,
      ask: onWall({ flags: ['pick'] }),
    },
    {
      id: 'undecided',
      name: 'Undecided',
      about: 'Everything that is neither picked nor rejected',
      count: undecided,
      ask: onWall({ flags: ['none'] }),
    },
    {
      id: 'outside',
      name: 'From outside',
      about: 'Images that no run has made',
      count: facets.outside,
      ask: onWall({ origin: 'outside' }),
    },
    ...boards.map(({ id, name, pictures }) => ({
      id: `board ${id}`,
      name,
      about: 'Board',
      count: pictures,
      ask: onWall({ board: id }),
    })),
  ]
  return {
    collections,
    runs: runs.slice(0, offeredRuns).map(({ id, spec, finished }) => ({
      id: `run ${id}`,
      name: `Run ${id}`,
      about: spec.prompt,
      count: finished,
      ask: onWall({ run: id }),
    })),
    fault,
    choose({ name, ask }) {
      setFault(null)
      // Of two choices the later one counts, whichever is answered first.
      const mine = ++choices.current
      ask().then(
        (pictures) => {
          if (mine !== choices.current) return
          if (pictures.length === 0) undo.say(`There is no finished picture in ${name}.`)
          else if (pictures.length <= maxPictures) onChoose({ name, pictures })
          else {
            onChoose({ name: `${name}, the newest ${maxPictures}`, pictures: pictures.slice(0, maxPictures) })
          }
        },
        (thrown: unknown) => {
          if (mine === choices.current) setFault(toErrorData(thrown))
        },
      )
    },
  }
}
