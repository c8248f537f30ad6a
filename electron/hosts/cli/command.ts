/** What a command of the command line is, and how its arguments are read: one line says what is wrong with them. */

import { parseArgs } from 'node:util'

import { StudioError } from '../../../shared/errors.ts'

type Option = {
  readonly type: 'string' | 'boolean'
  readonly value?: string
  readonly about: string
  /** May be given several times. */
  readonly multiple?: true
}
export type Options = Readonly<Record<string, Option>>

export type Command = {
  readonly name: string
  /** What stands after the options, e.g. `"PROMPT"`. */
  readonly operands: readonly string[]
  readonly about: string
  readonly options: Options
  /** Resolves to the exit code: 0 done, 1 failed. Throws StudioError. */
  run(args: ParsedArguments): Promise<number>
}

export type ParsedArguments = {
  readonly operands: readonly string[]
  /** The option's text, or undefined when it was not given. */
  text(name: string): string | undefined
  /** Of an option that may be given several times, in order. */
  texts(name: string): readonly string[]
  flag(name: string): boolean
}

export const libraryOption: Options = {
  library: {
    type: 'string',
    value: 'DIR',
    about: 'library folder (default: GOLDPAN_LIBRARY, or Goldpan in your home)',
  },
}
export const jsonOption: Options = {
  json: { type: 'boolean', about: 'print one JSON object on stdout, nothing else' },
}

/** Reads a command's arguments; throws `bad_input` with one line for an option or operand that does not fit. */
export function parseCommandArguments(command: Command, args: readonly string[]): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries<Pick<Option, 'type' | 'multiple'>>({ ...command.options, help: { type: 'boolean' } }).map(
      ([name, { type, multiple = false }]) => [name, { type, multiple }],
    ),
  )
  const parsed = parse(command, [...withNegativeNumbers(args, options)], options)
  const operands = parsed.positionals.map((operand) => operand.replace(/^\0/, ''))
  const values: Record<string, string | boolean | (string | boolean)[] | undefined> = parsed.values
  const missing = command.operands[operands.length]
  if (missing !== undefined && values.help !== true) {
    throw new StudioError(
      'bad_input',
      `${command.name}: expected ${missing}, found nothing; see ${command.name} --help`,
    )
  }
  const surplus = operands[command.operands.length]
  if (surplus !== undefined) {
    throw new StudioError(
      'bad_input',
      `${command.name}: expected ${command.operands.join(' ') || 'no further words'}, found also ${JSON.stringify(surplus)}; put quotes around a prompt of several words`,
    )
  }
  return {
    operands,
    text(name) {
      const value = values[name]
      return typeof value === 'string' ? value : undefined
    },
    texts(name) {
      const value = values[name]
      return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
    },
    flag: (name) => values[name] === true,
  }
}

function parse(
  command: Command,
  args: string[],
  options: Record<string, { type: 'string' | 'boolean'; multiple: boolean }>,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true })
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new StudioError(
      'bad_input',
      `${command.name}: ${line ?? 'bad arguments'}; see ${command.name} --help`,
    )
  }
}

/**
 * No option begins with a digit. `--candidates -1` is a value out of range, to be told so, not an ambiguous option: it is
 * joined to `--candidates=-1`. And `mark -1` names a picture from outside: NUL, which no argument can hold, goes before.
 */
function* withNegativeNumbers(
  args: readonly string[],
  options: Readonly<Record<string, { type: string }>>,
): Generator<string> {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? ''
    const next = args[i + 1]
    if (
      options[arg.slice(2)]?.type === 'string' &&
      arg.startsWith('--') &&
      next !== undefined &&
      /^-[\d.]/.test(next)
    ) {
      yield `${arg}=${next}`
      i++
    } else yield /^-\d/.test(arg) ? `\0${arg}` : arg
  }
}

/** The text of `COMMAND --help`. */
export function usage(command: Command): string {
  const names = Object.entries(command.options).map(([name, { value, about }]) => ({
    left: value === undefined ? `--${name}` : `--${name} ${value}`,
    about,
  }))
  const width = Math.max(0, ...names.map(({ left }) => left.length))
  const lines = [`goldpan ${[command.name, ...command.operands].join(' ')}`, `  ${command.about}`]
  if (names.length > 0) lines.push('', ...names.map(({ left, about }) => `  ${left.padEnd(width)}  ${about}`))
  return lines.join('\n')
}

/** A number as typed, or the text itself where it is none, so that the check can show what was found. */
export function numberOrText(text: string): number | string {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}
