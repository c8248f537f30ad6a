import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { TestContext } from 'node:test'

import type { StudioApi, StudioEvent } from '../../../shared/contract.ts'
import { maxPieceBytes, studioMethods } from '../../../shared/contract.ts'
import { StudioError } from '../../../shared/errors.ts'
import type { Studio } from '../../core/studio.ts'
import type { UploadPiece } from '../../core/uploads.ts'
import { fakeProgress, fakeStudio } from '../testing/fake-studio.ts'
import type { FakeStudio } from '../testing/fake-studio.ts'
import { maxMarks, type Mark } from '../../../shared/gallery.ts'
import { maxPictureBase64 } from '../../../shared/gallery-arguments.ts'
import { maxEventStreams } from './event-streams.ts'
import { maxBase64 } from '../../../shared/call-arguments.ts'
import { maxBodyBytes } from './read-json.ts'
import { guardTable } from './testing/guard-table.ts'
import { startBrowserHost } from './server.ts'
import type { BrowserHost, Patience } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-browser-host-'))
const page = '<!doctype html><title>page</title>'
const png = Buffer.from('\x89PNG\r\n\x1a\n picture', 'latin1')
const sha256 = createHash('sha256').update(png).digest('hex')
writeFileSync(join(folder, 'index.html'), page)
writeFileSync(join(folder, 'picture'), png)
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

