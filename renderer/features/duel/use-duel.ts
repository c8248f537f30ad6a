import { useMemo, useState } from 'react'

import { duelGroups, nextPair } from '../../../shared/duel.ts'
import type { DuelPair } from '../../../shared/duel.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { Picture, PictureId, Vote } from '../../../shared/gallery.ts'
import { useQuery, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import type { Deed } from '../../api/undo.ts'

/** What lies on the table: the pair to be judged and the one after it, which is loaded meanwhile. */
type Table = { readonly turn: number; readonly current: DuelPair | null; readonly upcoming: DuelPair | null }

type Answer = Pick<Vote, 'winner' | 'loser'>

export type Duel = {
  /** The pictures that can meet, by prompt. */
  readonly groups: readonly (readonly PictureId[])[]
  /** Among these pictures, oldest first; null until they have come. */
  readonly votes: readonly Vote[] | null
  readonly current: DuelPair | null
  readonly upcoming: DuelPair | null
  /** Says which of the two is better. */
  readonly vote: (winner: 'left' | 'right') => void
  /** Says nothing of this pair. */
  readonly skip: () => void
}

/**
 * A sitting of blind duels among some pictures.
 *
 * @param onBack called when undo has brought a pair back
 */
export function useDuel(pictures: readonly Picture[], onBack: () => void): Duel {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const groups = useMemo(() => duelGroups(pictures), [pictures])
  const ids = useMemo(() => pictures.map(({ id }) => id), [pictures])
  const asked = valueOf(useQuery('votes', ids.length < 2 ? null : { pictures: ids }))
  /** Votes of this sitting: the studio's list takes a moment to have them. */
  const [cast, setCast] = useState<readonly Vote[]>([])
  /** On their way to the studio: their pairs are as good as judged. */
  const [sent, setSent] = useState<readonly Answer[]>([])
  const votes = useMemo(() => {
    if (asked === null) return null
    const known = new Set(asked.map(({ id }) => id))
    return [...asked, ...cast.filter(({ id }) => !known.has(id))]
  }, [asked, cast])

  const [seed] = useState(() => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0)
  const [table, setTable] = useState<Table | null>(null)
  const choose = (known: readonly Answer[], last: DuelPair | null, turn: number) =>
    nextPair(groups, known, last === null ? [] : [last], seed + turn)
  if (table === null && votes !== null) {
    const current = choose(votes, null, 0)
    setTable({ turn: 1, current, upcoming: choose(votes, current, 1) })
  }

  /** Takes the pair away; the next one lies there already. */
  const clear = (answer: Answer | null) => {
    setTable((now) => {
      if (now === null) return now
      const known = [...(votes ?? []), ...sent, ...(answer === null ? [] : [answer])]
      const turn = now.turn + 1
      return { turn, current: now.upcoming, upcoming: choose(known, now.upcoming, turn) }
    })
  }
  const putBack = (pair: DuelPair) => {
    onBack()
    setTable((now) => (now === null ? now : { ...now, current: pair, upcoming: now.current ?? now.upcoming }))
  }

  const send = async (pair: DuelPair, answer: Answer): Promise<Deed> => {
    setSent((now) => [...now, answer])
    try {
      let vote = await bridge.vote(answer)
      setCast((now) => [...now, vote])
      return {
        label: 'Voted in a duel',
        async undo() {
          await bridge.withdrawVote({ vote: vote.id })
          setCast((now) => now.filter(({ id }) => id !== vote.id))
          putBack(pair)
        },
        async redo() {
          vote = await bridge.vote(answer)
          setCast((now) => [...now, vote])
          clear(answer)
        },
      }
    } catch (thrown) {
      // A picture that is no longer there cannot be voted on again; after any other fault the pair waits for an answer.
      if (toErrorData(thrown).code !== 'not_found') putBack(pair)
      throw thrown
    } finally {
      setSent((now) => now.filter((one) => one !== answer))
    }
  }

  const pair = table?.current ?? null
  return {
    groups,
    votes,
    current: pair,
    upcoming: table?.upcoming ?? null,
    vote(side) {
      if (pair === null) return
      const winner = pair[side]
      const answer = { winner, loser: side === 'left' ? pair.right : pair.left }
      clear(answer)
      void undo.act(() => send(pair, answer))
    },
    skip() {
      if (pair === null) return
      clear(null)
      undo.done({ label: 'Skipped a pair', undo: () => Promise.resolve(putBack(pair)) })
    },
  }
}
