import { useEffectEvent, useLayoutEffect } from 'react'
import type { RefObject } from 'react'

import { isTyping } from '../../components/typing.ts'

/**
 * Hears keys while the focus is in a view or nowhere, so that a click beside everything does not silence them. They rest
 * while text is typed, with Ctrl, Alt or Meta, and where something nearer has taken the key for itself.
 */
export function useViewKeys(
  view: RefObject<HTMLElement | null>,
  onKey: (event: KeyboardEvent, target: Element) => void,
): void {
  const listener = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
    const { target } = event
    if (isTyping(target) || !(target instanceof Element)) return
    if (target === document.body || view.current?.contains(target) === true) onKey(event, target)
  })
  useLayoutEffect(() => {
    window.addEventListener('keydown', listener)
    return () => window.removeEventListener('keydown', listener)
  }, [])
}
