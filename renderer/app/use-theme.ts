import { useLayoutEffect } from 'react'

import { useQuery, valueOf } from '../api/hooks.ts'

/**
 * Puts the window in the room that a person has chosen, or in the system's; styles/tokens.css does the rest. The choice
 * is left for public/theme.js, so that the next window has it before its first paint.
 */
export function useTheme(): void {
  const theme = valueOf(useQuery('preferences'))?.theme
  useLayoutEffect(() => {
    if (theme === undefined) return
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
    try {
      window.localStorage.setItem('theme', theme)
    } catch {
      // Storage is switched off: the next window begins in the system's room.
    }
  }, [theme])
}
