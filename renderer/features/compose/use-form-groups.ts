import { useState } from 'react'

import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'

/** The groups of the form, and whether each is open in a new one. */
const openAtFirst = {
  parameters: true,
  verifiers: false,
  sampling: false,
  baselines: false,
  seed: false,
  stops: false,
  place: false,
  negative: false,
}

export type GroupId = keyof typeof openAtFirst

export type FormGroups = {
  isOpen(id: GroupId): boolean
  set(id: GroupId, open: boolean): void
}

/** Which groups of the form are open: as they were left, on every start of this library. */
export function useFormGroups(): FormGroups {
  const { bridge } = useStudio()
  const kept = valueOf(useQuery('preferences'))?.formGroups
  const [changed, change] = useState<Readonly<Partial<Record<GroupId, boolean>>>>({})
  const now: Readonly<Record<GroupId, boolean>> = { ...openAtFirst, ...kept, ...changed }
  return {
    isOpen: (id) => now[id],
    set(id, open) {
      change({ ...changed, [id]: open })
      // What cannot be kept costs the next start one press; what was kept before must have come first.
      if (kept === undefined) return
      bridge.setPreferences({ formGroups: { ...kept, ...changed, [id]: open } }).catch(() => undefined)
    },
  }
}
