import { useEffect, useRef } from 'react'

import type { ViewId } from './use-place.ts'

/**
 * Keeps the keyboard in the view that is shown. Where the focus was in one that is hidden now, or nowhere, the view has
 * it: so its keys work, and a screen reader says where it is. From there the first arrow goes on to its pictures.
 */
export function useViewFocus(view: ViewId): void {
  const before = useRef(view)
  useEffect(() => {
    if (before.current === view) return
    before.current = view
    const held = document.activeElement
    // What was hidden just now keeps the focus until the browser paints again.
    if (held === null || held === document.body || !held.checkVisibility())
      shownView()?.focus({ preventScroll: true })
  }, [view])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
      const main = shownView()
      if (!event.key.startsWith('Arrow') || (event.target !== main && event.target !== document.body)) return
      const entry = main?.querySelector<HTMLElement>(':is([data-rove], [role="gridcell"])[tabindex="0"]')
      if (entry === null || entry === undefined || entry.closest('[inert]') !== null) return
      event.preventDefault()
      entry.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/** The view without what lies over it; null where a stage is the view. */
function shownView(): HTMLElement | null {
  return [...document.querySelectorAll('main')].find((main) => main.checkVisibility()) ?? null
}
