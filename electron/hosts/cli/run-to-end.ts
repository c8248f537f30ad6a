/** A run from the command line: shown while it goes on, cancelled by Ctrl-C, printed at its end. */

import type { Studio } from '../../core/studio.ts'
import type { RunDetail, RunProgress } from '../../../shared/domain.ts'
import type { ParsedArguments } from './command.ts'
import { formatRun } from './output.ts'
import { runJson } from './run-json.ts'

/** Ctrl-C, and what ends a program politely. */
const endings = ['SIGINT', 'SIGTERM'] as const

/**
 * Starts a run and waits for its end; a signal cancels it and keeps what finished.
 *
 * @param start resolves to the run's number once the run is queued
 */
export async function runToEnd(studio: Studio, start: () => Promise<number>): Promise<RunDetail> {
  const stopShowing = studio.onEvent((event) => {
    if (event.kind === 'progress') showProgress(event.progress)
  })
  const runId = await start()
  const cancel = (): void => {
    process.stderr.write('\nStopping after this step; everything finished is kept.\n')
    void studio.api.cancelRun({ runId })
  }
  for (const signal of endings) process.once(signal, cancel)
  try {
    await studio.whenEnded(runId)
  } finally {
    for (const signal of endings) process.off(signal, cancel)
    stopShowing()
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
  return studio.api.run({ runId })
}

/** Prints a run that came to its end; the exit code says whether it was done. */
export function printEnded(studio: Studio, run: RunDetail, args: ParsedArguments): number {
  if (run.unknownWords.length > 0) {
    process.stderr.write(`Note: the pack does not know ${run.unknownWords.join(', ')}; passed over.\n`)
  }
  printRun(studio, run, args)
  if (run.status.kind === 'failed') process.stderr.write(`Failed: ${run.status.error.message}\n`)
  return run.status.kind === 'done' ? 0 : 1
}

/** A run on stdout, for people or as JSON. */
export function printRun(studio: Studio, run: RunDetail, args: ParsedArguments): void {
  process.stdout.write(
    args.flag('json') ? `${JSON.stringify(runJson(studio, run))}\n` : formatRun(studio, run),
  )
}

let lastEnded = -1

/** On a terminal one line that is written over; elsewhere one line an image. */
function showProgress(progress: RunProgress): void {
  const { phase, finished, planned, failed, nfe, nfePlanned, secondsLeft } = progress
  const without = failed === 0 ? '' : `, ${failed} failed`
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`
  const line = `${phase}: ${finished} of ${planned} images${without}, ${nfe} of ${nfePlanned} NFE${left}`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K`)
  else if (finished + failed !== lastEnded) process.stderr.write(`${line}\n`)
  lastEnded = finished + failed
}
