import { useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import type { Preferences } from '../../../shared/preferences.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'

type PreferencesHandle = {
  /** As they are, with what was just asked for; null until they are known. */
  readonly preferences: Preferences | null
  /** Why they cannot be read, or why the last change was not kept. */
  readonly error: ErrorData | null
  readonly change: (change: Partial<Preferences>) => void
}

/** What is set for the studio as a whole. A change shows at once, and is taken back where the studio refuses it. */
export function usePreferences(): PreferencesHandle {
  const { bridge } = useStudio()
  const query = useQuery('preferences')
  const saved = valueOf(query)
  // Counts until the studio has answered again, whatever it says then.
  const [asked, ask] = useState<{ since: Preferences | null; change: Partial<Preferences> } | null>(null)
  const [refusal, setRefusal] = useState<ErrorData | null>(null)
  const pending = asked !== null && asked.since === saved ? asked.change : {}
  return {
    preferences: saved === null ? null : { ...saved, ...pending },
    error: refusal ?? (query.kind === 'failed' ? query.error : null),
    change(change) {
      ask({ since: saved, change: { ...pending, ...change } })
      setRefusal(null)
      bridge.setPreferences(change).catch((thrown: unknown) => {
        ask(null)
        setRefusal(toErrorData(thrown))
      })
    },
  }
}
