import { open, type FileHandle } from 'node:fs/promises'

import type { FoundSettings } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { pngWithoutPixels } from '../../../shared/png-without-pixels.ts'
import { readSettings } from '../../core/pictures/read-settings.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { oneLine, table } from './output.ts'
import { optionOf } from './spec-options.ts'
import { packsOf } from './with-studio.ts'

export const settingsCommand: Command = {
  name: 'settings',
  operands: ['FILE'],
  about: 'Reads from a PNG of Goldpan, A1111 or ComfyUI how it was made, as a search to begin with.',
  options: { ...libraryOption, ...jsonOption },
  async run(args) {
    const [file = ''] = args.operands
    const found = readSettings(await readMetadata(file), await packsOf(args).summaries())
    process.stdout.write(args.flag('json') ? `${JSON.stringify(found)}\n` : formatSettings(found))
    return 0
  },
}

/** A file's PNG without its pixels, however large it is. */
async function readMetadata(file: string): Promise<Uint8Array> {
  const unreadable = (error: unknown): never => {
    throw new StudioError('bad_input', `Expected a PNG at ${file}, found no file that can be read`, {
      detail: String(error),
    })
  }
  const handle = await open(file, 'r').catch(unreadable)
  try {
    const found = await handle.stat()
    if (!found.isFile()) return unreadable('not a regular file')
    return await pngWithoutPixels(found.size, (from, to) => readRange(handle, from, to))
  } finally {
    await handle.close()
  }
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<Uint8Array> {
  const { buffer, bytesRead } = await handle.read(new Uint8Array(to - from), 0, to - from, from)
  return buffer.subarray(0, bytesRead)
}

const sources: Readonly<Record<FoundSettings['source'], string>> = {
  goldpan: 'Made by Goldpan.',
  a1111: "From the parameters of A1111's web UI.",
  comfyui: 'From a graph of ComfyUI.',
}

function formatSettings({ source, settings, notTaken }: FoundSettings): string {
  const { prompt, ...rest } = settings
  const words = ['search', quoted(prompt ?? 'PROMPT'), ...optionsOf(rest)]
  const left = notTaken.map(({ field, value, why }) => [`  ${oneLine(field)}`, oneLine(value), oneLine(why)])
  return `${sources[source]}\n\n${oneLine(words.join(' '))}\n${left.length === 0 ? '' : `\nNot taken over:\n${table(left)}`}`
}

function* optionsOf(settings: Readonly<Record<string, unknown>>): Generator<string> {
  for (const [field, value] of Object.entries(settings)) {
    if (field === 'budget') {
      const bounds = Object.entries(value ?? {}).map(([name, bound]) => [`budget-${name}`, bound as unknown])
      yield* optionsOf(Object.fromEntries(bounds) as Record<string, unknown>)
    } else if (value !== null && value !== undefined && value !== '') {
      yield `--${optionOf(field)} ${quoted(valueText(value))}`
    }
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.join(',')
  if (typeof value === 'object' && value !== null && 'width' in value && 'height' in value) {
    return `${String(value.width)}x${String(value.height)}`
  }
  return String(value)
}

/** For a shell: as it stands where nothing in it means anything there. */
function quoted(text: string): string {
  return /^[\w.,/:=+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
