import type { IncomingMessage } from 'node:http'

import { refusal } from './reply.ts'
import type { Reply } from './reply.ts'

/** Largest body of a call, in bytes; the longest prompt with everything beside it takes a tenth of it. */
export const maxBodyBytes = 64 * 1024

export type Body =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'refused'; readonly reply: Reply }

/** Reads a JSON body of at most so many bytes; an empty one is `undefined`. */
export async function readJson(request: IncomingMessage, maxBytes = maxBodyBytes): Promise<Body> {
  if (!/^application\/json(; *charset=utf-8)?$/i.test(request.headers['content-type'] ?? '')) {
    return refused(415, 'Expected Content-Type: application/json.')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    if (bytes <= maxBytes) chunks.push(chunk)
    // What is a little too large is read to its end and dropped: who is cut off while sending does not hear why.
    else if (bytes > 2 * maxBytes) break
  }
  if (bytes > maxBytes) {
    return refused(
      413,
      `Expected at most ${maxBytes / 1024} kB in one request, found more. Shorten the prompt, or take a smaller picture.`,
    )
  }
  if (bytes === 0) return { kind: 'json', value: undefined }
  try {
    return { kind: 'json', value: JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown }
  } catch {
    return refused(400, 'Expected JSON, found something else.')
  }
}

function refused(status: number, message: string): Body {
  return { kind: 'refused', reply: refusal(status, 'bad_input', message) }
}
