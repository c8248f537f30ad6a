/**
 * Images and app files, for both hosts, from one function.
 *
 * Nothing of a request ever becomes a path. App files are read once at start into a table and looked up by their exact
 * name; an image is named by the SHA-256 of its bytes and the library says where it lies. There is nothing to
 * normalise, to decode or to escape from.
 *
 *     browser host    http://127.0.0.1:PORT/assets/app.js     http://127.0.0.1:PORT/art/<sha256>.png
 *     desktop host    app://studio/assets/app.js              art://image/<sha256>.png
 *
 * `?side=256` after the name of an image asks for its thumbnail (shared/thumbnails.ts).
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

import { StudioError } from '../../shared/errors.ts'
import { thumbnailAsked, type ThumbnailSide } from '../../shared/thumbnails.ts'
import type { Studio } from '../core/studio.ts'
import { artPolicy, commonHeaders, pagePolicy } from './security-headers.ts'

/** Answers a request for an image or an app file; never rejects for anything a request can hold. */
export type FileServer = (request: Request) => Promise<Response>

type AppFile = { readonly body: Uint8Array<ArrayBuffer>; readonly type: string; readonly caching: string }

/** What a built renderer may consist of. Anything else in the folder (source maps) is not served. */
const appFileTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

const imageName = /^\/([0-9a-f]{64})\.png$/

/** Where images come from. */
type Images = Pick<Studio, 'imageFile' | 'thumbnail'>

/**
 * Makes the function that both hosts serve files with.
 *
 * @param options.appFolder folder of the built renderer; read now, so a later rebuild does not change a running page
 * @throws StudioError `not_found` when the folder holds no index.html
 */
export function createFileServer(options: {
  readonly appFolder: string
  readonly images: Images
}): FileServer {
  const appFiles = readAppFiles(options.appFolder)

  return async (request) => {
    const head = request.method === 'HEAD'
    if (!head && request.method !== 'GET')
      return plain(405, 'Only GET and HEAD are served here.', { allow: 'GET, HEAD' })
    const { protocol, hostname, pathname, search } = new URL(request.url)

    const sha256 = imageAsked(protocol, hostname, pathname)
    const side = thumbnailAsked(search)
    if (sha256 !== null && side !== undefined) {
      return serveImage(request, sha256, side, options.images, protocol === 'art:')
    }

    const isPage = protocol === 'app:' ? hostname === 'studio' : protocol !== 'art:'
    const appFile = isPage ? appFiles.get(pathname) : undefined
    if (appFile === undefined) return plain(404, 'There is nothing at this address.')
    return new Response(head ? null : appFile.body, {
      headers: {
        ...commonHeaders,
        'cache-control': appFile.caching,
        'content-length': String(appFile.body.byteLength),
        'content-security-policy': pagePolicy,
        'content-type': appFile.type,
      },
    })
  }
}

/** The hash of the image that is asked for, or null when something else is. */
function imageAsked(protocol: string, hostname: string, pathname: string): string | null {
  if (protocol === 'art:') return hostname === 'image' ? (imageName.exec(pathname)?.[1] ?? null) : null
  if (protocol === 'app:' || !pathname.startsWith('/art/')) return null
  return imageName.exec(pathname.slice('/art'.length))?.[1] ?? null
}

/**
 * An image never changes under its hash, so it may be cached for ever; its bytes are compared with the hash first, so
 * that a file that was altered or cut short is shown as missing and not as art. Where there is no thumbnail, the image
 * itself stands in.
 */
async function serveImage(
  request: Request,
  sha256: string,
  side: ThumbnailSide | null,
  images: Images,
  acrossOrigins: boolean,
): Promise<Response> {
  const thumbnail = side === null ? null : await images.thumbnail(sha256, side, request.signal)
  if (request.signal.aborted) return plain(404, 'Nobody waits for this image any more.')
  const body = thumbnail ?? (await readWhole(images.imageFile(sha256), sha256))
  const type = body === null ? null : imageType(body)
  if (body === null || type === null) {
    return plain(404, 'The library has no such image, or its file is missing or altered.')
  }
  const etag = thumbnail === null ? `"${sha256}"` : `"${sha256}-${side}"`
  const headers = {
    ...commonHeaders,
    // In the desktop host the page is app://studio and the image art://image: two origins, both ours alone.
    ...(acrossOrigins ? { 'cross-origin-resource-policy': 'cross-origin' } : {}),
    'cache-control': 'private, max-age=31536000, immutable',
    'content-security-policy': artPolicy,
    // Whoever saves a tile from the page sees that it is not the picture with its recipe.
    ...(thumbnail === null
      ? {}
      : { 'content-disposition': `inline; filename="thumbnail-${sha256.slice(0, 8)}.png"` }),
    etag,
  }
  if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : new Uint8Array(body), {
    headers: { ...headers, 'content-length': String(body.byteLength), 'content-type': type },
  })
}

/** The bytes of a file, null where it cannot be read or holds others than its hash says. */
async function readWhole(path: string | null, sha256: string): Promise<Buffer | null> {
  const body = path === null ? null : await readFile(path).catch(() => null)
  return body !== null && createHash('sha256').update(body).digest('hex') === sha256 ? body : null
}

/** Media type by the first bytes; null for everything that is not a picture without scripts. */
function imageType(body: Uint8Array): string | null {
  const starts = (signature: string, at = 0) =>
    Buffer.from(body.subarray(at, at + signature.length)).equals(Buffer.from(signature, 'latin1'))
  if (starts('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (starts('\xff\xd8\xff')) return 'image/jpeg'
  if (starts('RIFF') && starts('WEBP', 8)) return 'image/webp'
  return null
}

function readAppFiles(folder: string): ReadonlyMap<string, AppFile> {
  const files = new Map<string, AppFile>()
  for (const path of listFiles(folder)) {
    const type = appFileTypes[extname(path)]
    if (type === undefined) continue
    const name = `/${relative(folder, path).split(sep).join('/')}`
    // The builder puts a content hash into every name under assets/.
    const caching = name.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-store'
    files.set(name, { body: new Uint8Array(readFileSync(path)), type, caching })
  }
  const page = files.get('/index.html')
  if (page === undefined) {
    throw new StudioError(
      'not_found',
      `Expected the built window in ${folder}, found no index.html there. Start with npm start, which builds it.`,
    )
  }
  return files.set('/', page)
}

function listFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: {
      ...commonHeaders,
      'cache-control': 'no-store',
      'content-security-policy': artPolicy,
      'content-type': 'text/plain; charset=utf-8',
      ...headers,
    },
  })
}
