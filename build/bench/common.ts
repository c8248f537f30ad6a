/** What the figures of the bench have in common. */

import { join } from 'node:path'

import type { Studio } from '../../electron/core/studio.ts'
import type { RunDetail } from '../../shared/domain.ts'
import type { RunSpecInput } from '../../shared/run-spec.ts'

export const packFolders = [join(import.meta.dirname, '..', '..', 'models', 'packs')]

/** What the bench asks for where it matters little what. */
export const prompt = 'two red stars in night'

export const note = (text: string): void => void process.stderr.write(`${text}\n`)

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN

export const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits))

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** A run to its end; throws where it does not end as it should. */
export async function runOf(studio: Studio, spec: RunSpecInput): Promise<RunDetail> {
  const { runId } = await studio.api.startRun(spec)
  await studio.whenEnded(runId)
  const run = await studio.api.run({ runId })
  if (run.status.kind !== 'done') {
    throw new Error(`Expected a finished run, found ${JSON.stringify(run.status)}`)
  }
  return run
}
