import { useRef, useState } from 'react'
import type { ClipboardEvent, DragEvent } from 'react'

import { useStudio } from '../../api/hooks.ts'
import type { OutsideDeeds } from '../../api/outside-deeds.ts'
import { isTyping } from '../../components/typing.ts'
import { addFiles } from '../../logic/incoming.ts'
import type { Incoming } from '../../logic/incoming.ts'
import { isOwnDrag } from './own-drag.ts'

/** Image files that are dropped or pasted: what a drop place listens to, and what has become of the last ones. */
export function useIncoming(outside: OutsideDeeds): {
  /** Null before the first files, and where all could be added. */
  readonly incoming: Incoming | null
  /** Whether files are held over the place. */
  readonly isOver: boolean
  readonly dismiss: () => void
  readonly handlers: {
    onPaste(event: ClipboardEvent): void
    onDragOver(event: DragEvent): void
    onDragLeave(event: DragEvent): void
    onDrop(event: DragEvent): void
  }
} {
  const { bridge } = useStudio()
  const [incoming, setIncoming] = useState<Incoming | null>(null)
  const [isOver, setOver] = useState(false)
  const dismiss = () => setIncoming(null)
  /** Files that come while others are taken in follow them: the line tells of one batch. */
  const last = useRef<Promise<unknown>>(Promise.resolve())
  const bring = (files: readonly File[]) => {
    if (files.length === 0) return
    const before = last.current
    last.current = outside.bring(async () => {
      await before
      const brought = await addFiles(bridge, files, setIncoming)
      if (brought.faults.length === 0) dismiss()
      return brought
    })
  }
  const holdsFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files') && !isOwnDrag(event)
  return {
    incoming,
    isOver,
    dismiss,
    handlers: {
      onPaste(event) {
        if (isTyping(event.target) || event.clipboardData.files.length === 0) return
        event.preventDefault()
        bring([...event.clipboardData.files])
      },
      onDragOver(event) {
        if (!holdsFiles(event)) return
        event.preventDefault()
        setOver(true)
      },
      onDragLeave(event) {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      },
      onDrop(event) {
        setOver(false)
        if (!holdsFiles(event)) return
        event.preventDefault()
        bring([...event.dataTransfer.files])
      },
    },
  }
}
