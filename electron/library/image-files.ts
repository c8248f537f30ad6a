/**
 * The picture files. A picture's name is the SHA-256 of its bytes, and it appears under that name only when all of
 * it is on the disk: write to a temporary name, fsync, rename, fsync the folder.
 */

import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { StudioError } from '../../shared/errors.ts'
import { imagePath, type LibraryLayout } from './layout.ts'

/** The one place where picture bytes reach the disk; tests put a full disk here where none can be mounted. */
export type ImageWriter = {
  /** Creates the file, which must not exist, and returns when its bytes are on the disk. */
  write(file: string, bytes: Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
}

export const diskWriter: ImageWriter = {
  async write(file, bytes) {
    const handle = await open(file, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  rename,
}

/** Lower-case hex SHA-256. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Puts a PNG into the images folder. When it resolves, the file survives a power cut. A picture that is there
 * already is compared and kept; other bytes under its name are moved aside, never overwritten.
 *
 * @returns the picture's SHA-256, which is its name
 */
export async function storeImage(
  layout: LibraryLayout,
  png: Uint8Array,
  writer: ImageWriter = diskWriter,
): Promise<string> {
  const sha256 = sha256Of(png)
  const target = imagePath(layout, sha256)
  const folder = path.dirname(target)
  const present = await readIfThere(target)
  if (present === null || !present.equals(png)) {
    if (present !== null) await setAside(layout, target)
    await ensureFolder(folder)
    const temporary = path.join(layout.imagesTmp, randomUUID())
    try {
      await writer.write(temporary, png)
      await renamePatiently(temporary, target, writer)
    } catch (error) {
      // Never acknowledged, and on a full disk its bytes are needed. What stays after a crash hurts nobody.
      await rm(temporary, { force: true }).catch(() => undefined)
      throw error
    }
  }
  await syncFolder(folder)
  return sha256
}

/** The bytes of a picture; throws `library_damaged` where its file is gone or holds others. */
export async function readImageFile(layout: LibraryLayout, imageSha256: string): Promise<Uint8Array> {
  const file = imagePath(layout, imageSha256)
  const bytes = await readIfThere(file)
  if (bytes !== null && sha256Of(bytes) === imageSha256) return bytes
  throw new StudioError(
    'library_damaged',
    `Expected the image ${file} as it was written, found it ${bytes === null ? 'gone' : 'altered'}. Restore it from a copy of the library, or start the run that needs it anew.`,
  )
}

/**
 * Windows refuses a rename for as long as a scanner or an indexer has the file open: EPERM, EACCES or EBUSY.
 * Eight waits from 10 ms on, each twice as long: 2.5 s in all.
 */
export async function renamePatiently(from: string, to: string, writer: ImageWriter): Promise<void> {
  for (let waitMs = 10; ; waitMs *= 2) {
    try {
      await writer.rename(from, to)
      return
    } catch (error) {
      if (waitMs > 1280 || !isBusy(error)) throw error
      await sleep(waitMs)
    }
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['EPERM', 'EACCES', 'EBUSY'].includes(String(error.code))
  )
}

async function readIfThere(file: string): Promise<Buffer | null> {
  try {
    return await readFile(file)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

async function setAside(layout: LibraryLayout, file: string): Promise<void> {
  await ensureFolder(layout.imagesDamaged)
  await rename(file, path.join(layout.imagesDamaged, `${path.basename(file, '.png')}-${randomUUID()}.png`))
}

/** Not recursive on purpose: where images/ itself is gone the drive is, and an empty mount point must stay empty. */
async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw error
  }
  await syncFolder(path.dirname(folder))
}

/** Makes a rename durable. Windows cannot open a folder, and some file systems cannot sync one. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const unsupported = ['EPERM', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF', 'EACCES']
    if (!(error instanceof Error && 'code' in error && unsupported.includes(String(error.code)))) throw error
  }
}
