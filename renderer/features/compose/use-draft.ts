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
  /** Neither remembered nor typed: defaults only. */
  readonly untouched: boolean
}

/**
 * The draft of the next run as it was left: by this window before its reload, to the last letter; else by the last window
 * on this library; else the newest run.
 */
export function useDraft(): DraftHandle {
  const preferences = useQuery('preferences')
  const runs = useQuery('runs')
  const [{ draft, untouched }, setState] = useState<State>(() => {
    const stored = readStored()
    return { draft: restoreDraft(stored, emptyDraft(newSeed())), untouched: stored === null }
  })
  // Asked once: what other windows start later is not this form's.
  const [asked, setAsked] = useState(false)
  if (!asked && preferences.kind !== 'loading' && runs.kind !== 'loading') {
    setAsked(true)
    const kept = valueOf(preferences)?.draft ?? null
    const newest = valueOf(runs)?.[0]?.spec
    if (untouched && kept !== null) {
      setState({ draft: restoreDraft(JSON.stringify(kept), draft), untouched: false })
    } else if (untouched && newest !== undefined) {
      setState({ draft: { ...draftOf(newest), seed: draft.seed, seedLocked: false }, untouched: false })
    }
  }
  // A device that is chosen for new runs is the next run's; before, the form has the one that it was left with.
  const device = valueOf(preferences)?.device ?? null
  const [followed, follow] = useState(device)
  if (device !== null && device !== followed) {
    follow(device)
    setState((now) =>
      followed === null && !now.untouched ? now : { ...now, draft: { ...now.draft, device } },
    )
  }
  useKept(draft, untouched)

  return {
    draft,
    isSettled: asked,
    change: (changes) => setState((before) => ({ draft: { ...before.draft, ...changes }, untouched: false })),
    load: (spec) => setState({ draft: draftOf(spec), untouched: false }),
  }
}

/** Writes a draft down: for a reload at once, in the library when the typing pauses or the window is left. */
function useKept(draft: Draft, untouched: boolean): void {
  const { bridge } = useStudio()
  const told = useRef<string | null>(null)
  useEffect(() => {
    if (untouched) return undefined
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
  }, [draft, untouched, bridge])
}

function readStored(): string | null {
  try {
    return window.sessionStorage.getItem(storageKey)
  } catch {
    return null
  }
}
