import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { createFileServer } from './serve-files.ts'
import type { FileServer } from './serve-files.ts'

const png = Buffer.from('\x89PNG\r\n\x1a\n and the rest', 'latin1')
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const sha256 = hashOf(png)

let folder: string
let serve: FileServer
const images = new Map<string, string>()
const small = Buffer.from('\x89PNG\r\n\x1a\n smaller', 'latin1')
/** Pictures of which there is a thumbnail. */
const thumbnails = new Set<string>()

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-files-'))
  mkdirSync(join(folder, 'app', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'app', 'index.html'), '<!doctype html>page')
  writeFileSync(join(folder, 'app', 'assets', 'app-1a2b.js'), 'export {}')
  writeFileSync(join(folder, 'app', 'assets', 'app-1a2b.js.map'), '{}')
  writeFileSync(join(folder, 'secret.html'), 'outside')
  serve = createFileServer({
    appFolder: join(folder, 'app'),
    images: {
      imageFile: (sha) => images.get(sha) ?? null,
      thumbnail: (sha, side, signal) => {
        if (!thumbnails.has(sha)) return Promise.resolve(null)
        if (side === 512) return Promise.resolve(small)
        // Never made: whoever waits has to go.
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)))
      },
    },
  })
  images.set(sha256, store('image.png', png))
})
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

function store(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const bothHosts = ['http://127.0.0.1:5000', 'app://studio']

for (const origin of bothHosts) {
  test(`the page is served at ${origin}/ with a policy that allows nothing inline`, async () => {
    const answer = await serve(new Request(`${origin}/`))
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), '<!doctype html>page')
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(
      answer.headers.get('content-security-policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' art: blob:; font-src 'self'; " +
        "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'",
    )
  })

  test(`files of the built page are served at ${origin} by their exact names and nothing else is`, async () => {
    const script = await serve(new Request(`${origin}/assets/app-1a2b.js`))
    assert.equal(await script.text(), 'export {}')
    assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8')

    const hostile = [
      '/assets',
      '/assets/',
      '/assets/app-1a2b.js.map',
      '/assets/app-1a2b.js/',
      '/ASSETS/app-1a2b.js',
      '/secret.html',
      '/../secret.html',
      '/%2e%2e/secret.html',
      '/..%2fsecret.html',
      '/..%5csecret.html',
      '/assets/..%2f..%2fsecret.html',
      '/%252e%252e/secret.html',
      '/index.html%00.js',
      '//etc/passwd',
      '/C:/Windows/win.ini',
      `/${join(folder, 'secret.html')}`,
      '/constructor',
      '/__proto__',
    ]
    for (const path of hostile) {
      const answer = await serve(new Request(origin + path))
      assert.equal(answer.status, 404, path)
      assert.ok(!(await answer.text()).includes('outside'), path)
    }
  })
}

for (const base of ['http://127.0.0.1:5000/art', 'art://image']) {
  test(`an image is served at ${base} by its hash, as what it is`, async () => {
    const answer = await serve(new Request(`${base}/${sha256}.png`))
    assert.equal(answer.status, 200)
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), png)
    assert.equal(answer.headers.get('content-type'), 'image/png')
    assert.equal(answer.headers.get('etag'), `"${sha256}"`)
    assert.equal(answer.headers.get('cache-control'), 'private, max-age=31536000, immutable')
    assert.equal(answer.headers.get('content-security-policy'), "default-src 'none'; sandbox")
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    // The desktop's page has another origin than its images; only there may another origin show them.
    const policy = base.startsWith('art:') ? 'cross-origin' : 'same-origin'
    assert.equal(answer.headers.get('cross-origin-resource-policy'), policy)
  })

  test(`a thumbnail is served at ${base} by its side, and named as one`, async () => {
    const known = Buffer.concat([png, Buffer.from(base)])
    images.set(hashOf(known), store(hashOf(known), known))
    const ask = (query: string, init: RequestInit = {}) =>
      serve(new Request(`${base}/${hashOf(known)}.png${query}`, init))
    const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())

    // Where there is none the picture itself stands in.
    assert.deepEqual(await bytesOf(await ask('?side=512')), known)
    thumbnails.add(hashOf(known))
    const answer = await ask('?side=512')
    assert.equal(answer.headers.get('content-type'), 'image/png')
    assert.equal(answer.headers.get('content-length'), String(small.byteLength))
    assert.equal(answer.headers.get('etag'), `"${hashOf(known)}-512"`)
    assert.equal(answer.headers.get('cache-control'), 'private, max-age=31536000, immutable')
    assert.equal(answer.headers.get('content-security-policy'), "default-src 'none'; sandbox")
    assert.equal(
      answer.headers.get('content-disposition'),
      `inline; filename="thumbnail-${hashOf(known).slice(0, 8)}.png"`,
    )
    assert.deepEqual(await bytesOf(answer), small)
    const again = await ask('?side=512', { headers: { 'if-none-match': `"${hashOf(known)}-512"` } })
    assert.equal(again.status, 304)
    assert.equal((await ask('?side=512', { headers: { 'if-none-match': `"${hashOf(known)}"` } })).status, 200)

    const whole = await ask('')
    assert.equal(whole.headers.get('content-disposition'), null)
    assert.deepEqual(await bytesOf(whole), known)
    for (const query of [
      '?side=64',
      '?side=0256',
      '?side=512&side=512',
      '?side=',
      '?side',
      '?SIDE=512',
      '?x=1',
    ]) {
      assert.equal((await ask(query)).status, 404, query)
    }
    assert.equal((await serve(new Request(`${base}/${'0'.repeat(64)}.png?side=512`))).status, 404)

    const leaving = new AbortController()
    const waiting = ask('?side=256', { signal: leaving.signal })
    leaving.abort()
    assert.equal((await waiting).status, 404)
  })

  test(`anything but a known hash is not found under ${base}`, async () => {
    const names = [
      `${'0'.repeat(64)}.png`,
      sha256,
      `${sha256}.jpg`,
      `${sha256}.png/`,
      `${sha256.toUpperCase()}.png`,
      `${sha256}.png%00`,
      `..%2f..%2fimage.png`,
      `%2e%2e/image.png`,
      `..%5cimage.png`,
      '/etc/passwd',
      '',
    ]
    for (const name of names) assert.equal((await serve(new Request(`${base}/${name}`))).status, 404, name)
  })
}

