/** The thread that decodes pictures for thumbnails: pixels never keep the studio from answering. One task at a time. */

import { parentPort } from 'node:worker_threads'

import { assertNever } from '../../shared/assert-never.ts'
import { imagePath, layoutOf } from './layout.ts'
import { makeThumbnail, sweepThumbnails, type ThumbnailTask } from './thumbnail-file.ts'

/** What the thread is asked; it answers with the thumbnail's bytes, or null where there are none. */
export type ThreadTask =
  | ({ readonly kind: 'make' } & ThumbnailTask)
  | { readonly kind: 'sweep'; readonly libraryPath: string; readonly limit: number }

parentPort?.on('message', (task: ThreadTask) => {
  parentPort?.postMessage(answerTo(task))
})

function answerTo(task: ThreadTask): Uint8Array | null {
  switch (task.kind) {
    case 'make':
      return makeThumbnail(task)
    case 'sweep': {
      const layout = layoutOf(task.libraryPath)
      const pictureOf = (sha256: string) => imagePath(layout, sha256)
      try {
        sweepThumbnails({ folder: layout.thumbnails, limit: task.limit, pictureOf })
      } catch {
        // A folder that cannot be read or written is swept another time.
      }
      return null
    }
    default:
      return assertNever(task, 'task')
  }
}
