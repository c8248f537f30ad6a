/** What the browser host answers under POST /api, for requests that the guard has let in. */

import type { IncomingMessage } from 'node:http'

import { maxBase64 } from '../../../shared/call-arguments.ts'
import type { StudioApi, StudioMethod } from '../../../shared/contract.ts'
import { maxMarks } from '../../../shared/gallery.ts'
import { maxPictureBase64 } from '../../../shared/gallery-arguments.ts'
import { maxDraftLength } from '../../../shared/preferences.ts'
import { answerCall, isStudioMethod } from '../answer-call.ts'
import { maxBodyBytes, readJson } from './read-json.ts'
import { refusal } from './reply.ts'
import type { Reply } from './reply.ts'
import type { Sessions } from './sessions.ts'

/** Largest bodies of the calls that take more than words, in bytes: a mark is 60 bytes in JSON, a number 12. */
const largeBodies: { readonly [Method in StudioMethod]?: number } = {
  readSettings: maxBase64 + maxBodyBytes,
  addPicture: maxPictureBase64 + maxBodyBytes,
  mark: maxMarks * 12 + maxBodyBytes,
  restoreMarks: maxMarks * 60 + maxBodyBytes,
  addToBoard: maxMarks * 12 + maxBodyBytes,
  removeFromBoard: maxMarks * 12 + maxBodyBytes,
  removePictures: maxMarks * 12 + maxBodyBytes,
  restorePictures: maxMarks * 12 + maxBodyBytes,
  votes: maxMarks * 12 + maxBodyBytes,
  setPreferences: maxDraftLength * 3 + maxBodyBytes,
}

/**
 * POST /api/session `{"code"}`: a one-time code for `{"token"}`, and the cookie that opens images.
 *
 * @param onNewCode called when another code has taken the place of this one
 */
export async function answerSession(
  request: IncomingMessage,
  sessions: Sessions,
  onNewCode: () => void,
): Promise<Reply> {
  const body = await readJson(request)
  if (body.kind === 'refused') return body.reply
  const code = codeIn(body.value)
  if (code === null) return refusal(400, 'bad_input', 'Expected {"code": text}, found something else.')

  const redemption = sessions.redeem(code)
  switch (redemption.kind) {
    case 'granted':
      onNewCode()
      return {
        status: 200,
        answer: { ok: true, value: { token: redemption.bearer } },
        headers: {
          'set-cookie': `${sessions.cookieName}=${redemption.artKey}; HttpOnly; SameSite=Strict; Path=/art`,
        },
      }
    case 'stale':
      if (redemption.fresh) onNewCode()
      return unauthorised('This link was used before, or is older than a minute.')
    case 'unknown':
      return unauthorised('Expected a link that this studio has printed, found another.')
  }
}

/** POST /api/<method> with the argument as JSON, or with an empty body: the studio's answer. */
export async function answerApiCall(
  request: IncomingMessage,
  api: StudioApi,
  method: string,
): Promise<Reply> {
  if (!isStudioMethod(method)) {
    return refusal(404, 'not_found', 'The studio has no such method. Reload the page.')
  }
  const body = await readJson(request, largeBodies[method] ?? maxBodyBytes)
  if (body.kind === 'refused') return body.reply
  return { status: 200, answer: await answerCall(api, method, body.value) }
}

function unauthorised(what: string): Reply {
  return refusal(401, 'unauthorised', `${what} Open the newest link from the terminal.`)
}

function codeIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('code' in body)) return null
  return typeof body.code === 'string' && body.code.length <= 100 ? body.code : null
}
