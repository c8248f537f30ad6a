/**
 * The work folder: one JSON file for each finished piece of work, named by the SHA-256 of everything it follows from.
 *
 * A file is written beside its place and renamed into it, so it is whole or not there: the command may be killed at
 * any moment. Other weights, prompts, seeds or settings have other names, so old and new results never mix.
 */

import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Raised when the meaning of stored rows changes without anything that their names are made of. */
const rowFormat = 1

/** The name of a piece of work: SHA-256 (hex) of its description as JSON. */
export function keyOf(description: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([rowFormat, description]))
    .digest('hex')
}

export class Store {
  readonly #folder: string

  /** @param folder made at the first `put` */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** What was put under this name; null when nothing was, or when a broken disk left no JSON. */
  async get<Value>(key: string): Promise<Value | null> {
    try {
      return JSON.parse(await readFile(this.#file(key), 'utf8')) as Value
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
  }

  /** Keeps a value; it is there, whole, when the promise resolves. */
  async put(key: string, value: unknown): Promise<void> {
    const file = this.#file(key)
    await mkdir(join(file, '..'), { recursive: true })
    const unfinished = `${file}.${process.pid}.part`
    await writeFile(unfinished, `${JSON.stringify(value)}\n`)
    await rename(unfinished, file)
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
  }

  #file(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}.json`)
  }
}