test('an image scheme serves no page, and the page scheme no image', async () => {
  for (const url of [
    `app://studio/art/${sha256}.png`,
    'art://image/',
    'art://image/index.html',
    'app://other/',
    'app://studio.example/index.html',
    `art://x/${sha256}.png`,
  ]) {
    assert.equal((await serve(new Request(url))).status, 404, url)
  }
})

test('an image that the browser has is not sent again', async () => {
  const headers = { 'if-none-match': `"${sha256}"` }
  const answer = await serve(new Request(`http://127.0.0.1:5000/art/${sha256}.png`, { headers }))
  assert.equal(answer.status, 304)
  assert.equal(answer.body, null)
})

test('HEAD tells the length and sends nothing', async () => {
  const head = await serve(new Request(`art://image/${sha256}.png`, { method: 'HEAD' }))
  assert.equal(head.headers.get('content-length'), String(png.byteLength))
  assert.equal((await head.arrayBuffer()).byteLength, 0)
  const page = await serve(new Request('app://studio/', { method: 'HEAD' }))
  assert.equal(page.headers.get('content-length'), '19')
  assert.equal(await page.text(), '')
})

test('other methods are refused', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const answer = await serve(new Request('http://127.0.0.1:5000/', { method }))
    assert.equal(answer.status, 405, method)
    assert.equal(answer.headers.get('allow'), 'GET, HEAD')
  }
})

test('a picture is named by its first bytes; scripts in a picture are no picture', async () => {
  const jpeg = Buffer.from('\xff\xd8\xff\xe0 jpeg', 'latin1')
  const webp = Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>')
  const html = Buffer.from('<!doctype html><script>1</script>')
  const empty = Buffer.alloc(0)
  for (const bytes of [jpeg, webp, svg, html, empty]) images.set(hashOf(bytes), store(hashOf(bytes), bytes))
  const typeOf = async (bytes: Uint8Array) => {
    const answer = await serve(new Request(`art://image/${hashOf(bytes)}.png`))
    return answer.status === 200 ? answer.headers.get('content-type') : answer.status
  }
  assert.equal(await typeOf(jpeg), 'image/jpeg')
  assert.equal(await typeOf(webp), 'image/webp')
  assert.equal(await typeOf(svg), 404)
  assert.equal(await typeOf(html), 404)
  assert.equal(await typeOf(empty), 404)
})

test('an image whose file is gone, cut short or altered is not found', async () => {
  const bytes = Buffer.concat([png, Buffer.from('x')])
  const path = store('fragile.png', bytes)
  images.set(hashOf(bytes), path)
  const status = async () => (await serve(new Request(`art://image/${hashOf(bytes)}.png`))).status
  assert.equal(await status(), 200)
  writeFileSync(path, png)
  assert.equal(await status(), 404)
  writeFileSync(path, '')
  assert.equal(await status(), 404)
  rmSync(path)
  assert.equal(await status(), 404)
})

test('a folder without a built page is refused with what to do', () => {
  assert.throws(
    () =>
      createFileServer({
        appFolder: join(folder, 'nothing'),
        images: { imageFile: () => null, thumbnail: () => Promise.resolve(null) },
      }),
    (error: Error) => 'code' in error && error.code === 'not_found' && error.message.includes('npm start'),
  )
})
