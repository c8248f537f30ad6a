import { useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import type { Preferences } from '../../../shared/preferences.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { queryKey } from '../../api/studio-client.ts'

type PreferencesHandle = {
  /** As they are, with what was just asked for; null until they are known. */
  readonly preferences: Preferences | null
  /** Why they cannot be read, or why the last change was not kept. */
  readonly error: ErrorData | null
  readonly change: (change: Partial<Preferences>) => void
}

/** What is set for the studio as a whole. A change shows at once, and is taken back where the studio refuses it. */
export function usePreferences(): PreferencesHandle {
  const { bridge, queries } = useStudio()
  const query = useQuery('preferences')
  const saved = valueOf(query)
  /** Changes that what the studio says may not have yet, the newest last. */
  const [ahead, setAhead] = useState<readonly Partial<Preferences>[]>([])
  const [refusal, setRefusal] = useState<ErrorData | null>(null)

  const change = async (wanted: Partial<Preferences>): Promise<void> => {
    setAhead((now) => [...now, wanted])
    setRefusal(null)
    try {
      await bridge.setPreferences(wanted)
      await queries.renew(queryKey('preferences'))
    } catch (thrown) {
      setRefusal(toErrorData(thrown))
    } finally {
      setAhead((now) => now.filter((one) => one !== wanted))
    }
  }
  return {
    preferences: saved === null ? null : ahead.reduce<Preferences>((all, one) => ({ ...all, ...one }), saved),
    error: refusal ?? (query.kind === 'failed' ? query.error : null),
    change: (wanted) => void change(wanted),
  }
}
