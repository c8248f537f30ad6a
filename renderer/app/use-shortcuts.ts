import { useEffect, useRef } from 'react'

import { isTyping } from '../components/typing.ts'

/** Every key that works wherever the focus is, as the shortcuts panel lists them. */
export type Shortcuts = Readonly<Record<string, () => void>>

/**
 * Single keys for the whole window. They rest while text is typed and while Ctrl, Alt or Meta is held; so the keys of
 * the browser, the desktop and the fields keep working.
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts)
  useEffect(() => {
    current.current = shortcuts
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
      if (isTyping(event.target)) return
      const act = current.current[event.key.toLowerCase()]
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
