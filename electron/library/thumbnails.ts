/**
 * Smaller copies of the library's pictures, for tiles. Made when first asked for, in threads of their own, and kept in a
 * folder that can be deleted at any time.
 */

import { open, readFile, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import type { ThumbnailSide } from '../../shared/thumbnails.ts'
import { imagePath, layoutOf, thumbnailPath, type LibraryLayout } from './layout.ts'
import { NewestFirst } from './newest-first.ts'
import { readChunks } from './png-chunks.ts'
import type { ThumbnailTask } from './thumbnail-file.ts'
import type { ThreadTask } from './thumbnail-thread.ts'

export type Thumbnails = {
  /**
   * The PNG of a picture at most `side` pixels long.
   *
   * @param imageSha256 of a picture that the library knows
   * @param signal of whoever waits: aborted, it is not made for them
   * @returns null where the picture itself is to be shown: it is no larger, cannot be decoded here, is gone or altered,
   *   or nobody waits any more
   */
  read(imageSha256: string, side: ThumbnailSide, signal: AbortSignal): Promise<Uint8Array | null>
  /** Makes no more; resolves when nothing of it writes into the library. */
  close(): Promise<void>
}

/** How much is done at once and kept; tests keep less. */
export type ThumbnailLimits = {
  readonly threads: number
  /** Of all thumbnails on the disk. */
  readonly bytes: number
}

const usualLimits: ThumbnailLimits = {
  // Half of the machine is left to the models and the window.
  threads: Math.min(4, Math.max(1, availableParallelism() >> 1)),
  // Some 15,000 of 256 pixels.
  bytes: 2 * 2 ** 30,
}

/** So much of the limit is written before it is swept for again. */
const betweenSweeps = 0.1

/**
 * The thumbnails of the library in a folder. Costs nothing until the first is asked for.
 *
 * @param libraryPath as openLibrary takes it
 */
export function openThumbnails(libraryPath: string, limits: ThumbnailLimits = usualLimits): Thumbnails {
  return new ThumbnailCache(layoutOf(libraryPath), limits)
}

class ThumbnailCache implements Thumbnails {
  readonly #layout: LibraryLayout
  readonly #limits: ThumbnailLimits
  readonly #threads = new Threads()
  readonly #queue: NewestFirst<ThumbnailTask, Uint8Array>
  /** Bytes written since the folder was swept, which it is at the first pause. */
  #unswept = Infinity

  constructor(layout: LibraryLayout, limits: ThumbnailLimits) {
    this.#layout = layout
    this.#limits = limits
    this.#queue = new NewestFirst(
      limits.threads,
      async (task) => {
        const png = await this.#threads.run({ kind: 'make', ...task })
        this.#unswept += png?.byteLength ?? 0
        return png
      },
      () => this.#sweepNowAndAgain(),
    )
  }

  async read(imageSha256: string, side: ThumbnailSide, signal: AbortSignal): Promise<Uint8Array | null> {
    const picture = imagePath(this.#layout, imageSha256)
    const file = thumbnailPath(this.#layout, imageSha256, side)
    const facts = await factsOf(picture)
    if (facts === null || facts.longerSide <= side) return null
    const kept = await keptThumbnail(file, facts.writtenMs)
    return kept ?? this.#queue.ask(file, { picture, sha256: imageSha256, side, file }, signal)
  }

  async close(): Promise<void> {
    this.#queue.close()
    await this.#threads.close()
  }

  #sweepNowAndAgain(): void {
    if (this.#unswept < this.#limits.bytes * betweenSweeps) return
    this.#unswept = 0
    const { bytes: limit } = this.#limits
    void this.#threads.run({ kind: 'sweep', libraryPath: this.#layout.folder, limit })
  }
}

/** Threads that each do one task at a time; as many as there are tasks at once. */
class Threads {
  readonly #idle = new Set<Worker>()
  readonly #atWork = new Map<Worker, (png: Uint8Array | null) => void>()

  /** What a thread answers; null where it ended instead. */
  run(task: ThreadTask): Promise<Uint8Array | null> {
    const [thread = this.#start()] = this.#idle
    this.#idle.delete(thread)
    thread.ref()
    thread.postMessage(task)
    return new Promise((resolve) => this.#atWork.set(thread, resolve))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#atWork.keys()].map((thread) => thread.terminate()))
  }

  #start(): Worker {
    const thread = new Worker(threadEntry())
    const answer = (png: Uint8Array | null) => {
      this.#atWork.get(thread)?.(png)
      this.#atWork.delete(thread)
    }
    thread.on('message', (png: Uint8Array | null) => {
      // An idle thread keeps no program alive.
      thread.unref()
      this.#idle.add(thread)
      answer(png)
    })
    thread.on('error', (error: Error) => {
      process.emitWarning(
        `A thread that makes thumbnails has ended; its picture is shown whole. ${error.message}`,
      )
    })
    thread.on('exit', () => {
      this.#idle.delete(thread)
      answer(null)
    })
    return thread
  }
}

/** The entry has the ending of this file: .ts in the working tree, .js in a build. */
function threadEntry(): string {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return fileURLToPath(new URL(`./thumbnail-thread${ending}`, import.meta.url))
}

type PictureFacts = {
  /** In pixels, by the PNG's header. */
  readonly longerSide: number
  readonly writtenMs: number
}

/** What the first bytes of a picture tell; null where it is gone or no PNG. */
async function factsOf(picture: string): Promise<PictureFacts | null> {
  try {
    const handle = await open(picture)
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(24), 0, 24, 0)
      // Signature, length and IHDR are 16 bytes; width and height come next.
      if (bytesRead < 24 || buffer.toString('latin1', 1, 4) !== 'PNG') return null
      const longerSide = Math.max(buffer.readUInt32BE(16), buffer.readUInt32BE(20))
      return { longerSide, writtenMs: (await handle.stat()).mtimeMs }
    } finally {
      await handle.close()
    }
  } catch {
    return null
  }
}

/**
 * A thumbnail from the folder; null where there is none, it is not whole, or its picture was written after it: what is
 * shown then must not be what was.
 */
async function keptThumbnail(file: string, writtenMs: number): Promise<Uint8Array | null> {
  try {
    const [png, { mtimeMs }] = await Promise.all([readFile(file), stat(file)])
    if (mtimeMs < writtenMs) return null
    readChunks(png)
    return png
  } catch {
    return null
  }
}
