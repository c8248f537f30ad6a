/**
 * The browser host: the studio's page and calls on the loopback interface, for machines where Electron's runtime cannot
 * be had. Every request, and every upgrade, passes the guard before anything else looks at it. Nothing that a request
 * carries is logged.
 */

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

import type { Studio } from '../../core/studio.ts'
import { StudioError } from '../../../shared/errors.ts'
import { commonHeaders } from '../security-headers.ts'
import { createFileServer } from '../serve-files.ts'
import type { FileServer } from '../serve-files.ts'
import { answerApiCall, answerSession } from './calls.ts'
import { createEventStreams } from './event-streams.ts'
import { judge, knockOf } from './guard.ts'
import { refusal, sendReply } from './reply.ts'
import { createSessions } from './sessions.ts'
import { answerUpload } from './upload.ts'

export type BrowserHost = {
  readonly port: number
  /** Address of the page, without a code: of use only to a window that has access already. */
  readonly url: string
  /** The first link: opens one window, within a minute. */
  readonly link: string
  /** Ends the event streams and stops the server, at the latest after half a second. The studio stays open. */
  close(): Promise<void>
}

/** How long a client may take, in milliseconds; the tests shorten them. */
export type Patience = {
  readonly headersMs: number
  readonly requestMs: number
  readonly idleMs: number
  readonly keepAliveMs: number
}

const patience: Patience = { headersMs: 10_000, requestMs: 20_000, idleMs: 60_000, keepAliveMs: 15_000 }
const maxHeaderBytes = 8 * 1024
const maxConnections = 64
const closeMs = 500

/**
 * Starts the server on 127.0.0.1; there is no way to make it listen elsewhere.
 *
 * @param options.appFolder folder of the built renderer
 * @param options.port a fixed port, or a free one when left out
 * @param options.onLink called with a fresh link whenever the last one has been used or has been tried too late, so that
 *   the terminal can print it for the next window
 * @param options.nowMs the monotonic clock by which links grow old
 * @throws StudioError `port_taken`, `bad_input` (not a port), `not_found` (renderer not built)
 */
export async function startBrowserHost(options: {
  readonly studio: Studio
  readonly appFolder: string
  readonly port?: number | undefined
  readonly onLink: (link: string) => void
  readonly patience?: Patience
  readonly nowMs?: () => number
}): Promise<BrowserHost> {
  const { studio, onLink } = options
  const serveFile = createFileServer({ appFolder: options.appFolder, images: studio })
  const limits = options.patience ?? patience
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: Math.min(2_000, limits.headersMs),
  })
  server.maxConnections = maxConnections
  server.timeout = limits.idleMs

  const port = await listen(server, options.port ?? 0)
  const url = `http://127.0.0.1:${port}/`
  const sessions = createSessions(port, options.nowMs)
  const streams = createEventStreams(studio, limits.keepAliveMs)
  const currentLink = () => `${url}#code=${sessions.currentCode()}`

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const verdict = judge(knockOf(request, false), port, sessions)
    if (verdict.kind === 'refuse') {
      refuse(request, response, verdict.status, verdict.reason)
      return
    }
    const { route } = verdict
    switch (route.kind) {
      case 'file':
        await sendFile(request, response, serveFile, url)
        return
      case 'session':
        sendReply(response, await answerSession(request, sessions, () => onLink(currentLink())))
        return
      case 'events':
        await streams.open(response)
        return
      case 'upload':
        sendReply(response, await answerUpload(request, studio, route.upload))
        return
      case 'call':
        // A training or a replay may wait for hours behind a run; how long the body may take, is limited apart.
        request.socket.setTimeout(0)
        sendReply(response, await answerApiCall(request, studio.api, route.method))
        request.socket.setTimeout(limits.idleMs)
        return
    }
  }
  server.on('request', (request, response) => {
    // What is left to go wrong here is a client that went away in the middle.
    answer(request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket) => {
    const verdict = judge(knockOf(request, true), port, sessions)
    const { status, reason } =
      verdict.kind === 'refuse' ? verdict : { status: 501, reason: 'There is no socket here.' }
    refuseUpgrade(socket, status, reason)
  })

  return { port, url, link: currentLink(), close: () => close(server, streams.closeAll) }
}

function listen(server: Server, port: number): Promise<number> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StudioError('bad_input', `port: expected a whole number from 1 to 65535, found ${port}`)
  }
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    const message =
      `Expected port ${port} of 127.0.0.1 to be free, found another program on it (perhaps a studio that is ` +
      'still open). Leave --port out to get a free one, or choose another.'
    return new StudioError('port_taken', message, { cause: error })
  }
  if (error.code === 'EACCES') {
    const message = `port: expected one that this user may open, found ${port}. Choose one from 1024 to 65535.`
    return new StudioError('bad_input', message, { cause: error })
  }
  return error
}

/** Through the function that the desktop host uses too. */
async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  serveFile: FileServer,
  url: string,
): Promise<void> {
  const etag = request.headers['if-none-match']
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const answer = await serveFile(
    new Request(new URL(url).origin + (request.url ?? '/'), {
      method: request.method ?? 'GET',
      headers: etag === undefined ? {} : { 'if-none-match': etag },
      signal: gone.signal,
    }),
  )
  if (gone.signal.aborted) return
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.end(Buffer.from(await answer.arrayBuffer()))
}

/** Data for the page's own client, a sentence for a person. Never a part of the request. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, reason: string): void {
  if (request.url?.startsWith('/api/') === true) {
    sendReply(response, refusal(status, status === 401 ? 'unauthorised' : 'bad_input', reason))
    return
  }
  const body = `${reason}\n`
  response.writeHead(status, {
    ...commonHeaders,
    'cache-control': 'no-store',
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    'content-type': 'text/plain; charset=utf-8',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.on('error', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
    () => socket.destroy(),
  )
}

function close(server: Server, endStreams: () => void): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), closeMs)
    server.close(() => {
      clearTimeout(force)
      resolve()
    })
    endStreams()
    server.closeIdleConnections()
  })
}
