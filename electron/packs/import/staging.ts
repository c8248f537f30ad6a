/**
 * Hidden folders of the models folder, in which packs are made: a pack gets its final name only when everything else is
 * done, and what a killed process left is swept away.
 */

import { randomBytes } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'

import { StudioError } from '../../../shared/errors.ts'

/** What stays free on the disk after a copy: the studio's library needs room too. */
const reserveBytes = 2 ** 30

/** Refuses a copy that would not leave the reserve. @throws StudioError `library_full` */
export async function requireRoom(modelsFolder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(modelsFolder)
  const free = bavail * bsize
  if (bytes + reserveBytes <= free) return
  const inGigabytes = (count: number): string => `${(count / 1e9).toFixed(1)} GB`
  throw new StudioError(
    'library_full',
    `Expected room for ${inGigabytes(bytes)} and ${inGigabytes(reserveBytes)} to spare in ${modelsFolder}, found ${inGigabytes(free)}. Make room or move the models folder to a larger disk.`,
  )
}

const stagingName = /^\.import-(\d+)-[0-9a-f]{12}$/
/** Names of the folders that this process fills, or has filled. */
const ourStaging = new Set<string>()

/**
 * Makes a hidden folder of the models folder, that no list shows and that is swept away when its process is gone.
 *
 * @throws StudioError `library_unwritable`, `library_full`
 */
export async function makeStaging(modelsFolder: string): Promise<string> {
  const name = `.import-${process.pid}-${randomBytes(6).toString('hex')}`
  ourStaging.add(name)
  const staging = join(modelsFolder, name)
  await mkdir(staging, { recursive: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOSPC')) throw diskFull(modelsFolder)
    const found = error instanceof Error ? error.message : String(error)
    throw new StudioError(
      'library_unwritable',
      `Expected a folder for models that can be written to at ${modelsFolder}, found that ${found}. Give yourself the permission, or move what is there.`,
      { cause: error },
    )
  })
  return staging
}

/**
 * Fills a new folder and gives it its name when `fill` is done. When `fill` throws, nothing is left behind.
 *
 * @param name of the folder to be, inside `modelsFolder`
 * @throws StudioError `bad_input` when there is one of that name already, and whatever `fill` throws
 */
export async function fillNewFolder<Result>(
  modelsFolder: string,
  name: string,
  fill: (staging: string) => Promise<Result>,
): Promise<Result> {
  const target = join(modelsFolder, name)
  if ((await lstat(target).catch(() => null)) !== null) throw nameTaken(modelsFolder, name)
  const staging = await makeStaging(modelsFolder)
  try {
    const result = await fill(staging)
    await rename(staging, target)
    await syncFolder(modelsFolder)
    return result
  } catch (error) {
    await rm(staging, { recursive: true, force: true })
    if (hasCode(error, 'ENOSPC')) throw diskFull(modelsFolder)
    // Another import took the name meanwhile.
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw nameTaken(modelsFolder, name)
    throw error
  }
}

/** Somebody else filled the disk after its room had been looked at. */
function diskFull(modelsFolder: string): StudioError {
  return new StudioError(
    'library_full',
    `Expected room in ${modelsFolder} until the copy is done, found the disk full. Make room and import again.`,
  )
}

function nameTaken(modelsFolder: string, name: string): StudioError {
  return new StudioError(
    'bad_input',
    `Expected a new name for the model, found ${name}, which ${modelsFolder} has already. Choose another.`,
  )
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code)
}

/**
 * Removes what imports left whose process was killed: gigabytes that nobody sees. In a container each process can have
 * the number of the one before, so that this process's own number says nothing; what it fills itself stays.
 */
export async function sweepStaging(modelsFolder: string): Promise<void> {
  for (const name of await readdir(modelsFolder).catch((): string[] => [])) {
    const pid = Number(stagingName.exec(name)?.[1])
    if (Number.isNaN(pid) || ourStaging.has(name) || (pid !== process.pid && isAlive(pid))) continue
    // What cannot be removed now is tried again at the next start.
    await rm(join(modelsFolder, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return hasCode(error, 'EPERM')
  }
}

/** So that the new name survives a power cut. Windows has no such call for folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
