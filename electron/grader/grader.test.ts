import assert from 'node:assert/strict'
import { decode } from 'fast-png'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, test } from 'node:test'

import type { RgbImage } from '../core/runs/adapters.ts'
import { createGrader } from './grader.ts'
import { chatCompletions, graderSettings } from './settings.ts'

const aspects = ['accuracy', 'originality', 'visual_quality', 'consistency', 'emotional_resonance']
const content = (mark: number) =>
  JSON.stringify(Object.fromEntries(aspects.map((name) => [name, { reason: 'As seen.', mark }])))
const completion = (message: object) => JSON.stringify({ choices: [{ finish_reason: 'stop', message }] })
const good = (mark: number) => completion({ content: content(mark) })

const picture = (seed: number): RgbImage => ({
  width: 5,
  height: 3,
  data: Uint8Array.from({ length: 45 }, (_, i) => (i * 37 + seed * 59) % 256),
})

type Asked = { readonly path: string; readonly authorization: string | undefined; readonly body: string }
type Answer = (response: ServerResponse, call: number) => void

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server on a free port that answers the n-th request (1-based) as told, and keeps what it was asked. */
async function serve(answer: Answer): Promise<{ readonly endpoint: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((incoming: IncomingMessage, response) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
    incoming.on('end', () => {
      asked.push({ path: incoming.url ?? '', authorization: incoming.headers.authorization, body })
      answer(response, asked.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked }
}

const reply =
  (body: string, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)

const limits = { deadlineMs: 20_000, backOffMs: 1 }
const grade = (endpoint: string, images: number, deadlineMs = limits.deadlineMs) =>
  createGrader({ endpoint, model: 'local-vision' }, { ...limits, deadlineMs }).grade({
    images: Array.from({ length: images }, (_, i) => picture(i)),
    prompt: 'two red stars',
    signal: new AbortController().signal,
  })

test('each image is asked about once, in order, with its own pixels, and gets its own score', async () => {
  const { endpoint, asked } = await serve((response, call) => reply(good(call))(response, call))
  const { scores, fault, seconds } = await grade(`${endpoint}/`, 3)
  assert.deepEqual(scores, [1, 2, 3])
  assert.equal(fault, null)
  assert.ok(seconds > 0)
  assert.equal(asked.length, 3)
  for (const [i, { path, authorization, body }] of asked.entries()) {
    assert.equal(path, '/v1/chat/completions')
    assert.equal(authorization, undefined)
    const url = /"url":"data:image\/png;base64,([^"]+)"/.exec(body)?.[1] ?? ''
    assert.deepEqual(new Uint8Array(decode(Buffer.from(url, 'base64')).data), picture(i).data)
    assert.match(body, /"model":"local-vision".*The prompt: two red stars/)
  }
})

test('a key is sent as a bearer token', async () => {
  const { endpoint, asked } = await serve(reply(good(5)))
  const grader = createGrader({ endpoint, model: 'm', apiKey: 'secret' }, limits)
  await grader.grade({ images: [picture(1)], prompt: 'p', signal: new AbortController().signal })
  assert.equal(asked[0]?.authorization, 'Bearer secret')
})

test('a refusal costs that image alone, is not asked for again, and is no zero', async () => {
  const refusal = completion({ content: null, refusal: 'No.' })
  const { endpoint, asked } = await serve((response, call) =>
    reply(call === 2 ? refusal : good(8))(response, call),
  )
  const { scores, fault } = await grade(endpoint, 3)
  assert.deepEqual(scores, [8, null, 8])
  assert.equal(fault?.code, 'grader_failed')
  assert.match(fault.message, /local-vision at http:\/\/127.* a refusal: No\./)
  assert.equal(asked.length, 3)
})

test('a malformed answer is asked for again, three times at most', async () => {
  const { endpoint, asked } = await serve(reply(completion({ content: 'Lovely!' })))
  const { scores, fault } = await grade(endpoint, 1)
  assert.deepEqual(scores, [null])
  assert.match(fault?.message ?? '', /for accuracy: Lovely! \(asked 4 times\)/)
  assert.equal(asked.length, 4)
})

for (const status of [500, 503, 429]) {
  test(`status ${status} and then a good answer is a score`, async () => {
    const { endpoint, asked } = await serve((response, call) =>
      reply(call < 3 ? 'busy' : good(7), call < 3 ? status : 200)(response, call),
    )
    assert.deepEqual(await grade(endpoint, 1).then(({ scores, fault }) => [scores, fault]), [[7], null])
    assert.equal(asked.length, 3)
  })
}

test('a connection that breaks in the middle is tried again', async () => {
  const { endpoint, asked } = await serve((response, call) => {
    if (call > 1) return reply(good(6))(response, call)
    response.writeHead(200, { 'content-length': 1000 })
    response.write('{"choices"', () => response.destroy())
  })
  assert.deepEqual((await grade(endpoint, 1)).scores, [6])
  assert.equal(asked.length, 2)
})

test('a request that the server does not take is not repeated, and its reason is told', async () => {
  const { endpoint, asked } = await serve(reply('{"error": "model not found"}', 404))
  const { scores, fault } = await grade(endpoint, 2)
  assert.deepEqual(scores, [null, null])
  assert.match(fault?.message ?? '', /status 404: \{"error": "model not found"\}/)
  assert.equal(asked.length, 2)
})

test('a redirection is not followed', async () => {
  const elsewhere = await serve(reply(good(9)))
  const { endpoint } = await serve((response) => {
    response.writeHead(307, { location: `${elsewhere.endpoint}/chat/completions` }).end()
  })
  const { scores, fault } = await grade(endpoint, 1)
  assert.deepEqual(scores, [null])
  assert.match(fault?.message ?? '', /status 307/)
  assert.equal(elsewhere.asked.length, 0)
})

test('a server that never answers, or drips for ever, is given up at the deadline and not asked again', async () => {
  const drips: Answer = (response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }
  for (const answer of [() => undefined, drips]) {
    const { endpoint, asked } = await serve(answer)
    const { scores, fault } = await grade(endpoint, 1, 300)
    assert.deepEqual(scores, [null])
    assert.match(fault?.message ?? '', /no whole answer within 0\.3 s\./)
    assert.ok(asked.length <= 1, `${asked.length} requests`)
  }
})

test('an endless answer is dropped at a megabyte', async () => {
  let written = 0
  const { endpoint, asked } = await serve((response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const pour = (): void => {
      if (response.destroyed) return
      written += chunk.length
      response.write(chunk, pour)
    }
    pour()
  })
  const { scores, fault } = await grade(endpoint, 1)
  assert.deepEqual(scores, [null])
  assert.match(fault?.message ?? '', /more than 1048576 bytes/)
  assert.equal(asked.length, 1)
  assert.ok(written < 64 * 2 ** 20, `${written} bytes poured before the connection was closed`)
})

test('a server that is not there is tried four times, for one image only', async () => {
  const { endpoint } = await serve(reply(good(1)))
  for (const close of closers.splice(0)) close()
  const { scores, fault } = await grade(endpoint, 50)
  assert.deepEqual(new Set(scores), new Set([null]))
  assert.equal(scores.length, 50)
  assert.match(fault?.message ?? '', /ECONNREFUSED.*asked 4 times/)
})

test('cancelling ends a request under way and a wait between two', async () => {
  const cancel = new AbortController()
  const silent = await serve(() => cancel.abort())
  const asking = (endpoint: string, signal: AbortSignal, backOffMs: number) =>
    createGrader({ endpoint, model: 'm' }, { deadlineMs: 60_000, backOffMs }).grade({
      images: [picture(1), picture(2)],
      prompt: 'p',
      signal,
    })
  await assert.rejects(asking(silent.endpoint, cancel.signal, 1), { code: 'cancelled' })
  assert.equal(silent.asked.length, 1)
  const later = new AbortController()
  const busy = await serve((response, call) => {
    response.on('finish', () => setImmediate(() => later.abort()))
    reply('', 503)(response, call)
  })
  await assert.rejects(asking(busy.endpoint, later.signal, 60_000), { code: 'cancelled' })
  assert.equal(busy.asked.length, 1)
})

test('endpoints on this machine are taken, in any spelling', () => {
  for (const [endpoint, url] of [
    ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/v1/chat/completions'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/chat/completions'],
    ['http://127.8.9.10/v1/', 'http://127.8.9.10/v1/chat/completions'],
    ['http://localhost:11434/v1', 'http://localhost:11434/v1/chat/completions'],
    ['http://[::1]:1234/v1', 'http://[::1]:1234/v1/chat/completions'],
    ['HTTP://0x7f000001:80/v1', 'http://127.0.0.1/v1/chat/completions'],
  ] as const) {
    assert.equal(chatCompletions(endpoint).href, url)
  }
})