type Running = {
  readonly host: BrowserHost
  readonly studio: FakeStudio
  readonly links: string[]
  readonly token: string
  /** `name=value` of the image cookie. */
  readonly cookie: string
  readonly post: (
    path: string,
    body: BodyInit | null,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>
}

async function start(
  t: TestContext,
  api: Partial<StudioApi> = {},
  patience: Partial<Patience> = {},
  thumbnail?: Studio['thumbnail'],
): Promise<Running> {
  const imageFile = (sha: string) => (sha === sha256 ? join(folder, 'picture') : null)
  const studio = fakeStudio(api, imageFile, thumbnail)
  const links: string[] = []
  const onLink = (link: string) => links.push(link)
  const host = await startBrowserHost({
    studio,
    appFolder: folder,
    onLink,
    patience: { headersMs: 60_000, requestMs: 60_000, idleMs: 60_000, keepAliveMs: 60_000, ...patience },
  })
  t.after(() => host.close())
  const post: Running['post'] = (path, body, headers = {}) =>
    fetch(`http://127.0.0.1:${host.port}${path}`, {
      method: 'POST',
      body,
      headers: { origin: `http://127.0.0.1:${host.port}`, 'content-type': 'application/json', ...headers },
    })
  const response = await post('/api/session', JSON.stringify({ code: codeOf(host.link) }))
  const answer = (await response.json()) as { value: { token: string } }
  const [cookie = ''] = response.headers.getSetCookie()
  return { host, studio, links, token: answer.value.token, cookie: cookie.split(';')[0] ?? '', post }
}

function codeOf(link: string): string {
  return new URL(link).hash.replace('#code=', '')
}

/** Sends bytes as they are and reads until the other side closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => (answer += data))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      resolve(answer)
    })
  })
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}

test('every row of the guard table holds on a running server', async (t) => {
  const { host, token, cookie } = await start(t, { runs: () => Promise.resolve([]) })
  const artKey = cookie.slice(cookie.indexOf('=') + 1)
  const fill = (text: string) =>
    text.replaceAll('PORT', String(host.port)).replaceAll('BEARER', token).replaceAll('ARTKEY', artKey)
  const differing: string[] = []
  for (const { name, method, target, headers, expected } of guardTable) {
    if (target === '/api/events' && expected === 'allow') continue // does not end; tested below
    const lines = headers.map(([key, value]) => `${key}: ${fill(value)}`)
    const body =
      method === 'POST' ? ['Content-Type: application/json', 'Content-Length: 2', '', '{}'] : ['', '']
    const close = headers.some(([key]) => key === 'Connection') ? [] : ['Connection: close']
    const answer = await raw(
      host.port,
      [`${method} ${target} HTTP/1.1`, ...lines, ...close, ...body].join('\r\n'),
    )
    const status = statusOf(answer)
    // Node's parser answers a request without Host by itself.
    const wanted = name.endsWith('no Host') ? 400 : expected
    if (status !== (wanted === 'allow' ? statusWhenAllowed(target) : wanted)) {
      differing.push(`${name}: expected ${wanted}, found ${status}`)
    }
    assert.ok(!answer.includes('Access-Control'), name)
    if (status >= 400) assert.ok(!answer.includes(token) && !answer.includes('attacker'), name)
  }
  assert.deepEqual(differing, [])
})

test('a piece of a folder arrives as it was sent, and no larger one than allowed', async (t) => {
  const { studio, post, token } = await start(t)
  const pieces: UploadPiece[] = []
  studio.receive = (piece) => {
    pieces.push(piece)
    return Promise.resolve()
  }
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
  const path = '/api/upload/0123456789ab?path=my+model%2Funet%2Fmodel.onnx&offset=8'
  const answer = await post(path, Buffer.from([0, 255, 1]), headers)
  assert.deepEqual(await answer.json(), { ok: true, value: null })
  assert.deepEqual(pieces, [
    {
      upload: '0123456789ab',
      path: 'my model/unet/model.onnx',
      offset: 8,
      bytes: Buffer.from([0, 255, 1]),
    },
  ])
  assert.equal((await post('/api/upload/x?path=a&offset=-1', 'x', headers)).status, 400)
  const large = Buffer.alloc(maxPieceBytes + 1)
  const status = await post('/api/upload/x?path=m/x&offset=0', large, headers).then(
    (refused) => refused.status,
    // The connection may be closed before all of it is sent.
    () => 413,
  )
  assert.equal(status, 413)
  assert.equal(pieces.length, 1)
})

/** What stands behind the guard in these tests: a page, a method, no other file, and a body that holds no code. */
function statusWhenAllowed(target: string): number {
  if (target === '/' || target === '/api/runs') return 200
  // It wants bytes, and this table sends JSON.
  if (target.startsWith('/api/upload/')) return 415
  return target === '/api/session' ? 400 : 404
}

test('hand-made requests that no browser sends are refused', async (t) => {
  const { host, token } = await start(t)
  const { port } = host
  const bad = [
    `GET / HTTP/1.0\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nHost: attacker.example\r\n\r\n`,
    `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost : 127.0.0.1:${port}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: a\0b\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
    `CONNECT attacker.example:80 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    `POST /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
    `\x16\x03\x01 not http at all\r\n\r\n`,
  ]
  for (const text of bad) {
    const status = statusOf(await raw(port, text))
    assert.ok(status === 0 || status >= 400, `${JSON.stringify(text.slice(0, 60))} gave ${status}`)
  }
  const fine = await raw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
  assert.equal(statusOf(fine), 200)
  assert.ok(!fine.includes(token))
})

test('the server listens on 127.0.0.1 and on no other address', async (t) => {
  const { host } = await start(t)
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => address !== '127.0.0.1')
    .map(({ address, scopeid }) => (scopeid === undefined || scopeid === 0 ? address : null))
    .filter((address) => address !== null)
  for (const address of others) await assert.rejects(reach(address, host.port), address)
  await reach('127.0.0.1', host.port)
})

function reach(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

test('the page is not stored, and nothing of another origin may use it', async (t) => {
  const { host } = await start(t)
  const answer = await fetch(host.url)
  assert.equal(await answer.text(), page)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/)
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(answer.headers.get('cross-origin-resource-policy'), 'same-origin')
  assert.equal(answer.headers.get('cross-origin-opener-policy'), 'same-origin')
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
})

test('a link opens one window; the terminal gets a fresh one and the used one is refused with what to do', async (t) => {
  const { host, links, post } = await start(t)
  assert.equal(links.length, 1, 'the first window was opened by start()')
  const again = await post('/api/session', JSON.stringify({ code: codeOf(host.link) }))
  assert.equal(again.status, 401)
  const answer = (await again.json()) as { error: { code: string; message: string } }
  assert.equal(answer.error.code, 'unauthorised')
  assert.match(answer.error.message, /newest link from the terminal/)
  assert.equal(again.headers.getSetCookie().length, 0)

  const [fresh = ''] = links
  assert.match(fresh, new RegExp(`^http://127\\.0\\.0\\.1:${host.port}/#code=[\\w-]{43}$`))
  assert.equal((await post('/api/session', JSON.stringify({ code: codeOf(fresh) }))).status, 200)
  assert.equal(links.length, 2)
})

test('the session cookie opens images and is kept from scripts and other sites', async (t) => {
  const { host, cookie, post, links } = await start(t)
  const response = await post('/api/session', JSON.stringify({ code: codeOf(links[0] ?? '') }))
  assert.equal(response.headers.getSetCookie()[0], `${cookie}; HttpOnly; SameSite=Strict; Path=/art`)
  assert.match(cookie, new RegExp(`^goldpan-art-${host.port}=[\\w-]{43}$`))
  const image = await fetch(`${host.url}art/${sha256}.png`, { headers: { cookie } })
  assert.equal(image.status, 200)
  assert.deepEqual(Buffer.from(await image.arrayBuffer()), png)
  const seen = await fetch(`${host.url}art/${sha256}.png`, {
    headers: { cookie, 'if-none-match': `"${sha256}"` },
  })
  assert.equal(seen.status, 304)
  assert.equal((await fetch(`${host.url}art/${'0'.repeat(64)}.png`, { headers: { cookie } })).status, 404)
})

test('a thumbnail is for the same cookie, and given up when the page goes on without it', async (t) => {
  const begun = Promise.withResolvers<undefined>()
  const givenUp = Promise.withResolvers<undefined>()
  const { host, cookie } = await start(t, {}, {}, (_sha, side, signal) => {
    if (side === 512) return Promise.resolve(png)
    begun.resolve(undefined)
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        givenUp.resolve(undefined)
        resolve(null)
      })
    })
  })
  const address = `${host.url}art/${sha256}.png`
  assert.equal((await fetch(`${address}?side=512`)).status, 401)
  const small = await fetch(`${address}?side=512`, { headers: { cookie } })
  assert.deepEqual(Buffer.from(await small.arrayBuffer()), png)
  assert.equal(small.headers.get('etag'), `"${sha256}-512"`)

  const leaving = new AbortController()
  const gone = fetch(`${address}?side=256`, { headers: { cookie }, signal: leaving.signal })
  await begun.promise
  leaving.abort()
  await assert.rejects(gone)
  await givenUp.promise
})

