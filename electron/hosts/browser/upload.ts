/** POST /api/upload/<upload>?path=...&offset=N with a piece of a file as the body: the way of a model folder into the studio. */

import type { IncomingMessage } from 'node:http'

import { maxPieceBytes } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { Studio } from '../../core/studio.ts'
import { refusal, type Reply } from './reply.ts'

/** Appends a piece; nothing but the piece itself is held in memory. */
export async function answerUpload(
  request: IncomingMessage,
  studio: Pick<Studio, 'receive'>,
  upload: string,
): Promise<Reply> {
  if (request.headers['content-type'] !== 'application/octet-stream') {
    return refusal(415, 'bad_input', 'Expected Content-Type: application/octet-stream.')
  }
  const asked = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams
  const offset = asked.get('offset') ?? ''
  if (!/^\d{1,15}$/.test(offset)) {
    return refusal(400, 'bad_input', 'Expected the offset of a piece as a whole number.')
  }
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.byteLength
    if (length > maxPieceBytes) {
      return refusal(413, 'bad_input', `Expected at most ${maxPieceBytes} bytes in one piece, found more.`)
    }
    pieces.push(piece)
  }
  try {
    const path = asked.get('path') ?? ''
    await studio.receive({ upload, path, offset: Number(offset), bytes: Buffer.concat(pieces, length) })
    return { status: 200, answer: { ok: true, value: null } }
  } catch (error) {
    return { status: 200, answer: { ok: false, error: toErrorData(error) } }
  }
}
