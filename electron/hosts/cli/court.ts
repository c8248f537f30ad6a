/** The verifier court on the command line: pictures judged by everybody, the artist's own verifier, winners that differ. */

import type { CourtTable, HeldOutAccuracy, JudgingJob, PersonalScorer } from '../../../shared/court.ts'
import { StudioError } from '../../../shared/errors.ts'
import { kendallTau } from '../../../shared/kendall-tau.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { verifiers as vocabulary, type VerifierId } from '../../../shared/vocabulary.ts'
import type { Studio } from '../../core/studio.ts'
import { jsonOption, libraryOption, numberOrText, type Command, type ParsedArguments } from './command.ts'
import { table } from './output.ts'
import { aboutPictures, originText, picturesOf, picturesOperand } from './picture-list.ts'
import { withStudio } from './with-studio.ts'

const usual = { count: '4', spread: '0.5', guide: 'clip_score' }

const courtCommand: Command = {
  name: 'court',
  operands: [picturesOperand],
  about: `Has every verifier judge pictures, and shows who agrees with whom. ${aboutPictures}`,
  options: {
    verifiers: {
      type: 'string',
      value: 'IDS',
      about: 'ask only these for scores that are missing (default: all that can judge)',
    },
    known: { type: 'boolean', about: 'ask nobody: show the scores that there are' },
    ...libraryOption,
    ...jsonOption,
  },
  run: (args) =>
    withStudio(args, async (studio) => {
      const shown = await picturesOf(args.operands[0] ?? '', studio)
      const pictures = shown.map(({ id }) => id)
      const failed = args.flag('known') ? null : await judge(studio, pictures, namedVerifiers(args))
      const found = await studio.api.court({ pictures })
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify({ ...found, agreement: agreementOf(found) })}\n`)
      } else {
        const names = shown.map((picture) => `${picture.id} (${originText(picture)})`)
        process.stdout.write(formatCourt(found, names))
      }
      if (failed?.kind !== 'failed') return 0
      process.stderr.write(`${failed.error.message}\n`)
      return 1
    }),
}

const youCommand: Command = {
  name: 'you',
  operands: [],
  about: 'Shows how well verifiers know your eye by your blind votes, your own verifier among them.',
  options: {
    train: { type: 'boolean', about: 'train your verifier on all votes first, and install it as a pack' },
    back: {
      type: 'string',
      value: 'NAME',
      about:
        'go back to an earlier version of your verifier first; the one at hand takes its place in the list',
    },
    ...libraryOption,
    ...jsonOption,
  },
  run: (args) =>
    withStudio(args, async ({ api }) => {
      const back = args.text('back')
      if (back !== undefined && args.flag('train')) {
        throw new StudioError('bad_input', 'you: expected --train or --back, found both')
      }
      if (back !== undefined) await api.restorePersonalScorer({ removed: back })
      const you = args.flag('train') ? await api.trainPersonalScorer() : await api.personalScorer()
      process.stdout.write(args.flag('json') ? `${JSON.stringify(you)}\n` : formatYou(you))
      return 0
    }),
}

const diverseCommand: Command = {
  name: 'diverse',
  operands: [picturesOperand],
  about: `Chooses pictures that are good and differ from each other. ${aboutPictures}`,
  options: {
    guide: { type: 'string', value: 'IDS', about: `whose ranks are the quality (default: ${usual.guide})` },
    count: { type: 'string', value: 'N', about: `how many, 2 to 20 (default: ${usual.count})` },
    spread: {
      type: 'string',
      value: 'S',
      about: `0 for quality alone, 1 for spread alone (default: ${usual.spread})`,
    },
    ...libraryOption,
    ...jsonOption,
  },
  run: (args) =>
    withStudio(args, async (studio) => {
      const pictures = await picturesOf(args.operands[0] ?? '', studio)
      const chosen = await studio.api.diverseWinners({
        pictures: pictures.map(({ id }) => id),
        guide: idsIn(args.text('guide') ?? usual.guide),
        // What is no number is told so by the studio's own check.
        count: numberOrText(args.text('count') ?? usual.count) as number,
        spread: numberOrText(args.text('spread') ?? usual.spread) as number,
      })
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(chosen)}\n`)
        return 0
      }
      const nameOf = (id: number): string => {
        const picture = pictures.find((one) => one.id === id)
        return picture === undefined ? String(id) : `${id} (${originText(picture)})`
      }
      process.stdout.write(
        table([
          ['', 'pictures', 'mean distance', 'mean quality'],
          [
            'diverse',
            chosen.winners.map(nameOf).join(', '),
            chosen.spread.toFixed(3),
            chosen.quality.toFixed(3),
          ],
          [
            'best',
            chosen.best.map(nameOf).join(', '),
            chosen.spreadOfBest.toFixed(3),
            chosen.qualityOfBest.toFixed(3),
          ],
        ]),
      )
      return 0
    }),
}

export const courtCommands: readonly Command[] = [courtCommand, youCommand, diverseCommand]

function namedVerifiers(args: ParsedArguments): readonly VerifierId[] | null {
  const text = args.text('verifiers')
  return text === undefined ? null : idsIn(text)
}

