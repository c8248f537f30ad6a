/**
 * How this window gets in, in the browser host: the link from the terminal carries a one-time code in its fragment;
 * the code is exchanged for a bearer, which lives as long as the tab.
 */

import type { Answer } from '../../shared/contract.ts'

const storageKey = 'goldpan.token'

/** Why a window is not let in. */
export type ClosedReason =
  /** Opened without a link. */
  | 'no-code'
  /** The link was used before, is too old, or belongs to another start of the studio. */
  | 'code-refused'
  /** It was in, and the studio no longer knows it: most likely it was started anew. */
  | 'session-ended'
  /** Nothing answers at this address. */
  | 'unreachable'

export type Session =
  | { readonly kind: 'open'; readonly token: string }
  | { readonly kind: 'closed'; readonly reason: ClosedReason; readonly message: string | null }

/** The code in what a person pasted: a whole link, its fragment, or the bare code. Null when there is none. */
export function codeIn(pasted: string): string | null {
  const text = pasted.trim()
  const inLink = /[#&]code=([^&\s]+)/.exec(text)?.[1]
  if (inLink !== undefined) return inLink
  return /^[\w-]{16,100}$/.test(text) ? text : null
}

/** Opens the session of this tab: by the code in the address if there is one, else by the token kept from before. */
export async function openSession(): Promise<Session> {
  const code = codeIn(window.location.hash)
  if (code !== null) {
    // Removed first: the code is spent either way, and must not stay in the history.
    window.history.replaceState(null, '', window.location.pathname)
    return redeem(code)
  }
  const token = window.sessionStorage.getItem(storageKey)
  return token === null ? { kind: 'closed', reason: 'no-code', message: null } : { kind: 'open', token }
}

/** Exchanges a code for a token and keeps it for reloads of this tab. */
export async function redeem(code: string): Promise<Session> {
  let answer: Answer<{ readonly token: string }>
  try {
    const response = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code }),
    })
    answer = (await response.json()) as Answer<{ readonly token: string }>
  } catch {
    return { kind: 'closed', reason: 'unreachable', message: null }
  }
  if (!answer.ok) return { kind: 'closed', reason: 'code-refused', message: answer.error.message }
  window.sessionStorage.setItem(storageKey, answer.value.token)
  return { kind: 'open', token: answer.value.token }
}

/** Forgets the token: the studio has refused it. */
export function forgetSession(): void {
  window.sessionStorage.removeItem(storageKey)
}
