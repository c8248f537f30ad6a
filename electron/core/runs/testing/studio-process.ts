/**
 * The whole studio with the real engine in a process that can be killed: `studio-process.ts FOLDER SPECIFICATION` opens
 * the library in FOLDER and starts the run that SPECIFICATION (JSON) asks for, or goes on with the one that is there.
 * Says in lines of JSON which engine it started, how far it is, and how it ended.
 */

import { writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import type { RunStatus } from '../../../../shared/domain.ts'
import type { RunSpecInput } from '../../../../shared/run-spec.ts'
import { forkEngine } from '../../../engine/engine-port.ts'
import { openStudio } from '../../studio.ts'

/** What the process says of its life. */
export type StudioSaid =
  | { readonly kind: 'engine'; readonly pid: number }
  | { readonly kind: 'progress'; readonly finished: number; readonly nfe: number }
  | { readonly kind: 'ended'; readonly status: RunStatus }

const [folder = '', specification = ''] = process.argv.slice(2)

/** Synchronous: a line that was written is out even if the next instruction is the last. */
function say(line: StudioSaid): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const studio = await openStudio({
  libraryPath: folder,
  packFolders: [fileURLToPath(new URL('../../../../models/packs', import.meta.url))],
  host: 'cli',
  launchEngine: (entry) => {
    const port = forkEngine(entry)
    if (port.pid !== undefined) say({ kind: 'engine', pid: port.pid })
    return port
  },
})
studio.onEvent((event) => {
  if (event.kind !== 'progress') return
  const { finished, nfe } = event.progress
  say({ kind: 'progress', finished, nfe })
})
const [known] = await studio.api.runs()
let runId = known?.id
if (runId === undefined) runId = (await studio.api.startRun(JSON.parse(specification) as RunSpecInput)).runId
else if (known?.status.kind !== 'done') await studio.api.resumeRun({ runId })
await studio.whenEnded(runId)
const { status } = await studio.api.run({ runId })
await studio.close()
say({ kind: 'ended', status })
