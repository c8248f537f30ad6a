import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

import { fromErrorData, StudioError } from '../../../shared/errors.ts'
import type {
  ImportAnswers,
  ImportJob,
  ImportPhase,
  ImportQuestion,
  ModelFindings,
} from '../../../shared/model-import.ts'
import type { Studio } from '../../core/studio.ts'
import { inspectModel } from '../../packs/import/index.ts'
import { jsonOption, libraryOption, type Command, type ParsedArguments } from './command.ts'
import { table } from './output.ts'
import { withStudio } from './with-studio.ts'

export const importCommand: Command = {
  name: 'import',
  operands: ['DIR'],
  about:
    'Imports a model from a folder of ONNX files, as Optimum, OnnxStack or transformers.js lay them out.',
  options: {
    id: { type: 'string', value: 'ID', about: "id of the pack (default: from the folder's name)" },
    name: { type: 'string', value: 'NAME', about: "name that people read (default: the folder's)" },
    answer: {
      ...{ type: 'string', value: 'ID=VALUE', multiple: true },
      about: 'an answer to what the folder cannot say, once for each; @FILE for the lines of a file',
    },
    'take-suggestions': { type: 'boolean', about: 'take what is suggested wherever no answer is given' },
    'dry-run': { type: 'boolean', about: 'only say what is in the folder and what is asked' },
    ...libraryOption,
    ...jsonOption,
  },
  async run(args) {
    const folder = resolve(args.operands[0] ?? '')
    const answers = await answersOf(args.texts('answer'))
    // Looked at before the library is opened: who only looks, or is refused, is left without one.
    const { summary } = await inspectModel(folder)
    const dry = args.flag('dry-run')
    if (!(dry && args.flag('json'))) process.stderr.write(findingsText(summary))
    if (dry) {
      if (args.flag('json')) process.stdout.write(`${JSON.stringify(summary)}\n`)
      return 0
    }
    requireAnswers(summary.questions, answers, args.flag('take-suggestions'))
    return withStudio(args, async (studio) => {
      const { suggested } = await studio.api.inspectModel({ folder })
      const id = args.text('id') ?? suggested.id
      const name = args.text('name') ?? suggested.name
      const { phase } = await importToEnd(studio, { folder, answers, id, name })
      return printEnd(studio, phase, args)
    })
  },
}

/** `--answer prediction=epsilon`; `classes=@names.txt` for what a file says. */
async function answersOf(texts: readonly string[]): Promise<ImportAnswers> {
  const answers: Record<string, string> = {}
  for (const text of texts) {
    const [, id, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
    if (id === undefined || value === undefined) {
      throw new StudioError('bad_input', `--answer: expected ID=VALUE, found ${JSON.stringify(text)}`)
    }
    answers[id] = value.startsWith('@') ? await textOf(value.slice(1)) : value
  }
  return answers
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    const found = error instanceof Error ? error.message : String(error)
    throw new StudioError('bad_input', `--answer: expected a file at ${file}, found that ${found}`)
  })
}

/** Nothing is asked on the way: what is open is listed with how to answer it. */
function requireAnswers(
  questions: readonly ImportQuestion[],
  answers: ImportAnswers,
  takeSuggestions: boolean,
): void {
  const open = questions.filter(
    ({ id, suggestion }) => answers[id] === undefined && (suggestion === null || !takeSuggestions),
  )
  if (open.length === 0) return
  const options = open.map((question) => `--answer ${question.id}=${valueText(question)}`).join(' ')
  const short = open.some(({ suggestion }) => suggestion === null) ? '' : ', or --take-suggestions'
  throw new StudioError(
    'bad_input',
    `Expected answers to ${open.map(({ id }) => id).join(', ')}, found none. Add ${options}${short}.`,
  )
}

function valueText({ suggestion }: ImportQuestion): string {
  return suggestion === null ? '@FILE' : String(suggestion)
}

function findingsText({ what, kind, bytes, licence, roles, questions, notes }: ModelFindings): string {
  const size = `${(bytes / 1e6).toFixed(1)} MB`
  const asked = questions.flatMap((question) => [
    `\n${question.id}: ${question.label}. ${question.about}\n`,
    ...(question.kind === 'choice'
      ? question.choices.map(({ value, label }) => `  ${value}: ${label}\n`)
      : question.kind === 'names'
        ? [`  ${question.count} names, one a line\n`]
        : []),
    ...(question.suggestion === null ? [] : [`  suggested: ${question.suggestion}\n`]),
  ])
  const text = [
    `${what} (${kind.replaceAll('_', ' ')}), ${size} to copy, licence ${licence}\n`,
    table(Object.entries(roles).map(([role, file]) => [`  ${role}`, file])),
    ...notes.map((note) => `Note: ${note}\n`),
    ...asked,
  ]
  // A terminal must not be told anything by a file.
  return text.join('').replaceAll(/[^\P{Cc}\n]+/gu, ' ')
}

const endings = ['SIGINT', 'SIGTERM'] as const

/** Imports and shows how far it is; a signal cancels it, and nothing of it is kept. */
async function importToEnd(
  studio: Studio,
  request: {
    readonly folder: string
    readonly answers: ImportAnswers
    readonly id: string
    readonly name: string
  },
): Promise<ImportJob> {
  const { promise: ended, resolve: end, reject } = Promise.withResolvers<ImportJob>()
  let last = ''
  const look = async (): Promise<void> => {
    const [job] = await studio.api.imports()
    if (job === undefined) return
    const line = phaseText(job.phase)
    if (line !== last && line !== '') {
      process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`)
    }
    last = line
    if (['done', 'failed', 'cancelled'].includes(job.phase.kind)) end(job)
  }
  const stop = studio.onEvent((event) => {
    if (event.kind === 'import-changed') look().catch(reject)
  })
  const { importId } = await studio.api.importModel(request)
  const cancel = (): void => void studio.api.cancelImport({ importId })
  for (const signal of endings) process.once(signal, cancel)
  try {
    return await ended
  } finally {
    for (const signal of endings) process.off(signal, cancel)
    stop()
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}

/** On a terminal bytes are counted; elsewhere each phase is said once. */
function phaseText(phase: ImportPhase): string {
  switch (phase.kind) {
    case 'checking':
      return 'checking the files'
    case 'copying':
      return process.stderr.isTTY
        ? `copying: ${(phase.bytes / 1e6).toFixed(0)} of ${(phase.total / 1e6).toFixed(0)} MB`
        : 'copying'
    case 'waiting_for_run':
      return 'waiting for its trial run'
    case 'trial':
      return 'trying it in a process of its own'
    case 'waiting':
    case 'done':
    case 'cancelled':
    case 'failed':
      return ''
  }
}

async function printEnd(studio: Studio, phase: ImportPhase, args: ParsedArguments): Promise<number> {
  if (phase.kind === 'failed') throw fromErrorData(phase.error, 'import')
  if (phase.kind !== 'done') {
    process.stderr.write('Cancelled; nothing of the import is kept.\n')
    return 1
  }
  const pack = (await studio.api.packs()).find(({ id }) => id === phase.packId)
  process.stdout.write(
    args.flag('json')
      ? `${JSON.stringify(pack)}\n`
      : `Imported as the pack ${phase.packId}; its trial run took ${phase.seconds.toFixed(1)} s${phase.peakBytes === null ? '' : ` and ${(phase.peakBytes / 1e6).toFixed(0)} MB of memory`}.\n`,
  )
  return 0
}
