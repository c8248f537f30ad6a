/**
 * The LLM grader as the run sees it: asks a server on this machine for marks, again where that may help, and never
 * longer than it was told to wait.
 */

import { Buffer } from 'node:buffer'
import { encode } from 'fast-png'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { StudioError } from '../../shared/errors.ts'
import type { Grader, RgbImage } from '../core/runs/adapters.ts'
import { gradingRequest, readGrade } from '../core/verifiers/llm-grader.ts'
import { chatCompletions, type GraderSettings } from './settings.ts'

/** How long the grader is waited for. A vision model on a CPU takes tens of seconds for an image. */
export type GraderPatience = {
  /** Of one request, until its answer is complete. */
  readonly deadlineMs: number
  /** Before the first repetition; doubled for each that follows. */
  readonly backOffMs: number
}

const patience: GraderPatience = { deadlineMs: 120_000, backOffMs: 500 }
const repetitions = 3
/** Marks and five sentences take a few kB. */
const maxAnswerBytes = 2 ** 20

/** What one request came to. */
type Reply =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** No answer: the server is not there, or let the connection go. */
  | { readonly kind: 'unreachable'; readonly found: string }
  /** Too slow or too long: asking again would take as much again. */
  | { readonly kind: 'excessive'; readonly found: string }

/** What an image came to: a score, or why it has none. */
type Verdict = { readonly score: number } | { readonly fault: StudioError; readonly goOn: boolean }

/**
 * Throws `bad_input` for an endpoint that is not on this machine. Whether a server is there shows with the first image.
 */
export function createGrader(settings: GraderSettings, limits: GraderPatience = patience): Grader {
  const url = chatCompletions(settings.endpoint)

  /** Asks once. Never rejects; an aborted request is `unreachable`. */
  const ask = (body: string, signal: AbortSignal): Promise<Reply> =>
    new Promise((resolve) => {
      const outgoing = request(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` }),
        },
        // An agent of its own never goes through a proxy, which would be another machine.
        agent: new Agent(),
        signal,
      })
      const end = (reply: Reply): void => {
        clearTimeout(deadline)
        outgoing.destroy()
        resolve(reply)
      }
      const deadline = setTimeout(
        () => end({ kind: 'excessive', found: `no whole answer within ${limits.deadlineMs / 1000} s` }),
        limits.deadlineMs,
      )
      outgoing.on('error', (error) => end({ kind: 'unreachable', found: error.message }))
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > maxAnswerBytes) {
            end({ kind: 'excessive', found: `an answer of more than ${maxAnswerBytes} bytes` })
          } else chunks.push(chunk)
        })
        response.on('end', () =>
          end({
            kind: 'answer',
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        )
        response.on('error', (error) => end({ kind: 'unreachable', found: error.message }))
      })
      outgoing.end(body)
    })

  const gradeOne = async (image: RgbImage, prompt: string, signal: AbortSignal): Promise<Verdict> => {
    const body = JSON.stringify(gradingRequest(settings.model, prompt, dataUrl(image)))
    for (let tries = 1; ; tries++) {
      const judged = judge(await ask(body, signal))
      throwIfAborted(signal)
      if ('score' in judged) return judged
      if (!judged.again || tries > repetitions) {
        const times = tries === 1 ? '' : ` (asked ${tries} times)`
        return { fault: failed(settings, `${judged.found}${times}`), goOn: judged.goOn }
      }
      await sleep(limits.backOffMs * 2 ** (tries - 1), undefined, { signal }).catch(() => undefined)
      throwIfAborted(signal)
    }
  }

  /** One image after the other, whoever asks: a local server has one model, and a deadline counts no waiting for it. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = (...args: Parameters<typeof gradeOne>): Promise<Verdict> => {
    const next = (): Promise<Verdict> => gradeOne(...args)
    const turn = last.then(next, next)
    last = turn
    return turn
  }

  return {
    model: settings.model,
    async grade({ images, prompt, signal }) {
      const started = performance.now()
      const scores: (number | null)[] = images.map(() => null)
      let fault: StudioError | null = null
      for (const [i, image] of images.entries()) {
        const verdict = await inTurn(image, prompt, signal)
        if ('score' in verdict) scores[i] = verdict.score
        else {
          fault = verdict.fault
          if (!verdict.goOn) break
        }
      }
      return { scores, fault, seconds: (performance.now() - started) / 1000 }
    },
  }
}

/** What a reply is worth: a score; or why there is none, whether to ask again, and whether to ask for other images. */
function judge(
  reply: Reply,
): { readonly score: number } | { readonly found: string; readonly again: boolean; readonly goOn: boolean } {
  if (reply.kind !== 'answer') {
    return { found: reply.found, again: reply.kind === 'unreachable', goOn: reply.kind === 'excessive' }
  }
  const { status, body } = reply
  if (status !== 200) {
    const start = body.replaceAll(/\s+/g, ' ').trim().slice(0, 120)
    return { found: `status ${status}: ${start}`, again: status === 429 || status >= 500, goOn: true }
  }
  const grade = readGrade(body)
  switch (grade.kind) {
    case 'graded':
      return { score: grade.score }
    case 'refused':
      return { found: `a refusal: ${grade.found}`, again: false, goOn: true }
    case 'malformed':
      return { found: grade.found, again: true, goOn: true }
  }
}

function dataUrl({ width, height, data }: RgbImage): string {
  const png = encode({ width, height, data, channels: 3, depth: 8 })
  return `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new StudioError('cancelled', 'Cancelled while the grader was asked.')
}

function failed({ endpoint, model }: GraderSettings, found: string): StudioError {
  return new StudioError(
    'grader_failed',
    `Expected marks from ${model} at ${endpoint}, found ${found}. The image is kept without this score. Check that the server runs, that the model sees images and that it can answer in a JSON schema.`,
  )
}
