import type { ReplayReport } from '../../../shared/domain.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { table } from './output.ts'
import { candidateOf } from './references.ts'
import { withStudio } from './with-studio.ts'

export const replayCommand: Command = {
  name: 'replay',
  operands: ['CANDIDATE'],
  about:
    'Makes a candidate again from its recipe alone and compares noise, image and scores: exit code 0 if they are the same bits, 1 if not. CANDIDATE is RUN/SEQ, RUN/baseline/SEQ, RUN/final/SEQ, an image hash (6 digits or more), or the path of a PNG.',
  options: { ...libraryOption, ...jsonOption },
  run: (args) =>
    withStudio(args, async (studio) => {
      const { runId, arm, seq } = await candidateOf(args, studio)
      const report = await studio.api.replay({ runId, arm, seq })
      process.stdout.write(args.flag('json') ? `${JSON.stringify(report)}\n` : formatReport(report))
      return report.same ? 0 : 1
    }),
}

function formatReport({
  runId,
  arm,
  seq,
  noiseSha256,
  imageSha256,
  scores,
  same,
  note,
}: ReplayReport): string {
  const row = (what: string, recorded: string, found: string) => [
    what,
    recorded,
    recorded === found ? 'the same' : found,
  ]
  const ids = Object.keys({ ...scores.recorded, ...scores.found }) as readonly VerifierId[]
  const scoreText = (of: ReplayReport['scores']['found'], id: VerifierId): string =>
    scoreBy({ scores: of }, id)?.toString() ?? 'no score'
  const rows = [
    ['', 'recorded', 'made again'],
    row('noise', noiseSha256.recorded, noiseSha256.found),
    row('image', imageSha256.recorded, imageSha256.found),
    ...ids.map((id) => row(id, scoreText(scores.recorded, id), scoreText(scores.found, id))),
  ]
  const verdict = same ? 'The same, to the last bit.' : 'Not the same.'
  return `${arm} ${seq} of run ${runId}\n\n${table(rows)}\n${verdict}${note === null ? '' : ` Note: ${note}.`}\n`
}