test('malformed exchanges of a code are refused', async (t) => {
  const { post } = await start(t)
  for (const body of ['', '[]', 'null', '{}', '{"code":7}', `{"code":"${'x'.repeat(101)}"}`, '{"code":']) {
    assert.equal((await post('/api/session', body)).status, 400, body)
  }
  assert.equal((await post('/api/session', '{"code":"AAAA"}')).status, 401)
})

test('each method of the contract is answered, with its argument, as data', async (t) => {
  const asked: unknown[] = []
  const method = (name: string) => (argument: unknown) => {
    asked.push([name, argument])
    // A run goes over the wire candidate by candidate.
    return Promise.resolve({ from: name, candidates: [] })
  }
  const api = Object.fromEntries(studioMethods.map((name) => [name, method(name)]))
  const { post, token } = await start(t, api)
  for (const name of studioMethods) {
    const response = await post(`/api/${name}`, '{"an":"argument"}', { authorization: `Bearer ${token}` })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await response.json(), { ok: true, value: { from: name, candidates: [] } })
  }
  assert.deepEqual(
    asked,
    studioMethods.map((name) => [name, { an: 'argument' }]),
  )
})

test('what a method throws arrives as data, whether it was meant or not', async (t) => {
  const { post, token } = await start(t, {
    startRun: () => Promise.reject(new StudioError('bad_input', 'steps: expected more', { detail: 'steps' })),
    run: () => {
      throw new TypeError('a defect')
    },
  })
  const call = async (name: string) => {
    const response = await post(`/api/${name}`, null, { authorization: `Bearer ${token}` })
    return (await response.json()) as { ok: boolean; error: { code: string; message: string } }
  }
  assert.deepEqual(await call('startRun'), {
    ok: false,
    error: { code: 'bad_input', message: 'steps: expected more', detail: 'steps' },
  })
  assert.equal((await call('run')).error.code, 'internal')
})

