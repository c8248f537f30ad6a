/**
 * Model folders that a browser sends piece by piece, because its page knows no paths: put down beside the models,
 * imported from there under the same rules as any other folder, and removed afterwards.
 */

import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StudioError } from '../../shared/errors.ts'
import { modelFolderLimits } from '../../shared/model-import.ts'
import { isPlainName, requireRoom } from '../packs/import/safe-copy.ts'

/** One piece of a file. */
export type UploadPiece = {
  readonly upload: string
  /** Of the file, with `/`; its first part is the name of the folder that is sent. */
  readonly path: string
  /** Where the piece goes: the end of what is there already. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const maxUploads = 4
const reference = /^upload:([0-9a-f]{12})$/

export class Uploads {
  readonly #modelsFolder: string
  /** Files by upload. */
  readonly #open = new Map<string, Set<string>>()

  constructor(modelsFolder: string) {
    this.#modelsFolder = modelsFolder
  }

  /** Makes room for a folder. Throws `bad_input` where too many are open. */
  async begin(): Promise<{ readonly upload: string }> {
    if (this.#open.size >= maxUploads) {
      throw new StudioError(
        'bad_input',
        `Expected at most ${maxUploads} folders on their way, found more. Import or discard one first.`,
      )
    }
    const upload = randomBytes(6).toString('hex')
    this.#open.set(upload, new Set())
    await mkdir(this.#staging(upload), { recursive: true })
    return { upload }
  }

  /** Appends a piece to a file. Throws `not_found`, `bad_input`, `library_full`. */
  async append({ upload, path, offset, bytes }: UploadPiece): Promise<void> {
    const files = this.#files(upload)
    const parts = path.split('/')
    const folders = parts.length - 1
    if (!parts.every(isPlainName) || folders < 1 || folders > modelFolderLimits.depth) {
      throw new StudioError(
        'bad_input',
        `Expected a file at most ${modelFolderLimits.depth} folders deep, its name of letters, digits and plain signs, found ${JSON.stringify(path.slice(0, 200))}. Rename it.`,
      )
    }
    if (!files.has(path) && files.size >= modelFolderLimits.files) {
      throw new StudioError(
        'bad_input',
        `Expected at most ${modelFolderLimits.files} files, found more. Choose the folder of one model.`,
      )
    }
    await requireRoom(this.#modelsFolder, bytes.length)
    files.add(path)
    const target = join(this.#staging(upload), ...parts)
    await mkdir(dirname(target), { recursive: true })
    const file = await open(target, offset === 0 ? 'wx' : 'r+').catch((error: unknown) => {
      throw outOfOrder(path, error)
    })
    try {
      if (offset !== (await file.stat()).size) throw outOfOrder(path)
      await writeAll(file, bytes, offset)
    } finally {
      await file.close()
    }
  }

  /** The folder that was sent, where `folder` names an upload; `folder` itself otherwise. Throws `not_found`. */
  async resolve(folder: string): Promise<string> {
    const upload = uploadIn(folder)
    if (upload === null) return folder
    this.#files(upload)
    const [top] = await readdir(this.#staging(upload))
    return join(this.#staging(upload), top ?? '')
  }

  /** Removes what was sent, if `folder` names an upload. */
  async discard(folder: string): Promise<void> {
    const upload = uploadIn(folder)
    if (upload === null || !this.#open.delete(upload)) return
    await rm(this.#staging(upload), { recursive: true, force: true })
  }

  async discardAll(): Promise<void> {
    for (const upload of [...this.#open.keys()]) await this.discard(`upload:${upload}`)
  }

  #files(upload: string): Set<string> {
    const files = this.#open.get(upload)
    if (files !== undefined) return files
    throw new StudioError(
      'not_found',
      'Expected a folder on its way, found none of this name. Choose it again.',
    )
  }

  /** Named as the importer names its own, so that the next import sweeps away what a killed studio left. */
  #staging(upload: string): string {
    return join(this.#modelsFolder, `.import-${process.pid}-${upload}`)
  }
}

function uploadIn(folder: string): string | null {
  return reference.exec(folder)?.[1] ?? null
}

async function writeAll(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, offset + written)
    written += bytesWritten
  }
}

function outOfOrder(path: string, cause?: unknown): StudioError {
  const message = `${path}: expected its pieces in order, found another one. Choose the folder again.`
  return new StudioError('bad_input', message, { cause })
}
