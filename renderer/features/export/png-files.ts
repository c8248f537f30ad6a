import { zip } from 'fflate'

import type { StudioBridge } from '../../../shared/contract.ts'
import type { Picture } from '../../../shared/gallery.ts'
import { bytesOf } from '../../components/save-file.ts'
import { fileNamesOf } from './file-names.ts'

export type NamedFile = { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }

/** The largest export in one ZIP, in bytes: it is put together in the page's memory. */
const maxZipBytes = 1024 * 1024 * 1024

/**
 * The pictures as files, one after the other.
 *
 * @param step called with each that has come
 * @throws the studio's errors; Error for more than a page can hold, or when `signal` is aborted
 */
export async function pngFiles(
  bridge: StudioBridge,
  pictures: readonly Picture[],
  metadata: 'all' | 'none',
  step: () => void,
  signal: AbortSignal,
): Promise<readonly NamedFile[]> {
  const names = fileNamesOf(pictures)
  const files: NamedFile[] = []
  let bytes = 0
  for (const [i, { imageSha256 }] of pictures.entries()) {
    signal.throwIfAborted()
    const file = bytesOf((await bridge.exportImage({ imageSha256, metadata })).png)
    bytes += file.byteLength
    if (bytes > maxZipBytes) {
      throw new Error(
        `Expected at most 1 GiB in one ZIP, found more after ${i} of ${pictures.length} pictures. Select fewer.`,
      )
    }
    files.push({ name: names[i] ?? `${imageSha256}.png`, bytes: file })
    step()
  }
  return files
}

/** Files in one ZIP, as they are: PNG is compressed already. */
export function zipped(files: readonly NamedFile[]): Promise<Blob> {
  const { promise, resolve, reject } = Promise.withResolvers<Blob>()
  const entries = Object.fromEntries(files.map(({ name, bytes }) => [name, bytes]))
  zip(entries, { level: 0 }, (error, data) => {
    if (error === null) resolve(new Blob([new Uint8Array(data)], { type: 'application/zip' }))
    else reject(error)
  })
  return promise
}
