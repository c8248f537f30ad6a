import { useEffect, useState } from 'react'

import { createBrowserBridge } from '../api/browser-bridge.ts'
import { createDesktopBridge } from '../api/desktop-bridge.ts'
import { StudioProvider } from '../api/hooks.ts'
import { codeIn, forgetSession, openSession } from '../api/session.ts'
import type { Session } from '../api/session.ts'
import { createStudioClient } from '../api/studio-client.ts'
import type { StudioClient } from '../api/studio-client.ts'
import { App } from './app.tsx'
import { Door } from './door.tsx'

type Place =
  | { readonly kind: 'arriving' }
  | { readonly kind: 'inside'; readonly client: StudioClient }
  | { readonly kind: 'outside'; readonly session: Extract<Session, { kind: 'closed' }> }

/** Connects this window to the studio: through the desktop's preload, or by the link from the terminal. */
export function Entrance() {
  const [place, setPlace] = useState<Place>(() =>
    window.studio === undefined
      ? { kind: 'arriving' }
      : { kind: 'inside', client: createStudioClient(createDesktopBridge(window.studio)) },
  )

  const enter = (session: Session) => {
    if (session.kind === 'closed') return setPlace({ kind: 'outside', session })
    const bridge = createBrowserBridge(session.token, () => {
      forgetSession()
      setPlace({ kind: 'outside', session: { kind: 'closed', reason: 'session-ended', message: null } })
    })
    setPlace({ kind: 'inside', client: createStudioClient(bridge) })
  }

  useEffect(() => {
    if (window.studio !== undefined) return
    void firstSession().then(enter)
    // A link that is opened in a tab which shows the studio already changes the fragment alone: load it as a new one.
    const onHash = () => {
      if (codeIn(window.location.hash) !== null) window.location.reload()
    }
    window.addEventListener('hashchange', onHash)
    return () => window.removeEventListener('hashchange', onHash)
  }, [])

  switch (place.kind) {
    case 'arriving':
      return null
    case 'outside':
      return <Door session={place.session} onEnter={enter} />
    case 'inside':
      return (
        <StudioProvider value={place.client}>
          <App />
        </StudioProvider>
      )
  }
}

let first: Promise<Session> | null = null

/** A code is good once: however often the view is mounted, it is exchanged one time. */
function firstSession(): Promise<Session> {
  first ??= openSession()
  return first
}
