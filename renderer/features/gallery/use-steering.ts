import { useState } from 'react'

import type { Candidate, RunDetail, SteeringRequest } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'
import { handOf } from '../../logic/order.ts'
import { deedOf, firstMore, readMore, undoneOf } from './steering.ts'
import type { MoreLikeThis } from './steering.ts'

/** A person's hand in one run, for the image at hand. What came of it is said on the window's own line. */
export type Steering = {
  readonly more: MoreLikeThis
  setMore(more: MoreLikeThis): void
  /** Pins, vetoes or puts first. */
  act(kind: 'pin' | 'veto' | 'override', image: Candidate): void
  /** Asks for neighbours of the image's noise. */
  branch(image: Candidate): void
  /** Takes back what was done last in this window, or else the newest intervention in this run. */
  undo(): void
  /** Whether this window has nothing to take back: what it did before it was opened anew is in the library only. */
  readonly isUndoInLibrary: () => boolean
}

export function useSteering(run: RunDetail): Steering {
  const { bridge, undo } = useStudio()
  const [more, setMore] = useState(firstMore)
  const refuse = (thrown: unknown) => undo.say(toErrorData(thrown).message, true)
  const isUndoInLibrary = () => undo.snapshot().undo === null
  const steer = (request: SteeringRequest) => {
    void undo.act(async () => {
      const made = await bridge.steer(request)
      return {
        label: deedOf(made, run),
        undo: () => bridge.undoSteering({ runId: run.id }),
        redo: () => bridge.steer(request),
      }
    })
  }
  return {
    more,
    setMore,
    act(kind, { seq }) {
      const { pinned, vetoed } = handOf(run)
      // Twice the same would take two steps to undo.
      if (kind === 'pin' && pinned.has(seq)) undo.say(`#${seq} is pinned already.`)
      else if (kind === 'veto' && vetoed.has(seq)) undo.say(`#${seq} is vetoed already.`)
      else steer({ runId: run.id, kind, seq })
    },
    branch({ seq }) {
      const read = readMore(more)
      if (read.kind === 'faulty') undo.say(read.fault, true)
      else steer({ runId: run.id, kind: 'branch', seq, cosine: read.cosine, count: read.count })
    },
    undo() {
      if (!isUndoInLibrary()) void undo.undo()
      else bridge.undoSteering({ runId: run.id }).then((undone) => undo.say(undoneOf(undone)), refuse)
    },
    isUndoInLibrary,
  }
}
