import { useEffect, useRef, useState } from 'react'

import { maxDraftLength } from '../../../shared/preferences.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { draftOf, emptyDraft, newSeed, restoreDraft } from './draft.ts'
import type { Draft } from './draft.ts'

const storageKey = 'goldpan.draft'
/** The library is told once the typing pauses. */
const pauseMs = 600

export type DraftHandle = {
  readonly draft: Draft
  /** Whether it is known how the form was left. */
  readonly isSettled: boolean
  change(changes: Partial<Draft>): void
  /** Fills the form with the settings of an earlier run. */
  load(spec: RunSpec): void
}

type State = {
  readonly draft: Draft
  /** What was typed over the defaults while nothing was remembered yet; null from then on. */
  readonly typed: Partial<Draft> | null
}

/**
 * The draft of the next run as it was left: by this window before its reload, to the last letter; else by the last window
 * on this library; else the newest run.
 */
export function useDraft(): DraftHandle {
  const preferences = useQuery('preferences')
  const runs = useQuery('runs')
  const [{ draft, typed }, setState] = useState<State>(() => {
    const stored = readStored()
    return { draft: restoreDraft(stored, emptyDraft(newSeed())), typed: stored === null ? {} : null }
  })
  // Asked once: what other windows start later is not this form's.
  const [asked, setAsked] = useState(false)
  if (!asked && preferences.kind !== 'loading' && runs.kind !== 'loading') {
    setAsked(true)
    const kept = valueOf(preferences)?.draft ?? null
    const newest = valueOf(runs)?.[0]?.spec
    // Who types at once types into the form as it was left.
    if (typed !== null && kept !== null) {
      setState({ draft: { ...restoreDraft(JSON.stringify(kept), draft), ...typed }, typed: null })
    } else if (typed !== null && newest !== undefined) {
      const { seed } = draft
      setState({ draft: { ...draftOf(newest), seed, seedLocked: false, ...typed }, typed: null })
    }
  }
  const isUntouched = typed !== null && Object.keys(typed).length === 0
  // A device that is chosen for new runs is the next run's; before, the form has the one that it was left with.
  const device = valueOf(preferences)?.device ?? null
  const [followed, follow] = useState(device)
  if (device !== null && device !== followed) {
    follow(device)
    setState((now) => (followed === null && !isUntouched ? now : { ...now, draft: { ...now.draft, device } }))
  }
  useKept(draft, isUntouched || (typed !== null && !asked))

  return {
    draft,
    isSettled: asked,
    change: (changes) =>
      setState((before) => ({
        draft: { ...before.draft, ...changes },
        typed: before.typed === null ? null : { ...before.typed, ...changes },
      })),
    load: (spec) => setState({ draft: draftOf(spec), typed: null }),
  }
}

/** Writes a draft down: for a reload at once, in the library when the typing pauses or the window is left. */
function useKept(draft: Draft, isNothingYet: boolean): void {
  const { bridge } = useStudio()
  const told = useRef<string | null>(null)
  useEffect(() => {
    if (isNothingYet) return undefined
    const json = JSON.stringify(draft)
    try {
      window.sessionStorage.setItem(storageKey, json)
    } catch {
      // A full or forbidden storage costs the memory of the form, nothing else.
    }
    const tell = () => {
      if (json === told.current || json.length > maxDraftLength) return
      told.current = json
      bridge.setPreferences({ draft }).catch(() => undefined)
    }
    const timer = window.setTimeout(tell, pauseMs)
    document.addEventListener('visibilitychange', tell)
    return () => {
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', tell)
    }
  }, [draft, isNothingYet, bridge])
}

function readStored(): string | null {
  try {
    return window.sessionStorage.getItem(storageKey)
  } catch {
    return null
  }
}
