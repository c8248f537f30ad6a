/** GET /api/events: `data: <StudioEvent as JSON>` for every event, as text/event-stream; the live runs come first. */

import type { ServerResponse } from 'node:http'

import { openEventFeed } from '../event-feed.ts'
import type { EventSource } from '../event-feed.ts'
import { commonHeaders } from '../security-headers.ts'
import { refusal, sendReply } from './reply.ts'

/** Windows that can watch at once. A browser opens six connections to one server: with more, it would stand still. */
export const maxEventStreams = 4

/** The open event streams of one server. */
export type EventStreams = {
  /** Answers a request with a stream; resolves when it has ended. */
  readonly open: (response: ServerResponse) => Promise<void>
  readonly closeAll: () => void
}

/**
 * @param keepAliveMs a comment line goes out this often, so that a dead connection is noticed; a reader that has not taken
 *   anything for two of them is dropped
 */
export function createEventStreams(source: EventSource, keepAliveMs: number): EventStreams {
  const open = new Set<ServerResponse>()
  return {
    async open(response) {
      if (open.size >= maxEventStreams) {
        const reason = `At most ${maxEventStreams} windows can watch at once. Close one of them.`
        sendReply(response, refusal(429, 'bad_input', reason))
        return
      }
      open.add(response)
      response.once('close', () => open.delete(response))
      await stream(source, response, keepAliveMs)
    },
    closeAll() {
      for (const response of open) response.end()
    },
  }
}

async function stream(source: EventSource, response: ServerResponse, keepAliveMs: number): Promise<void> {
  response.writeHead(200, {
    ...commonHeaders,
    'cache-control': 'no-store',
    'content-type': 'text/event-stream; charset=utf-8',
  })
  response.write(': the live runs of this moment come first\n\n')

  const feed = await openEventFeed(source)
  const stopKeepingAlive = keepAlive(response, keepAliveMs)
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      stopKeepingAlive()
      feed.close()
      resolve()
    }
    if (response.closed) end()
    else response.once('close', end)
  })

  for (;;) {
    const events = await feed.next()
    if (events.length === 0) return
    const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
    // Until a slow reader has taken this, the feed keeps only the newest state of each run.
    if (!response.write(text)) await Promise.race([ended, drained(response)])
  }
}

function keepAlive(response: ServerResponse, everyMs: number): () => void {
  let missed = 0
  const heartbeat = setInterval(() => {
    missed = response.writableNeedDrain ? missed + 1 : 0
    if (missed >= 2) response.destroy()
    else if (missed === 0) response.write(': still here\n\n')
  }, everyMs)
  return () => {
    clearInterval(heartbeat)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) =>
    response.once('drain', () => {
      resolve()
    }),
  )
}
