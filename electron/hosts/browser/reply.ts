/** What the browser host answers a call with: a status and the contract's `Answer` as JSON. */

import type { ServerResponse } from 'node:http'

import type { Answer } from '../../../shared/contract.ts'
import type { ErrorCode } from '../../../shared/errors.ts'
import { commonHeaders } from '../security-headers.ts'

export type Reply = {
  readonly status: number
  readonly answer: Answer<unknown>
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal; the connection ends with it, so that the rest of the request need not be read. */
export function refusal(status: number, code: ErrorCode, message: string): Reply {
  return { status, answer: { ok: false, error: { code, message } }, headers: { connection: 'close' } }
}

export function sendReply(response: ServerResponse, { status, answer, headers }: Reply): void {
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