test('calls that are not ours, not JSON or too large are refused before the studio hears of them', async (t) => {
  let calls = 0
  const { post, token } = await start(t, {
    startRun: () => {
      calls++
      return Promise.resolve({ runId: 1 })
    },
  })
  const authorization = `Bearer ${token}`
  const status = async (path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}) =>
    (await post(path, body, { authorization, ...headers })).status
  for (const name of ['nothing', 'constructor', '__proto__', 'startRun/', 'startrun', '']) {
    assert.equal(await status(`/api/${name}`, '{}'), 404, name)
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
  ]) {
    assert.equal(await status('/api/startRun', '{}', { 'content-type': type }), 415, type)
  }
  assert.equal(await status('/api/startRun', '{"prompt":'), 400)
  assert.equal(await status('/api/startRun', JSON.stringify({ prompt: 'x'.repeat(100_000) })), 413)
  assert.equal(calls, 0)
  assert.equal(await status('/api/startRun', JSON.stringify('x'.repeat(maxBodyBytes - 2))), 200)
  assert.equal(calls, 1)
})

test('a picture without its pixels may be larger than other calls, up to its own bound', async (t) => {
  let characters = 0
  const { post, token } = await start(t, {
    readSettings({ png }) {
      characters = png.length
      return Promise.reject(new StudioError('bad_input', 'no settings'))
    },
  })
  const status = async (png: string) =>
    (await post('/api/readSettings', JSON.stringify({ png }), { authorization: `Bearer ${token}` })).status
  assert.equal(await status('A'.repeat(maxBase64)), 200)
  assert.equal(characters, maxBase64)
  assert.equal(await status('A'.repeat(maxBase64 + maxBodyBytes)), 413)
})

test('as many pictures as one call may mark, and as large a file as a picture may be, get through', async (t) => {
  const sizes: number[] = []
  const { post, token } = await start(t, {
    restoreMarks: ({ marks }) => Promise.resolve((sizes.push(marks.length), [])),
    addPicture: ({ png }) => Promise.resolve((sizes.push(png.length), { picture: -1, isNew: true })),
  })
  const status = async (path: string, body: unknown) =>
    (await post(path, JSON.stringify(body), { authorization: `Bearer ${token}` })).status
  // The longest numbers that a library of ten million gives.
  const mark = { picture: -9_999_999, flag: 'reject', rating: 5 } as const
  assert.equal(await status('/api/restoreMarks', { marks: Array<Mark>(maxMarks).fill(mark) }), 200)
  assert.equal(await status('/api/addPicture', { name: 'a.png', png: 'A'.repeat(maxPictureBase64) }), 200)
  assert.equal(await status('/api/addPicture', { png: 'A'.repeat(maxPictureBase64 + maxBodyBytes) }), 413)
  assert.deepEqual(sizes, [maxMarks, maxPictureBase64])
})

