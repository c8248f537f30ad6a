/**
 * `memoryGrowth`: resident memory of the studio's process at the end of a search of 2,000 candidates, divided by that
 * after its first 100; the same of the engine process. Garbage is not collected on purpose: what counts is what a
 * night's run takes from the machine.
 */

import { readFileSync } from 'node:fs'

import { forkEngine, type EnginePort } from '../../electron/engine/engine-port.ts'
import { openStudio } from '../../electron/core/studio.ts'
import { note, packFolders, prompt, rounded, runOf } from './common.ts'

const candidates = 2000
const early = 100

/** Small images of few steps: what is counted is what each candidate leaves behind. */
const steps = 2

/** Both processes of a studio at work. */
export async function measureMemory(libraryPath: string): Promise<Record<string, unknown>> {
  const engines: EnginePort[] = []
  const studio = await openStudio({
    libraryPath,
    packFolders,
    host: 'cli',
    launchEngine: (entry) => {
      const engine = forkEngine(entry)
      engines.push(engine)
      return engine
    },
  })
  const samples: { readonly finished: number; readonly studio: number; readonly engine: number }[] = []
  studio.onEvent((event) => {
    if (event.kind !== 'progress') return
    const { finished } = event.progress
    if (finished < early * (samples.length + 1)) return
    samples.push({ finished, studio: process.memoryUsage.rss(), engine: rssOf(engines[0]?.pid) })
    note(
      `${finished} candidates: ${megabytes(samples.at(-1)?.studio)} MB, engine ${megabytes(samples.at(-1)?.engine)} MB`,
    )
  })
  try {
    await runOf(studio, {
      ...{ prompt, pack: 'scenes', guide: ['clip_score'], heldOut: [] },
      ...{ algorithm: 'random_search', candidates, baselines: [] },
      ...{ sampler: 'euler', schedule: 'linear', steps, guidance: 1, seed: '1' },
    })
    const [first] = samples
    const end = { studio: process.memoryUsage.rss(), engine: rssOf(engines[0]?.pid) }
    if (first === undefined) throw new Error('Expected progress after 100 candidates, found none')
    return {
      memoryGrowth: rounded(end.studio / first.studio),
      memory: {
        candidates,
        megabytesAfter100: megabytes(first.studio),
        megabytesAtEnd: megabytes(end.studio),
        engineGrowth: rounded(end.engine / first.engine),
        engineMegabytesAfter100: megabytes(first.engine),
        engineMegabytesAtEnd: megabytes(end.engine),
      },
    }
  } finally {
    await studio.close()
  }
}

/** Resident bytes of another process; NaN where the system does not tell. */
function rssOf(pid: number | undefined): number {
  if (pid === undefined) return NaN
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes) * 1024
  } catch {
    return NaN
  }
}

function megabytes(bytes: number | undefined): number {
  return rounded((bytes ?? NaN) / 2 ** 20, 1)
}
