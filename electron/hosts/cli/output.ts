/** Text for people: tables with aligned columns, numbers with units. */

import type { Studio } from '../../core/studio.ts'
import type { Candidate, RunDetail, RunSummary } from '../../../shared/domain.ts'
import { hackingAlarm } from '../../../shared/hacking-alarm.ts'
import { meanRanks, scoreBy } from '../../../shared/ranking.ts'

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

/** Text of a file on one line, without anything that could tell a terminal what to do. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

/** A run's status in words; where it can go on, how. */
export function statusText({
  id,
  status,
  finished,
  planned,
  failed,
}: Pick<RunSummary, 'id' | 'status' | 'finished' | 'planned' | 'failed'>): string {
  const without = failed === 0 ? '' : `, ${failed} failed`
  if (status.kind === 'done') return `done${without}`
  const at = `${status.kind} at ${finished} of ${planned}${without}`
  if (status.kind === 'queued' || status.kind === 'running') return at
  const goOn = `\`resume ${id}\` goes on`
  return status.kind === 'failed' ? `${at}: ${status.error.message} ${goOn}` : `${at}; ${goOn}`
}

/** A run with both arms, the winner marked. */
export function formatRun(studio: Studio, run: RunDetail): string {
  const { guide, heldOut } = run.spec
  const images = run.candidates.filter(({ level }) => level === 0)
  const ranks = guide.length > 1 ? meanRanks(images, guide) : null
  const row = (label: string, one: Candidate, mark: string) => [
    label,
    `${one.nfe} NFE`,
    `${one.seconds.toFixed(2)} s`,
    ...[...guide, ...heldOut].map((id) => scoreBy(one, id)?.toFixed(4) ?? 'no score'),
    ...(ranks === null ? [] : [one.arm === 'search' ? (ranks.get(one.seq)?.toFixed(2) ?? '') : '']),
    mark,
    studio.imageFile(one.imageSha256) ?? '(image missing)',
  ]
  const { nfe, verifierCalls, seconds, gflop } = run.ledger
  // Nobody has counted the operations of an imported model.
  const work = gflop === 0 ? '' : `, ${gflop.toFixed(0)} GFLOP`
  const head = `Run ${run.id}: ${run.spec.prompt}\n${statusText(run)}; ${nfe} NFE, ${verifierCalls} verifier calls, ${seconds.toFixed(1)} s${work}\n`
  const alarm = hackingAlarm(run)
  const hacked =
    alarm === null
      ? ''
      : `verifier hacking: since candidate ${alarm.since} (round ${alarm.round}, ${alarm.nfe} NFE) the guide rises while ${alarm.verifiers.join(', ')} fall\n`
  const hands = run.interventions.map(
    ({ kind, seq, round, until }) =>
      `${kind} of candidate ${seq} from round ${round} on${until === null ? '' : ', undone'}\n`,
  )
  const markOf = ({ seq, level }: Candidate): string => {
    if (seq === run.winner) return 'winner'
    return level === 0 ? '' : `at level ${level.toFixed(2)}`
  }
  const rows = [
    [
      ...['image', 'cost', 'time', ...guide],
      ...heldOut.map((id) => `${id} (held out)`),
      ...(ranks === null ? [] : ['mean rank']),
      ...['', 'file'],
    ],
    ...run.baselines.map((one) => row(`baseline, ${one.steps} steps`, one, '')),
    ...run.candidates.map((one) => row(`candidate ${one.seq}`, one, markOf(one))),
    ...run.finals.map((one) =>
      row(`final of ${one.seq}, ${one.steps} steps`, one, one.seq === run.winner ? 'winner' : ''),
    ),
  ]
  const failures = run.failures.map(({ arm, seq, error }) => `${arm} ${seq} failed: ${error.message}\n`)
  return `${head}${hacked}${hands.join('')}${failures.join('')}\n${table(rows)}`
}
