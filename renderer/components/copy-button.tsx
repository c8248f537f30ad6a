import { useEffect, useState } from 'react'

import { Button } from './button.tsx'

/** Copies a text and says so for a moment, to the eye by its icon and to a screen reader by its label. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null)

  useEffect(() => {
    if (outcome === null) return undefined
    const timer = window.setTimeout(() => setOutcome(null), 1_600)
    return () => window.clearTimeout(timer)
  }, [outcome])

  const label =
    outcome === 'copied'
      ? `${what} copied`
      : outcome === 'refused'
        ? 'The clipboard cannot be reached'
        : `Copy ${what}`
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    )
  return (
    <Button
      look="plain"
      icon={outcome === 'copied' ? 'done' : outcome === 'refused' ? 'warning' : 'copy'}
      aria-label={label}
      aria-live="polite"
      onClick={() => void copy()}
    />
  )
}
