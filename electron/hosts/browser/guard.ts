/**
 * Who may come in: decided on the bare facts of a request, before anything is routed and before a body is read.
 *
 * The loopback interface is not a private place: every page of every browser on this machine can send requests to it.
 * In this order, and the first that fails answers:
 *
 *   1. target      starts with one slash-path: no absolute-form, no authority-form                     400
 *   2. Host        one header, equal to an address of ours: a rebound name ends here                   421
 *   3. method      GET and HEAD of files, POST of calls; there is no CORS, so no OPTIONS               405
 *   4. Origin      required for POST and for every upgrade, and equal to the Host's; never a foreign one  403
 *   5. Sec-Fetch-Site  where a browser sends it: same-origin, or none for the first page               403
 *                  (another port of this machine is same-site: that is not enough)
 *   6. token       for everything but the page with its files and the exchange of a one-time code      401
 *   7. upgrade     even a well-behaved one: this host has no sockets                                   501
 *
 * The page and the app's files are open on purpose: they hold no secret, and a browser cannot send a bearer with the
 * first request of a window.
 */

import type { IncomingMessage } from 'node:http'

import type { Secrets } from './sessions.ts'

/** The facts of a request that the decision rests on; header lists are as sent, one element a header line. */
export type Knock = {
  readonly method: string
  /** Request target as sent. */
  readonly target: string
  readonly upgrade: boolean
  readonly host: readonly string[]
  readonly origin: readonly string[]
  readonly secFetchSite: readonly string[]
  readonly authorization: readonly string[]
  readonly cookie: readonly string[]
}

export type Verdict =
  | { readonly kind: 'allow'; readonly route: Route }
  | { readonly kind: 'refuse'; readonly status: number; readonly reason: string }

/** Where an allowed request goes. */
export type Route =
  | { readonly kind: 'file' }
  | { readonly kind: 'session' }
  | { readonly kind: 'events' }
  | { readonly kind: 'upload'; readonly upload: string }
  | { readonly kind: 'call'; readonly method: string }

/** The `Host` values that mean this server: equality, no prefix, no DNS. Port 80 is left out as browsers do. */
export function ownHosts(port: number): readonly string[] {
  return ['127.0.0.1', 'localhost', '[::1]'].map((name) => new URL(`http://${name}:${port}`).host)
}

/** Reads the facts off a request of node:http. */
export function knockOf(request: IncomingMessage, upgrade: boolean): Knock {
  const headers = request.headersDistinct
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    upgrade,
    host: headers.host ?? [],
    origin: headers.origin ?? [],
    secFetchSite: headers['sec-fetch-site'] ?? [],
    authorization: headers.authorization ?? [],
    cookie: headers.cookie ?? [],
  }
}

/** Decides on a request. Pure: the same facts and secrets give the same verdict. */
export function judge(knock: Knock, port: number, secrets: Secrets): Verdict {
  const path = pathOf(knock.target)
  if (path === null) return refuse(400, 'Expected a path on this server as the request target.')

  const host = knock.host.length === 1 ? knock.host[0] : undefined
  if (host === undefined || !ownHosts(port).includes(host)) {
    return refuse(421, "Expected this studio's own address as Host. Open the link that the terminal printed.")
  }

  const methods = methodsOf(path)
  if (!methods.includes(knock.method)) return refuse(405, `Expected ${methods.join(' or ')} at this address.`)

  const originRequired = knock.upgrade || knock.method === 'POST'
  if ((originRequired || knock.origin.length > 0) && !isExactly(knock.origin, `http://${host}`)) {
    return refuse(403, "Expected a request from the studio's own page.")
  }

  const opensPage = path === '/' && !knock.upgrade && isExactly(knock.secFetchSite, 'none')
  if (knock.secFetchSite.length > 0 && !opensPage && !isExactly(knock.secFetchSite, 'same-origin')) {
    return refuse(403, "Expected a request from the studio's own page. Paste the link into the address bar.")
  }

  const route = routeOf(path)
  const open = route.kind === 'file' || route.kind === 'session'
  if (knock.upgrade || isArt(path) || !open) {
    const bearer = knock.authorization.length === 1 && secrets.isBearer(bearerOf(knock.authorization[0]))
    const seesArt = cookieValues(knock.cookie, secrets.cookieName).some(secrets.isArtKey)
    if (!bearer && !(seesArt && isArt(path) && !knock.upgrade)) {
      return refuse(401, 'This window has no access, or no longer. Open the newest link from the terminal.')
    }
  }

  if (knock.upgrade) return refuse(501, 'There is no socket here; events come from GET /api/events.')
  return { kind: 'allow', route }
}

/** The path of a request target without its query, or null when the target is not a path. */
function pathOf(target: string): string | null {
  return target.startsWith('/') ? (target.split('?', 1)[0] ?? null) : null
}

function methodsOf(path: string): readonly string[] {
  if (path === '/api/events') return ['GET']
  return path.startsWith('/api/') ? ['POST'] : ['GET', 'HEAD']
}

function routeOf(path: string): Route {
  if (path === '/api/events') return { kind: 'events' }
  if (path === '/api/session') return { kind: 'session' }
  if (path.startsWith(uploadPath)) return { kind: 'upload', upload: path.slice(uploadPath.length) }
  return path.startsWith('/api/') ? { kind: 'call', method: path.slice('/api/'.length) } : { kind: 'file' }
}

const uploadPath = '/api/upload/'

function isArt(path: string): boolean {
  return path.startsWith('/art/')
}

function isExactly(values: readonly string[], expected: string): boolean {
  return values.length === 1 && values[0] === expected
}

function bearerOf(authorization: string | undefined): string {
  return /^Bearer ([\w-]+)$/.exec(authorization ?? '')?.[1] ?? ''
}

function cookieValues(headers: readonly string[], name: string): readonly string[] {
  return headers
    .flatMap((header) => header.split(';'))
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}

function refuse(status: number, reason: string): Verdict {
  return { kind: 'refuse', status, reason }
}
