import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

import { z } from 'zod'

/** What is on disk under a path: a regular file with its content's hash, something else, or nothing. */
export type FoundFile =
  | { readonly kind: 'file'; readonly bytes: number; readonly sha256: string }
  | { readonly kind: 'not-a-file' }
  | { readonly kind: 'missing' }

const notesSchema = z.record(
  z.string(),
  z.strictObject({ stamp: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
)

/**
 * Hashes files, each once: a file whose size and time of change stay the same is not read again, in this process, and
 * with notes in no later one: reading tens of gigabytes of imported models takes minutes. Symbolic links are not followed: a pack's file that lies elsewhere could change without the pack's knowing.
 */
export class FileHasher {
  readonly #known = new Map<string, { readonly stamp: string; readonly sha256: Promise<string> }>()
  readonly #notes: string | null
  #read: Promise<void> | null = null
  #writing: Promise<void> = Promise.resolve()

  /** @param notes file that remembers the hashes of what lies in its folder; null for none. Deleting it costs time only. */
  constructor(notes: string | null = null) {
    this.#notes = notes
  }

  async look(path: string): Promise<FoundFile> {
    const stat = await lstat(path, { bigint: true }).catch((error: unknown) => {
      if (isMissing(error)) return null
      throw error
    })
    if (stat === null) return { kind: 'missing' }
    if (!stat.isFile()) return { kind: 'not-a-file' }
    await (this.#read ??= this.#readNotes())
    const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`
    const known = this.#known.get(path)
    const isKnown = known?.stamp === stamp
    const sha256 = isKnown ? known.sha256 : hashFile(path)
    this.#known.set(path, { stamp, sha256 })
    try {
      await sha256
      if (!isKnown) await this.#writeNotes(path)
      return { kind: 'file', bytes: Number(stat.size), sha256: await sha256 }
    } catch (error) {
      this.#known.delete(path)
      throw error
    }
  }

  /** A file that was hashed while it was written. */
  async learn(path: string, sha256: string): Promise<void> {
    await (this.#read ??= this.#readNotes())
    const { dev, ino, size, mtimeNs } = await lstat(path, { bigint: true })
    this.#known.set(path, { stamp: `${dev}:${ino}:${size}:${mtimeNs}`, sha256: Promise.resolve(sha256) })
    await this.#writeNotes(path)
  }

  async #readNotes(): Promise<void> {
    if (this.#notes === null) return
    const folder = dirname(this.#notes)
    try {
      const notes = notesSchema.parse(JSON.parse(await readFile(this.#notes, 'utf8')))
      for (const [path, { stamp, sha256 }] of Object.entries(notes)) {
        this.#known.set(join(folder, path), { stamp, sha256: Promise.resolve(sha256) })
      }
    } catch {
      // None yet, or damaged ones: everything is hashed anew.
    }
  }

  /** Whole and at once, so that two studios at one folder leave no half notes; who writes last is remembered. */
  async #writeNotes(changed: string): Promise<void> {
    const notes = this.#notes
    if (notes === null || !isInside(dirname(notes), changed)) return
    this.#writing = this.#writing.then(async () => {
      const inside = [...this.#known].filter(([path]) => isInside(dirname(notes), path))
      const settled = await Promise.all(
        inside.map(async ([path, { stamp, sha256 }]) => {
          const found = await sha256.catch(() => null)
          return found === null ? [] : [[relative(dirname(notes), path), { stamp, sha256: found }] as const]
        }),
      )
      const temporary = `${notes}.${process.pid}`
      await writeFile(temporary, JSON.stringify(Object.fromEntries(settled.flat())))
      await rename(temporary, notes)
    })
    // A folder that takes no notes costs time, nothing else.
    this.#writing = this.#writing.catch(() => undefined)
    await this.#writing
  }
}

function isInside(folder: string, path: string): boolean {
  return path.startsWith(folder + sep)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  // Larger pieces than the default 64 KiB: a quarter less time on a pack of 25 MB.
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ENOTDIR'
}