test('everything else is refused with the reason, before anything is sent', () => {
  for (const [endpoint, found] of [
    ['https://api.openai.com/v1', /found https:\/\/api\.openai\.com/],
    ['http://192.168.0.7:8080/v1', /192\.168\.0\.7:8080, which is another machine; nothing leaves this one/],
    ['http://0.0.0.0:8080/v1', /another machine/],
    ['http://127.0.0.1.example.com/v1', /another machine/],
    ['http://localhost.example.com/v1', /another machine/],
    ['http://[::ffff:8.8.8.8]/v1', /another machine/],
    ['http://127.0.0.1@example.com/v1', /another machine/],
    ['http://user:secret@127.0.0.1/v1', /one with a password or a query/],
    ['http://127.0.0.1/v1?to=elsewhere', /one with a password or a query/],
    ['file:///etc/passwd', /found file:/],
    ['127.0.0.1:8080', /no address/],
    ['', /found nothing/],
  ] as const) {
    const refused = { name: 'StudioError', code: 'bad_input', message: found }
    assert.throws(() => createGrader({ endpoint, model: 'm' }), refused, endpoint)
    assert.throws(
      () => graderSettings({ GOLDPAN_GRADER_ENDPOINT: endpoint, GOLDPAN_GRADER_MODEL: 'm' }),
      refused,
    )
  }
})

test('the environment names endpoint, model and key; half of it is refused', () => {
  const endpoint = 'http://127.0.0.1:8080/v1'
  assert.equal(graderSettings({}), null)
  assert.equal(graderSettings({ GOLDPAN_GRADER_ENDPOINT: '', GOLDPAN_GRADER_API_KEY: 'k' }), null)
  const both = { GOLDPAN_GRADER_ENDPOINT: endpoint, GOLDPAN_GRADER_MODEL: 'qwen' }
  assert.deepEqual(graderSettings(both), { endpoint, model: 'qwen' })
  assert.deepEqual(graderSettings({ ...both, GOLDPAN_GRADER_API_KEY: 'k' }), {
    endpoint,
    model: 'qwen',
    apiKey: 'k',
  })
  assert.throws(() => graderSettings({ GOLDPAN_GRADER_ENDPOINT: endpoint }), {
    message: /GOLDPAN_GRADER_MODEL: expected the name/,
  })
})
