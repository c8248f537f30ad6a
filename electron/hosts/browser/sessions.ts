/**
 * The secrets of one start of the browser host: a one-time code that a link carries into a browser, the bearer that the
 * page gets for it, and a key that opens images only.
 *
 * The code rides in the fragment of the link, which no browser sends anywhere; it is good once and for a minute, so
 * that a link in a scroll-back or a process list is soon worthless. Images are asked for by <img>, which cannot
 * carry a bearer: they get a cookie. Cookies are not isolated by port, so every other server on this machine sees that
 * one; its key opens nothing but images.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** What the guard compares with. */
export type Secrets = {
  readonly isBearer: (value: string) => boolean
  readonly isArtKey: (value: string) => boolean
  /** Holds the port, so that two studios on one machine keep their cookies apart. */
  readonly cookieName: string
}

export type Sessions = Secrets & {
  /** The code of the newest link. */
  currentCode(): string
  /** Exchanges a code; whatever comes out, the code is worthless afterwards. */
  redeem(code: string): Redemption
}

export type Redemption =
  | { readonly kind: 'granted'; readonly bearer: string; readonly artKey: string }
  /** A code of ours, but used or too old; `fresh`: a new one has replaced it. */
  | { readonly kind: 'stale'; readonly fresh: boolean }
  | { readonly kind: 'unknown' }

/** How long a link is good, in milliseconds. */
export const codeLifeMs = 60_000

/** Codes that are remembered after use, to tell an old link from a guess. */
const maxRemembered = 64

/**
 * Draws the secrets: 256 bits each, new at every start, kept in memory only.
 *
 * @param nowMs a monotonic clock
 */
export function createSessions(port: number, nowMs: () => number = () => performance.now()): Sessions {
  const bearer = newSecret()
  const artKey = newSecret()
  let current = { code: newSecret(), bornMs: nowMs() }
  const spent: string[] = []

  const isAlive = () => nowMs() - current.bornMs < codeLifeMs
  const renew = () => {
    spent.push(current.code)
    if (spent.length > maxRemembered) spent.shift()
    current = { code: newSecret(), bornMs: nowMs() }
  }

  return {
    cookieName: `goldpan-art-${port}`,
    isBearer: (value) => sameSecret(value, bearer),
    isArtKey: (value) => sameSecret(value, artKey),
    currentCode: () => current.code,
    redeem(code) {
      const alive = isAlive()
      if (sameSecret(code, current.code)) {
        renew()
        return alive ? { kind: 'granted', bearer, artKey } : { kind: 'stale', fresh: true }
      }
      if (!spent.some((old) => sameSecret(code, old))) return { kind: 'unknown' }
      if (!alive) renew()
      return { kind: 'stale', fresh: !alive }
    },
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares in a time that does not tell how much was right; digests make the lengths equal. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(secret))
}
