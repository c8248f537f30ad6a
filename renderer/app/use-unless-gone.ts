import { useCallback, useLayoutEffect, useRef } from 'react'

/**
 * For answers that lead somewhere: what is shown is what a person asked for last, not what was answered last.
 *
 * @param where what changes when the person goes elsewhere
 * @returns wraps what an answer does; it is called at the question, and does nothing once the person has gone on since
 */
export function useUnlessGone(...where: readonly unknown[]) {
  const asked = useRef(0)
  useLayoutEffect(() => {
    asked.current++
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the caller says what counts, always as many
  }, where)
  return useCallback(<Found>(show: (found: Found) => void) => {
    const mine = ++asked.current
    return (found: Found) => {
      if (mine === asked.current) show(found)
    }
  }, [])
}
