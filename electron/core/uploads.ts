/**
 * Model folders that a browser sends piece by piece, because its page knows no paths: put down beside the models,
 * imported from there under the same rules as any other folder, and removed afterwards.
 */

import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { StudioError } from '../../shared/errors.ts'
import { modelFolderLimits } from '../../shared/model-import.ts'
import { isPlainName } from '../packs/import/safe-copy.ts'
import { makeStaging, requireRoom } from '../packs/import/staging.ts'

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

type Upload = {
  readonly staging: string
  readonly files: Set<string>
  /** An import waits for it. */
  isWanted: boolean
}

export class Uploads {
  readonly #modelsFolder: string
  /** The one that was used last is the last. */
  readonly #open = new Map<string, Upload>()

  constructor(modelsFolder: string) {
    this.#modelsFolder = modelsFolder
  }

  /**
   * Makes room for a folder. A page that was closed discards nothing: of too many, the one goes that was not used for
   * longest. Throws `bad_input` where all of them wait for their imports, `library_unwritable`, `library_full`.
   */
  async begin(): Promise<{ readonly upload: string }> {
    if (this.#open.size >= maxUploads) {
      const [leaving] = [...this.#open].find(([, { isWanted }]) => !isWanted) ?? []
      if (leaving === undefined) {
        throw new StudioError(
          'bad_input',
          `Expected at most ${maxUploads} folders that wait to be imported, found more. Wait for an import, or cancel one.`,
        )
      }
      await this.discard(`upload:${leaving}`)
    }
    const staging = await makeStaging(this.#modelsFolder)
    const upload = staging.slice(-12)
    this.#open.set(upload, { staging, files: new Set(), isWanted: false })
    return { upload }
  }

  /** Keeps a folder until it is discarded, where `folder` names an upload: an import waits for it. */
  keep(folder: string): void {
    const upload = uploadIn(folder)
    if (upload !== null) this.#use(upload).isWanted = true
  }

  /** Appends a piece to a file. Throws `not_found`, `bad_input`, `library_full`. */
  async append({ upload, path, offset, bytes }: UploadPiece): Promise<void> {
    const { files, staging } = this.#use(upload)
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
    const [other] = files
    if (other !== undefined && !other.startsWith(`${parts[0]}/`)) {
      const message = `Expected the files of one folder, found ${path} beside ${other}. Choose one folder.`
      throw new StudioError('bad_input', message)
    }
    await requireRoom(this.#modelsFolder, bytes.length)
    files.add(path)
    const target = join(staging, ...parts)
    const file = await openIn(target, offset === 0 ? 'wx' : 'r+').catch((error: unknown) => {
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
    const { staging } = this.#use(upload)
    const [top] = await readdir(staging)
    return join(staging, top ?? '')
  }

  /** Removes what was sent, if `folder` names an upload. */
  async discard(folder: string): Promise<void> {
    const upload = uploadIn(folder)
    const open = upload === null ? undefined : this.#open.get(upload)
    if (upload === null || open === undefined) return
    this.#open.delete(upload)
    await rm(open.staging, { recursive: true, force: true })
  }

  async discardAll(): Promise<void> {
    for (const upload of [...this.#open.keys()]) await this.discard(`upload:${upload}`)
  }

  #use(upload: string): Upload {
    const open = this.#open.get(upload)
    if (open === undefined) {
      throw new StudioError(
        'not_found',
        'Expected a folder on its way, found none of this name. Choose it again.',
      )
    }
    this.#open.delete(upload)
    this.#open.set(upload, open)
    return open
  }
}

/** Opens a file in a folder that may not be there yet. */
async function openIn(path: string, flags: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true })
  return open(path, flags)
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
  const isTooLong = cause instanceof Error && 'code' in cause && cause.code === 'ENAMETOOLONG'
  const message = isTooLong
    ? `${path.slice(0, 100)}...: expected a shorter name. Rename it.`
    : `${path}: expected its pieces in order, found another one. Choose the folder again.`
  return new StudioError('bad_input', message, { cause })
}
