import { useMemo, useState } from 'react'

import type { CourtTable } from '../../../shared/court.ts'
import type { Flag, Picture, PictureId, Rating } from '../../../shared/gallery.ts'
import { useMarks, usePictures, useQuery, valueOf } from '../../api/hooks.ts'
import type { Query } from '../../api/query-cache.ts'
import { judgedPictures, nameInCourt, runsOf, seatsOf } from '../../logic/court.ts'
import type { Judged, Seat } from '../../logic/court.ts'

/** Everything that the court knows of some pictures. */
export type Court = {
  /** In the order of the pool. */
  readonly ids: readonly PictureId[]
  /** What the studio answered; `judged` stays filled from the last answer while the next is on its way. */
  readonly query: Query<CourtTable>
  readonly judged: readonly Judged[]
  readonly seats: readonly Seat[]
  /** Numbers of the runs that the pictures come from. */
  readonly runs: readonly number[]
  /** How many different prompts they have. */
  readonly prompts: number
  /** Null until it has come, and for a picture that is not in the library any more. */
  pictureOf(id: PictureId): Picture | null
  markOf(id: PictureId): { readonly flag: Flag; readonly rating: Rating }
  /** What a picture is called in this pool. */
  nameOf(id: PictureId): string
}

/**
 * Asks for scores, votes, and details of a pool, and puts the artist among the judges.
 *
 * @param ids at most `maxPictures`, the same array while they are the same
 */
export function useCourt(ids: readonly PictureId[]): Court {
  const question = ids.length === 0 ? null : { pictures: ids }
  const query = useQuery('court', question)
  const votes = valueOf(useQuery('votes', question))
  const details = usePictures(ids)
  const marks = useMarks()
  const version = marks.version()

  // One picture more, and the old rows stay until the new table is there.
  const answer = valueOf(query)
  const [lastTable, keepTable] = useState(answer)
  if (answer !== null && answer !== lastTable) keepTable(answer)
  const table = answer ?? lastTable
  const [lastVotes, keepVotes] = useState(votes)
  if (votes !== null && votes !== lastVotes) keepVotes(votes)

  return useMemo(() => {
    const pictures = new Map(ids.map((id, index) => [id, details[index] ?? null]))
    const runs = runsOf(details)
    const markOf = (id: PictureId) => {
      const picture = pictures.get(id) ?? null
      return picture === null ? { flag: null, rating: 0 as const } : marks.of(picture)
    }
    const known: CourtTable = {
      judges: table?.judges ?? [],
      testimonies: (table?.testimonies ?? []).filter(({ picture }) => pictures.has(picture)),
    }
    const judged = judgedPictures(
      known,
      ids.map((picture) => ({ picture, ...markOf(picture) })),
      votes ?? lastVotes ?? [],
    )
    return {
      ids,
      query,
      judged,
      seats: seatsOf(known, judged),
      runs,
      prompts: new Set(details.flatMap((picture) => (picture === null ? [] : [picture.prompt]))).size,
      pictureOf: (id: PictureId) => pictures.get(id) ?? null,
      markOf,
      nameOf: (id: PictureId) => {
        const picture = pictures.get(id) ?? null
        return picture === null ? `picture ${id}` : nameInCourt(picture, runs.length <= 1)
      },
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the version stands for what the marks would answer
  }, [ids, query, table, votes, lastVotes, details, marks, version])
}
