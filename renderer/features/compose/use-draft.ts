import { useEffect, useState } from 'react'

import type { RunSpec } from '../../../shared/run-spec.ts'
import { draftOf, emptyDraft, newSeed, restoreDraft } from './draft.ts'
import type { Draft } from './draft.ts'

const storageKey = 'goldpan.draft'

export type DraftHandle = {
  readonly draft: Draft
  change(changes: Partial<Draft>): void
  replace(draft: Draft): void
  /** Fills the form with the settings of an earlier run. */
  load(spec: RunSpec): void
}

/** The draft of the next run, remembered by this browser or window. */
export function useDraft(): DraftHandle {
  const [draft, setDraft] = useState(() => restoreDraft(readStored(), emptyDraft(newSeed())))

  useEffect(() => {
    try {
      window.localStorage.setItem(storageKey, JSON.stringify(draft))
    } catch {
      // A full or forbidden storage costs the memory of the form, nothing else.
    }
  }, [draft])

  return {
    draft,
    change: (changes) => setDraft((before) => ({ ...before, ...changes })),
    replace: setDraft,
    load: (spec) => setDraft(draftOf(spec)),
  }
}

function readStored(): string | null {
  try {
    return window.localStorage.getItem(storageKey)
  } catch {
    return null
  }
}
