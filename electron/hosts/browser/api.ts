/** What the browser host answers under /api, for requests that the guard has let in. */

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Studio } from '../../core/studio.ts'
import type { Answer } from '../../../shared/contract.ts'
import type { ErrorCode } from '../../../shared/errors.ts'
import { answerCall, isStudioMethod } from '../answer-call.ts'
import { openEventFeed } from '../event-feed.ts'
import type { EventSource } from '../event-feed.ts'
import { commonHeaders } from '../security-headers.ts'
import type { Sessions } from './sessions.ts'

/** Largest body of a call, in bytes; the longest prompt with everything beside it takes a tenth of it. */
export const maxBodyBytes = 64 * 1024

/** Windows that can watch at once. A browser opens six connections to one server: with more, it would stand still. */
export const maxEventStreams = 4

/** A comment line goes out this often, so that a dead connection is noticed; a reader that misses two is dropped. */
const keepAliveMs = 15_000

/** POST /api/session `{"code"}`: a one-time code for the bearer, and the cookie that opens images. */
export async function answerSession(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Sessions,
  onNewCode: () => void,
): Promise<void> {
  const body = await readJson(request)
  if (body.kind === 'refused') return sendError(response, body.status, 'bad_input', body.reason)
  const code = codeIn(body.value)
  if (code === null)
    return sendError(response, 400, 'bad_input', 'Expected {"code": text}, found something else.')

  const redemption = sessions.redeem(code)
  switch (redemption.kind) {
    case 'granted': {
      const cookie = `${sessions.cookieName}=${redemption.artKey}; HttpOnly; SameSite=Strict; Path=/art`
      sendJson(response, 200, { ok: true, value: { token: redemption.bearer } }, { 'set-cookie': cookie })
      onNewCode()
      return
    }
    case 'stale':
      if (redemption.fresh) onNewCode()
      return sendError(
        response,
        401,
        'unauthorised',
        'This link was used before, or is older than a minute. Open the newest link from the terminal.',
      )
    case 'unknown':
      return sendError(
        response,
        401,
        'unauthorised',
        'Expected a link that this studio has printed, found another. Open the newest link from the terminal.',
      )
  }
}

/** POST /api/<method> with the argument as JSON, or without a body: the studio's answer. */
export async function answerApiCall(
  request: IncomingMessage,
  response: ServerResponse,
  studio: Pick<Studio, 'api'>,
  method: string,
): Promise<void> {
  if (!isStudioMethod(method)) {
    return sendError(response, 404, 'not_found', 'The studio has no such method. Reload the page.')
  }
  const body = await readJson(request)
  if (body.kind === 'refused') return sendError(response, body.status, 'bad_input', body.reason)
  sendJson(response, 200, await answerCall(studio.api, method, body.value))
}

/** Open event streams of one server. */
export type EventStreams = {
  /** GET /api/events: `data: <StudioEvent as JSON>` for every event, the live runs first. */
  open(response: ServerResponse): Promise<void>
  closeAll(): void
}

export function createEventStreams(source: EventSource): EventStreams {
  const open = new Set<ServerResponse>()
  return {
    async open(response) {
      if (open.size >= maxEventStreams) {
        const reason = `At most ${maxEventStreams} windows can watch at once. Close one of them.`
        return sendError(response, 429, 'bad_input', reason)
      }
      open.add(response)
      response.once('close', () => open.delete(response))
      await stream(source, response)
    },
    closeAll() {
      for (const response of open) response.end()
    },
  }
}

async function stream(source: EventSource, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    ...commonHeaders,
    'cache-control': 'no-store',
    'content-type': 'text/event-stream; charset=utf-8',
  })
  response.write(': the live runs of this moment come first\n\n')

  const feed = await openEventFeed(source)
  if (response.closed) return feed.close()
  let missed = 0
  const heartbeat = setInterval(() => {
    missed = response.writableNeedDrain ? missed + 1 : 0
    if (missed >= 2) response.destroy()
    else if (missed === 0) response.write(': still here\n\n')
  }, keepAliveMs)
  const ended = new Promise<void>((resolve) =>
    response.once('close', () => {
      clearInterval(heartbeat)
      feed.close()
      resolve()
    }),
  )

  for (;;) {
    const events = await feed.next()
    if (events.length === 0) return
    const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    // Until a slow reader has taken this, the feed keeps only the newest state of each run.
    if (!response.write(text)) await Promise.race([ended, drained(response)])
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once('drain', () => resolve()))
}

type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }

/** Reads a JSON body; an empty one is `undefined`. */
async function readJson(request: IncomingMessage): Promise<Body> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json(; *charset=utf-8)?$/i.test(type)) {
    return { kind: 'refused', status: 415, reason: 'Expected Content-Type: application/json.' }
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes > maxBodyBytes) {
      const reason = `Expected at most ${maxBodyBytes / 1024} kB in one request, found more. Shorten the prompt.`
      return { kind: 'refused', status: 413, reason }
    }
    chunks.push(chunk)
  }
  if (bytes === 0) return { kind: 'json', value: undefined }
  try {
    return { kind: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  } catch {
    return { kind: 'refused', status: 400, reason: 'Expected JSON, found something else.' }
  }
}

function codeIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null
  return typeof body.code === 'string' && body.code.length <= 100 ? body.code : null
}

function sendError(response: ServerResponse, status: number, code: ErrorCode, message: string): void {
  // The rest of a refused request is not read; the connection ends with the answer.
  sendJson(response, status, { ok: false, error: { code, message } }, { connection: 'close' })
}

function sendJson(
  response: ServerResponse,
  status: number,
  answer: Answer<unknown>,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = Buffer.from(JSON.stringify(answer))
  response.writeHead(status, {
    ...commonHeaders,
    'cache-control': 'no-store',
    'content-length': body.byteLength,
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
  response.end(body)
}
