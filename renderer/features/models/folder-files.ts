/** What is in a folder that a person dropped on the page, or chose there: the files to be sent, by path. */

import type { SentFile } from '../../../shared/contract.ts'
import { StudioError } from '../../../shared/errors.ts'
import { modelFolderLimits } from '../../../shared/model-import.ts'

const { files: maxFiles, depth: maxDepth } = modelFolderLimits

/**
 * The files of a dropped folder. Hidden ones (.git, .cache, .DS_Store) stay where they are.
 *
 * @throws StudioError `bad_input` for a file in place of a folder, and for more than a model has
 */
export async function filesOfEntry(entry: FileSystemEntry | null): Promise<readonly SentFile[]> {
  if (entry?.isDirectory !== true) {
    throw new StudioError(
      'bad_input',
      'Expected the folder of a model, found a file. Drop the folder that it lies in.',
    )
  }
  const files: SentFile[] = []
  await walk(entry as FileSystemDirectoryEntry, entry.name, files)
  return files
}

/** The files of a folder that was chosen with the browser's own dialog. */
export function filesOfChoice(list: FileList): readonly SentFile[] {
  const files = [...list].map((file) => ({ path: file.webkitRelativePath, file }))
  const seen = files.filter(({ path }) => !path.split('/').some(isHidden))
  if (seen.length > maxFiles) throw tooMany()
  return seen
}

async function walk(folder: FileSystemDirectoryEntry, path: string, files: SentFile[]): Promise<void> {
  if (path.split('/').length > maxDepth) throw tooMany()
  for (const entry of await entriesOf(folder)) {
    if (isHidden(entry.name)) continue
    const inside = `${path}/${entry.name}`
    if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, inside, files)
    else {
      if (files.length >= maxFiles) throw tooMany()
      const file = await new Promise<File>((resolve, reject) => {
        ;(entry as FileSystemFileEntry).file(resolve, reject)
      })
      files.push({ path: inside, file })
    }
  }
}

/** A reader gives a folder's entries in parts, and nothing when there are no more. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<readonly FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject)
    })
    if (some.length === 0) return all
    all.push(...some)
    if (all.length > 4 * maxFiles) throw tooMany()
  }
}

function isHidden(name: string): boolean {
  return name.startsWith('.')
}

function tooMany(): StudioError {
  return new StudioError(
    'bad_input',
    `Expected the folder of one model, found more than ${maxFiles} files or ${maxDepth} folders in each other. Choose the folder of the model itself.`,
  )
}
