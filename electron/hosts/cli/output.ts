/** Text for people: tables with aligned columns, numbers with units. */

import type { Studio } from '../../core/studio.ts'
import type { Candidate, RunDetail, RunStatus } from '../../../shared/domain.ts'
import { meanRanks, scoreBy, bestByGuide } from '../../../shared/ranking.ts'

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
  const { guide, heldOut } = run.spec
  const best = bestByGuide(run.candidates, guide)
  const ranks = guide.length > 1 ? meanRanks(run.candidates, guide) : null
  const row = (label: string, one: Candidate, mark: string) => [
    label,
    `${one.nfe} NFE`,
    `${one.seconds.toFixed(2)} s`,
    ...[...guide, ...heldOut].map((id) => scoreBy(one, id)?.toFixed(4) ?? 'no score'),
    ...(ranks === null ? [] : [one.arm === 'search' ? (ranks.get(one.seq)?.toFixed(2) ?? '') : '']),
    mark,
    studio.imageFile(one.imageSha256) ?? '(image missing)',
  ]
  const head = `Run ${run.id}: ${run.spec.prompt}\n${statusText(run.status, run.finished, run.planned)}; ${run.ledger.nfe} NFE, ${run.ledger.verifierCalls} verifier calls, ${run.ledger.seconds.toFixed(1)} s\n`
  const rows = [
    [
      ...['image', 'cost', 'time', ...guide],
      ...heldOut.map((id) => `${id} (held out)`),
      ...(ranks === null ? [] : ['mean rank']),
      ...['', 'file'],
    ],
    ...run.baselines.map((one) => row(`baseline, ${one.steps} steps`, one, '')),
    ...run.candidates.map((one) => row(`candidate ${one.seq}`, one, one.seq === best?.seq ? 'winner' : '')),
  ]
  return `${head}\n${table(rows)}`
}