test('a body of fifty megabytes is cut off, not collected', async (t) => {
  const { host, token } = await start(t)
  const head = [
    'POST /api/startRun HTTP/1.1',
    `Host: 127.0.0.1:${host.port}`,
    `Origin: http://127.0.0.1:${host.port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${50 * 1024 * 1024}`,
    '',
    '"',
  ].join('\r\n')
  const socket = connect(host.port, '127.0.0.1')
  let sent = 0
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve()
    })
  })
  socket.on('error', () => undefined)
  socket.write(head)
  const pump = () => {
    while (!socket.destroyed && sent < 50 * 1024 * 1024) {
      sent += chunk.byteLength
      if (!socket.write(chunk)) {
        socket.once('drain', pump)
        return
      }
    }
  }
  pump()
  await closed
  assert.ok(sent < 50 * 1024 * 1024, `${sent} bytes were taken`)
})

/** Reads events of a stream until it has as many as asked for. */
async function readEvents(response: Response, count: number): Promise<readonly StudioEvent[]> {
  const events: StudioEvent[] = []
  let text = ''
  const reader = (response.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()
  while (events.length < count) {
    const { done, value } = await reader.read()
    if (done) break
    text += value
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks)
      if (block.startsWith('data: ')) events.push(JSON.parse(block.slice(6)) as StudioEvent)
  }
  await reader.cancel()
  return events
}

test('a stream of events begins with the live runs and goes on with what happens', async (t) => {
  const { host, studio, token } = await start(t, { progress: () => Promise.resolve([fakeProgress(4, 2)]) })
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${host.url}api/events`, { headers })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  while (studio.listeners() === 0) await new Promise((resolve) => setImmediate(resolve))
  studio.emit({ kind: 'run-changed', runId: 4 })
  assert.deepEqual(await readEvents(response, 2), [
    { kind: 'progress', progress: fakeProgress(4, 2) },
    { kind: 'run-changed', runId: 4 },
  ])
})

test('a view that goes away leaves no listener behind', async (t) => {
  const { host, studio, token } = await start(t, { progress: () => Promise.resolve([fakeProgress(1, 0)]) })
  const response = await fetch(`${host.url}api/events`, { headers: { authorization: `Bearer ${token}` } })
  await readEvents(response, 1)
  while (studio.listeners() > 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(studio.listeners(), 0)
})

test('a view that does not read gets the newest state when it does, and the server keeps only that', async (t) => {
  const { host, studio, token } = await start(t)
  const socket = connect(host.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.pause()
  socket.write(
    `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  while (studio.listeners() === 0) await new Promise((resolve) => setImmediate(resolve))
  const preview = {
    arm: 'search',
    seq: 0,
    step: 1,
    steps: 2,
    width: 64,
    height: 64,
    rgb: 'A'.repeat(16_384),
  } as const
  const last = 4_000
  for (let nfe = 0; nfe <= last; nfe++) {
    studio.emit({ kind: 'progress', progress: { ...fakeProgress(1, nfe), previews: [preview] } })
    if (nfe % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const received = await readUntil(socket, `"nfe":${last},`)
  const delivered = received.split('data: ').length - 1
  assert.ok(delivered < last, `${delivered} of ${last + 1} events were delivered one by one`)
})

function readUntil(socket: Socket, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => {
      received += data
      if (received.includes(text)) resolve(received)
    })
    socket.resume()
  })
}

