import type { Studio } from '../../core/studio.ts'
import { contactSheet, maxOnSheet } from '../../../shared/contact-sheet.ts'
import { imagesAsUrls, sheetPictures } from '../../../shared/drawn-images.ts'
import { StudioError } from '../../../shared/errors.ts'
import type { Picture, Rating, WallFilter, WallOrder } from '../../../shared/gallery.ts'
import { scoresCsv } from '../../../shared/scores-csv.ts'
import { idsOf, verifiers, type VerifierId } from '../../../shared/vocabulary.ts'
import { jsonOption, libraryOption, numberOrText, type Command, type ParsedArguments } from './command.ts'
import { oneLine, table } from './output.ts'
import { detailsOf, originText } from './picture-list.ts'
import { withStudio } from './with-studio.ts'
import { writeNewFile } from './write-new-file.ts'

/** Lines that are printed unless told otherwise. */
const usualLimit = 40

export const picturesCommand: Command = {
  name: 'pictures',
  operands: [],
  about: 'Lists the pictures of the library: filtered, sorted, as a table of scores, or on a contact sheet.',
  options: {
    text: { type: 'string', value: 'WORDS', about: 'words that all stand in the prompt' },
    flag: { type: 'string', value: 'pick|reject|none', about: 'only these' },
    rating: { type: 'string', value: '1-5', about: 'so many stars or more' },
    pack: { type: 'string', value: 'ID', about: 'made by this pack' },
    run: { type: 'string', value: 'RUN', about: 'of this run' },
    board: { type: 'string', value: 'NUMBER', about: 'on this board; `boards` lists them' },
    outside: { type: 'boolean', about: 'only images that came from outside' },
    unfinished: { type: 'boolean', about: 'drafts and paths too' },
    sort: {
      type: 'string',
      value: 'made|rating|VERIFIER|delta:VERIFIER',
      about: 'highest or newest first (default: made)',
    },
    ascending: { type: 'boolean', about: 'the other way round' },
    limit: { type: 'string', value: 'N', about: `how many (default: ${usualLimit}; files take all)` },
    csv: { type: 'string', value: 'FILE', about: 'write marks, costs and scores of all of them as CSV' },
    sheet: { type: 'string', value: 'FILE.svg', about: `write a contact sheet of the first ${maxOnSheet}` },
    force: { type: 'boolean', about: 'write over a file that is there' },
    ...libraryOption,
    ...jsonOption,
  },
  run: (args) =>
    withStudio(args, async (studio) => {
      const ids = await studio.api.wall({ filter: filterOf(args), order: orderOf(args) })
      const [csv, sheet] = [args.text('csv'), args.text('sheet')]
      const limit = args.text('limit')
      const wanted =
        limit === undefined
          ? csv === undefined && sheet === undefined
            ? usualLimit
            : ids.length
          : whole('limit', limit, 1)
      const pictures = await detailsOf(studio, ids.slice(0, wanted))
      if (csv !== undefined) await writeNewFile(csv, scoresCsv(pictures), args.flag('force'))
      if (sheet !== undefined) await writeNewFile(sheet, await sheetOf(studio, pictures), args.flag('force'))
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify({ found: ids.length, pictures })}\n`)
        return 0
      }
      const files = [csv, sheet].filter((file) => file !== undefined)
      if (files.length > 0)
        process.stdout.write(
          `Wrote ${pictures.length} of ${ids.length} pictures to ${files.join(' and ')}.\n`,
        )
      else process.stdout.write(listOf(pictures, ids.length))
      return 0
    }),
}

function listOf(pictures: readonly Picture[], found: number): string {
  if (pictures.length === 0) return 'No picture is like that.\n'
  const judges = idsOf(verifiers).filter((id) => pictures.some(({ scores }) => scores[id] !== undefined))
  const rows = pictures.map((one) => [
    ...[String(one.id), originText(one), one.flag ?? '', '*'.repeat(one.rating)],
    ...judges.map((id) => one.scores[id]?.toFixed(4) ?? ''),
    oneLine(one.prompt),
  ])
  const more = found > pictures.length ? `${pictures.length} of ${found}; --limit shows more\n` : ''
  return `${table([['picture', 'from', 'flag', 'stars', ...judges, 'prompt'], ...rows])}${more}`
}

async function sheetOf(studio: Studio, pictures: readonly Picture[]): Promise<string> {
  const shown = pictures.slice(0, maxOnSheet)
  const urls = await imagesAsUrls(
    studio.api,
    shown.map(({ imageSha256 }) => imageSha256),
  )
  return contactSheet(sheetPictures(shown, urls), {
    ...{ title: 'Goldpan', subtitle: `${shown.length} pictures` },
    ...{ columns: 5, paper: 'light', captions: true },
  })
}

/** The filter as typed; what is no value of its kind is refused by the studio, which says what it expected. */
function filterOf(args: ParsedArguments): WallFilter {
  const [text, flag, rating] = [args.text('text'), args.text('flag'), args.text('rating')]
  const [pack, run, board] = [args.text('pack'), args.text('run'), args.text('board')]
  return {
    ...(text === undefined ? {} : { text }),
    ...(flag === undefined ? {} : { flags: [flag as 'pick'] }),
    ...(rating === undefined ? {} : { ratingAtLeast: numberOrText(rating) as Rating }),
    ...(pack === undefined ? {} : { packs: [pack] }),
    ...(run === undefined ? {} : { run: whole('run', run, 1) }),
    ...(board === undefined ? {} : { board: whole('board', board, 1) }),
    ...(args.flag('outside') ? { origin: 'outside' as const } : {}),
    ...(args.flag('unfinished') ? { unfinished: true } : {}),
  }
}

function orderOf(args: ParsedArguments): WallOrder {
  const sort = args.text('sort') ?? 'made'
  const descending = !args.flag('ascending')
  if (sort === 'made' || sort === 'rating') return { by: sort, descending }
  const [, delta = '', verifier = ''] = /^(delta:)?(.*)$/.exec(sort) ?? []
  return { by: delta === '' ? 'score' : 'delta', verifier: verifier as VerifierId, descending }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new StudioError(
    'bad_input',
    `${name}: expected a whole number from ${least} on, found ${JSON.stringify(text)}`,
  )
}
