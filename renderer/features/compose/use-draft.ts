import { useCallback, useEffect, useState } from 'react'

import type { RunSpec } from '../../../shared/run-spec.ts'
import { draftOf, emptyDraft, newSeed, restoreDraft } from './draft.ts'
import type { Draft } from './draft.ts'

const storageKey = 'goldpan.draft'

export type DraftHandle = {
  readonly draft: Draft
  change(changes: Partial<Draft>): void
  /** Fills the form with the settings of an earlier run. */
  load(spec: RunSpec): void
  /**
   * Fills the form with what was asked for last, if this window remembers nothing and nothing was typed. The browser
   * host stands at another address after each start, so its windows forget; the library does not.
   */
  recall(spec: RunSpec): void
}

type State = {
  readonly draft: Draft
  /** Neither remembered nor typed: defaults only. */
  readonly untouched: boolean
}

/** The draft of the next run, remembered by this browser or window. */
export function useDraft(): DraftHandle {
  const [{ draft, untouched }, setState] = useState<State>(() => {
    const stored = readStored()
    return { draft: restoreDraft(stored, emptyDraft(newSeed())), untouched: stored === null }
  })

  useEffect(() => {
    if (untouched) return
    try {
      window.localStorage.setItem(storageKey, JSON.stringify(draft))
    } catch {
      // A full or forbidden storage costs the memory of the form, nothing else.
    }
  }, [draft, untouched])

  const recall = useCallback((spec: RunSpec) => {
    setState((before) =>
      before.untouched
        ? { draft: { ...draftOf(spec), seed: before.draft.seed, seedLocked: false }, untouched: false }
        : before,
    )
  }, [])

  return {
    draft,
    change: (changes) => setState((before) => ({ draft: { ...before.draft, ...changes }, untouched: false })),
    load: (spec) => setState({ draft: draftOf(spec), untouched: false }),
    recall,
  }
}

function readStored(): string | null {
  try {
    return window.localStorage.getItem(storageKey)
  } catch {
    return null
  }
}