test('an idle stream is kept alive, and a reader that takes nothing any more is dropped', async (t) => {
  const { host, studio, token } = await start(t, {}, { keepAliveMs: 50 })
  const open = () => {
    const socket = connect(host.port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    socket.write(
      `GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    )
    return socket
  }
  const reader = open()
  assert.match(await readUntil(reader, 'still here'), /: still here/)
  reader.destroy()
  while (studio.listeners() > 0) await new Promise((resolve) => setImmediate(resolve))
  open().pause()
  while (studio.listeners() === 0) await new Promise((resolve) => setImmediate(resolve))
  const preview = {
    arm: 'search',
    seq: 0,
    step: 1,
    steps: 2,
    width: 512,
    height: 512,
    rgb: 'A'.repeat(1 << 20),
  } as const
  for (let nfe = 0; studio.listeners() > 0; nfe++) {
    studio.emit({ kind: 'progress', progress: { ...fakeProgress(1, nfe), previews: [preview] } })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.equal(studio.listeners(), 0)
})

test('a hundred streams that come and go at once leave nothing behind', async (t) => {
  const { host, studio, token } = await start(t)
  for (let i = 0; i < 100; i++) {
    const abort = new AbortController()
    const opening = fetch(`${host.url}api/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: abort.signal,
    }).catch(() => null)
    if (i % 2 === 0) await opening
    abort.abort()
  }
  while (studio.listeners() > 0) await new Promise((resolve) => setImmediate(resolve))
  const again = await fetch(`${host.url}api/events`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(again.status, 200)
  await again.body?.cancel()
})

test('more windows than the limit are told so', async (t) => {
  const { host, studio, token } = await start(t)
  const abort = new AbortController()
  const open = () =>
    fetch(`${host.url}api/events`, { headers: { authorization: `Bearer ${token}` }, signal: abort.signal })
  for (let i = 0; i < maxEventStreams; i++) assert.equal((await open()).status, 200)
  const refused = await open()
  assert.equal(refused.status, 429)
  assert.match(JSON.stringify(await refused.json()), /Close one of them/)
  abort.abort()
  while (studio.listeners() > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('closing ends open streams and connections', async (t) => {
  const { host, studio, token } = await start(t)
  const response = await fetch(`${host.url}api/events`, { headers: { authorization: `Bearer ${token}` } })
  const idle = connect(host.port, '127.0.0.1')
  idle.on('error', () => undefined)
  const idleClosed = new Promise((resolve) => idle.once('close', resolve))
  await new Promise((resolve) => idle.once('connect', resolve))
  await host.close()
  assert.deepEqual(await readEvents(response, 1), [])
  await idleClosed
  assert.equal(studio.listeners(), 0)
  await assert.rejects(reach('127.0.0.1', host.port))
})

test('a client that sends its request drop by drop is cut off', async (t) => {
  const { host } = await start(t, {}, { headersMs: 300, requestMs: 600 })
  const socket = connect(host.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\n'))
  const drops = setInterval(() => socket.write('X: a\r\n'), 50)
  socket.on('error', () => undefined)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(drops)
})

test('a connection that says nothing is cut off', async (t) => {
  const { host } = await start(t, {}, { idleMs: 200 })
  const socket = connect(host.port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.resume()
  await new Promise((resolve) => socket.once('close', resolve))
})

test('a call that waits longer than a connection may be silent is answered all the same', async (t) => {
  const silent = Promise.withResolvers<undefined>()
  const { host, token, post } = await start(
    t,
    {
      // Until a connection that was opened later is cut off for its silence.
      judging: async () => {
        const socket = connect(host.port, '127.0.0.1')
        socket.on('error', () => undefined)
        socket.resume()
        socket.once('close', () => silent.resolve(undefined))
        await silent.promise
        return []
      },
    },
    { idleMs: 200 },
  )
  const response = await post('/api/judging', null, { authorization: `Bearer ${token}` })
  assert.deepEqual(await response.json(), { ok: true, value: [] })
})

test('a port that is taken is named, with what to do', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const starting = startBrowserHost({
    studio: fakeStudio(),
    appFolder: folder,
    port,
    onLink: () => undefined,
  })
  await assert.rejects(starting, (error) => {
    assert.ok(error instanceof StudioError)
    assert.equal(error.code, 'port_taken')
    assert.match(error.message, new RegExp(`port ${port} .* free one`, 'i'))
    return true
  })
})

test('what is no port is refused', async () => {
  for (const port of [-1, 1.5, 65_536, Number.NaN]) {
    const starting = startBrowserHost({
      studio: fakeStudio(),
      appFolder: folder,
      port,
      onLink: () => undefined,
    })
    await assert.rejects(starting, (error) => error instanceof StudioError && error.code === 'bad_input')
  }
})
