import { useEffect, useRef, useState } from 'react'

import type { Candidate, RunDetail, SteeringRequest } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { isTyping } from '../../components/typing.ts'
import { handOf } from '../../logic/order.ts'
import { canBePutFirst, firstMore, readMore, saidOf, undoneOf } from './steering.ts'
import type { MoreLikeThis } from './steering.ts'

/** What came of the last thing that was asked for; a refusal is a fault. */
export type Said = { readonly text: string; readonly isFault: boolean }

/** A person's hand in one run, for the image at hand. */
export type Steering = {
  readonly said: Said | null
  readonly more: MoreLikeThis
  setMore(more: MoreLikeThis): void
  /** Pins, vetoes or puts first. */
  act(kind: 'pin' | 'veto' | 'override', image: Candidate): void
  /** Asks for neighbours of the image's noise. */
  branch(image: Candidate): void
  undo(): void
}

export function useSteering(run: RunDetail): Steering {
  const { bridge } = useStudio()
  const [said, say] = useState<Said | null>(null)
  const [more, setMore] = useState(firstMore)
  const settle = (words: Promise<string>) => {
    say(null)
    words.then(
      (text) => say({ text, isFault: false }),
      (thrown: unknown) => say({ text: toErrorData(thrown).message, isFault: true }),
    )
  }
  const steer = (request: SteeringRequest) => settle(bridge.steer(request).then((made) => saidOf(made, run)))
  return {
    said,
    more,
    setMore,
    act(kind, { seq }) {
      const { pinned, vetoed } = handOf(run)
      // Twice the same would take two steps to undo.
      if (kind === 'pin' && pinned.has(seq)) say({ text: `#${seq} is pinned already.`, isFault: false })
      else if (kind === 'veto' && vetoed.has(seq)) say({ text: `#${seq} is vetoed already.`, isFault: false })
      else steer({ runId: run.id, kind, seq })
    },
    branch({ seq }) {
      const read = readMore(more)
      if (read.kind === 'faulty') say({ text: read.fault, isFault: true })
      else steer({ runId: run.id, kind: 'branch', seq, cosine: read.cosine, count: read.count })
    },
    undo: () => settle(bridge.undoSteering({ runId: run.id }).then(undoneOf)),
  }
}

/**
 * The keys of steering, wherever the focus is but in a text: Shift+P pins, Shift+X vetoes, W puts first, M asks for more
 * like this, Ctrl or Cmd+Z undoes.
 *
 * @param image what the keys act on; null for none
 * @param resting while another view covers the run
 */
export function useSteeringKeys(
  run: RunDetail,
  steering: Steering,
  image: Candidate | null,
  resting: boolean,
): void {
  const current = useRef<(event: KeyboardEvent) => boolean>(() => false)
  useEffect(() => {
    current.current = (event) => {
      const key = event.key.toLowerCase()
      if (event.ctrlKey || event.metaKey) {
        if (key !== 'z' || event.shiftKey || event.altKey) return false
        steering.undo()
        return true
      }
      if (event.altKey || image?.arm !== 'search') return false
      if (event.shiftKey && key === 'p') steering.act('pin', image)
      else if (event.shiftKey && key === 'x') steering.act('veto', image)
      else if (!event.shiftKey && key === 'w' && canBePutFirst(run, image)) steering.act('override', image)
      else if (!event.shiftKey && key === 'm') steering.branch(image)
      else return false
      return true
    }
  })
  useEffect(() => {
    if (resting) return undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || isTyping(event.target)) return
      if (current.current(event)) event.preventDefault()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [resting])
}
