/** Text for people: tables with aligned columns, numbers with units. */

import { bestResult } from '../../core/search/ranking.ts'
import type { Studio } from '../../core/studio.ts'
import type { Candidate, RunDetail, RunStatus } from '../../../shared/domain.ts'

/** Rows with columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line) => `${line}\n`).join('')
}

/** A run's status in words. */
export function statusText(status: RunStatus, finished: number, planned: number): string {
  if (status.kind === 'failed') return `failed at ${finished} of ${planned}: ${status.error.message}`
  return status.kind === 'done' ? 'done' : `${status.kind} at ${finished} of ${planned}`
}

/** A run with both arms, the winner marked. */
export function formatRun(studio: Studio, run: RunDetail): string {
  const { verifier } = run.spec
  const best = bestResult(run.candidates.map(({ seq, scores }) => ({ seq, score: scores[verifier] ?? null })))
  const row = (label: string, one: Candidate, mark: string) => [
    label,
    `${one.nfe} NFE`,
    `${one.seconds.toFixed(2)} s`,
    one.scores[verifier]?.toFixed(4) ?? 'no score',
    mark,
    studio.imageFile(one.imageSha256) ?? '(image missing)',
  ]
  const head = `Run ${run.id}: ${run.spec.prompt}\n${statusText(run.status, run.finished, run.planned)}; ${run.ledger.nfe} NFE, ${run.ledger.verifierCalls} verifier calls, ${run.ledger.seconds.toFixed(1)} s\n`
  const rows = [
    ['image', 'cost', 'time', verifier, '', 'file'],
    ...run.baselines.map((one) => row(`baseline, ${one.steps} steps`, one, '')),
    ...run.candidates.map((one) => row(`candidate ${one.seq}`, one, one.seq === best?.seq ? 'winner' : '')),
  ]
  return `${head}\n${table(rows)}`
}
