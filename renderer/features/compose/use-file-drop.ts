import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { RefObject } from 'react'

/** What was dropped, in an object of its own for each time, and whether something is held over the place. */
export type Drop = { readonly file: File }

/**
 * Takes files that are dropped anywhere on an element; the last one stays until the next.
 *
 * @param target what shows, by a class of its own, that the file would come to it
 */
export function useFileDrop(
  place: RefObject<HTMLElement | null>,
  target: RefObject<HTMLElement | null>,
  overClass: string | undefined,
): Drop | null {
  const [drop, setDrop] = useState<Drop | null>(null)
  useEffect(() => {
    const element = place.current
    if (element === null) return undefined
    const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true
    const mark = (isOver: boolean) => target.current?.classList.toggle(overClass ?? '', isOver)
    const onOver = (event: DragEvent) => {
      if (!holdsFile(event)) return
      event.preventDefault()
      mark(true)
    }
    const onLeave = (event: DragEvent) => {
      if (!element.contains(event.relatedTarget as Node | null)) mark(false)
    }
    const onDrop = (event: DragEvent) => {
      if (!holdsFile(event)) return
      event.preventDefault()
      mark(false)
      const file = event.dataTransfer?.files[0]
      if (file !== undefined) setDrop({ file })
    }
    element.addEventListener('dragover', onOver)
    element.addEventListener('dragleave', onLeave)
    element.addEventListener('drop', onDrop)
    return () => {
      element.removeEventListener('dragover', onOver)
      element.removeEventListener('dragleave', onLeave)
      element.removeEventListener('drop', onDrop)
    }
  }, [place, target, overClass])
  return drop
}

/** Calls back once for each file that is dropped. */
export function useDropped(drop: Drop | null, take: (file: File) => void): void {
  const takeNow = useEffectEvent(take)
  const taken = useRef<Drop | null>(null)
  useEffect(() => {
    // Views that are shown again run their effects again; a file is taken once.
    if (drop === null || drop === taken.current) return
    taken.current = drop
    takeNow(drop.file)
  }, [drop])
}

/** Whether a file holds prompts; every other is taken for a picture. */
export function isPromptFile(file: File): boolean {
  return /\.(txt|csv|tsv)$/i.test(file.name)
}
