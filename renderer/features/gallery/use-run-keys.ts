import { useEffectEvent, useLayoutEffect } from 'react'

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import type { MarkChange } from '../../api/marks.ts'
import { markOfKey } from '../../components/mark-keys.ts'
import { isTyping } from '../../components/typing.ts'
import { canBePutFirst } from './steering.ts'
import type { Steering } from './use-steering.ts'

type RunKeys = {
  readonly run: RunDetail
  readonly steering: Steering
  /** What the keys act on; null for none. */
  readonly image: Candidate | null
  readonly onMark: (change: MarkChange) => void
  /** While another view covers the run, or another run is on its way. */
  readonly resting: boolean
}

/**
 * The keys of a run's images, wherever the focus is but in a text: P, X, U, 0 to 5 mark; Shift+P pins, Shift+X vetoes, W
 * puts first, M asks for more like this; Ctrl or Cmd+Z undoes steering only where the window itself has nothing to undo.
 */
export function useRunKeys({ run, steering, image, onMark, resting }: RunKeys): void {
  const act = (event: KeyboardEvent): boolean => {
    const key = event.key.toLowerCase()
    if (event.ctrlKey || event.metaKey) {
      if (key !== 'z' || event.shiftKey || event.altKey || !steering.isUndoInLibrary()) return false
      steering.undo()
      return true
    }
    if (event.altKey || image === null) return false
    const change = markOfKey(event)
    if (change !== null) onMark(change)
    else if (image.arm !== 'search') return false
    else if (event.shiftKey && key === 'p') steering.act('pin', image)
    else if (event.shiftKey && key === 'x') steering.act('veto', image)
    else if (!event.shiftKey && key === 'w' && canBePutFirst(run, image)) steering.act('override', image)
    else if (!event.shiftKey && key === 'm') steering.branch(image)
    else return false
    return true
  }
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (resting || event.defaultPrevented || event.repeat || isTyping(event.target)) return
    if (act(event)) event.preventDefault()
  })
  useLayoutEffect(() => {
    // Before the window's own keys, which know nothing of this run.
    window.addEventListener('keydown', onKey, { capture: true })
    return () => window.removeEventListener('keydown', onKey, { capture: true })
  }, [])
}