/** What is no verifier is told so by the studio's own check. */
function idsIn(text: string): readonly VerifierId[] {
  return text.split(',').map((id) => id.trim() as VerifierId)
}

/** Has missing scores judged, with its progress on stderr. Ctrl-C ends it: what was judged is kept. */
async function judge(
  { api, onEvent }: Studio,
  pictures: readonly number[],
  verifiers: readonly VerifierId[] | null,
): Promise<JudgingJob['state']> {
  const { job } = await api.judge(verifiers === null ? { pictures } : { pictures, verifiers })
  return new Promise((resolve, reject) => {
    let told = 0
    const look = async (): Promise<void> => {
      const found = (await api.judging()).find(({ id }) => id === job)
      if (found === undefined) throw new StudioError('internal', `Expected judging job ${job}, found none.`)
      if (found.done > told) process.stderr.write(`judged ${found.done} of ${found.planned}\n`)
      told = found.done
      if (found.state.kind === 'waiting' || found.state.kind === 'working') return
      stop()
      resolve(found.state)
    }
    const stop = onEvent((event) => {
      if (event.kind === 'court-changed') look().catch(reject)
    })
    look().catch(reject)
  })
}

/** Verifiers with scores, in the order of the vocabulary. */
function speakersOf({ judges, testimonies }: CourtTable): readonly VerifierId[] {
  return judges
    .map(({ verifier }) => verifier)
    .filter((verifier) => testimonies.some(({ scores }) => scores[verifier] !== undefined))
}

/** Kendall's tau-b of every two verifiers; null where one of them orders nothing. */
function agreementOf(
  court: CourtTable,
): Partial<Record<VerifierId, Partial<Record<VerifierId, number | null>>>> {
  const speakers = speakersOf(court)
  const column = (verifier: VerifierId) => court.testimonies.map((one) => scoreBy(one, verifier))
  return Object.fromEntries(
    speakers.map((a) => [
      a,
      Object.fromEntries(speakers.map((b) => [b, kendallTau(column(a), column(b))] as const)),
    ]),
  )
}

function formatCourt(court: CourtTable, names: readonly string[]): string {
  const speakers = speakersOf(court)
  const agreement = agreementOf(court)
  const scores = court.testimonies.map((one, i) => [
    names[i] ?? String(one.picture),
    ...speakers.map((verifier) => {
      const score = scoreBy(one, verifier)
      const column = court.testimonies.flatMap((other) => scoreBy(other, verifier) ?? [])
      return score === null ? '' : `${score.toFixed(4)}${score === Math.max(...column) ? ' *' : ''}`
    }),
  ])
  const taus = speakers.map((a) => [a, ...speakers.map((b) => agreement[a]?.[b]?.toFixed(2) ?? '')])
  const unable = court.judges.flatMap(({ verifier, reason }) =>
    reason === null || speakers.includes(verifier) ? [] : [`${verifier}: ${reason}\n`],
  )
  return [
    table([['picture', ...speakers], ...scores]),
    "\nAgreement by Kendall's tau-b: 1 the same order, 0 no relation, -1 the opposite\n",
    table([['', ...speakers], ...taus]),
    ...(unable.length === 0 ? [] : ['\nNo scores by\n', ...unable]),
  ].join('')
}

function formatYou({ votes, state, others, earlier }: PersonalScorer): string {
  const own = state.kind === 'trained' ? [state.own] : []
  const row = ({ verifier, accuracy, low, high, votes: counted }: HeldOutAccuracy) => [
    verifier,
    percent(accuracy),
    `${percent(low)} to ${percent(high)}`,
    String(counted),
  ]
  const all = [...own, ...others].toSorted((a, b) => b.accuracy - a.accuracy)
  const rows = table([['verifier', 'prefers what you do', '95 % interval', 'votes'], ...all.map(row)])
  const versions = earlier.map(({ removed, trainedAt, own: { accuracy, low, high }, votes: trainedOn }) => [
    ...[removed, trainedAt, String(trainedOn), percent(accuracy), `${percent(low)} to ${percent(high)}`],
  ])
  const head = ['earlier version', 'trained', 'votes', 'prefers what you do', '95 % interval']
  return [
    `${votes} blind votes. ${stateText(state)}\n`,
    all.length === 0 ? '' : `\n${rows}`,
    versions.length === 0 ? '' : `\n${table([head, ...versions])}\`you --back NAME\` goes back to one.\n`,
  ].join('')
}

function stateText(state: PersonalScorer['state']): string {
  switch (state.kind) {
    case 'untrained':
      return `${vocabulary.you.label}: not trained. ${state.reason}`
    case 'training':
      return `${vocabulary.you.label}: training.`
    case 'failed':
      return `${vocabulary.you.label}: ${state.error.message}`
    case 'trained': {
      const seen = state.unseenPictures ? 'pictures' : 'votes'
      const may = state.beatsChance ? 'it may guide' : 'it may not guide, only be held out'
      return `${vocabulary.you.label}: trained on ${state.votes} votes over the features of ${state.features}, measured on ${seen} that it has not seen; ${may}.`
    }
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}
