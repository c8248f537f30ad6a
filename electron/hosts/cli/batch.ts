/** Many prompts out of a file, one run each. */

import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'

import { StudioError, toErrorData } from '../../../shared/errors.ts'
import { maxPromptFileBytes, readPromptFile, type PromptRow } from '../../../shared/prompt-file.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { batchOption, batchSizeOf } from './batch-option.ts'
import { jsonOption, libraryOption, type Command, type ParsedArguments } from './command.ts'
import { oneLine } from './output.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { runJson } from './run-json.ts'
import { optionOf, specOf, specOptions } from './spec-options.ts'
import { packsOf, withStudio } from './with-studio.ts'

type Refusal = { readonly line: number; readonly message: string }

export const batchCommand: Command = {
  name: 'batch',
  operands: ['FILE'],
  about:
    'Queues a run for every prompt of a text file (a prompt a line, # for comments) or a CSV table (columns prompt, negative_prompt, seed, steps ...).',
  options: { ...specOptions, ...batchOption, ...libraryOption, ...jsonOption },
  async run(args) {
    const [file = ''] = args.operands
    const { rows, passedOver } = readPromptFile(basename(file), await bytesOf(file))
    if (passedOver.length > 0) {
      process.stderr.write(`Passed over the columns ${oneLine(passedOver.join(', '))}.\n`)
    }
    const packs = await packsOf(args).summaries()
    const refused: Refusal[] = []
    const refuse = ({ line }: PromptRow, thrown: unknown): void => {
      const { message } = toErrorData(thrown)
      refused.push({ line, message })
      process.stderr.write(`Line ${line}: ${oneLine(message)}\n`)
    }
    const wanted = rows.flatMap((row): { row: PromptRow; spec: RunSpec }[] => {
      try {
        if (row.fault !== null) throw new StudioError('bad_input', row.fault)
        return [{ row, spec: specOf(withRow(args, row), packs) }]
      } catch (thrown) {
        refuse(row, thrown)
        return []
      }
    })
    return withStudio(args, async (studio) => {
      // All are in the library before the first one works: a program that dies leaves them to be resumed.
      const ids: number[] = []
      for (const { row, spec } of wanted) {
        try {
          ids.push((await studio.api.startRun({ ...spec, ...batchSizeOf(args) })).runId)
        } catch (thrown) {
          refuse(row, thrown)
        }
      }
      const runs = []
      let code = refused.length === 0 ? 0 : 1
      for (const runId of ids) {
        const run = await runToEnd(studio, () => Promise.resolve(runId))
        runs.push(run)
        if (run.status.kind === 'cancelled')
          for (const rest of ids) await studio.api.cancelRun({ runId: rest })
        if (!args.flag('json')) code = Math.max(code, printEnded(studio, run, args))
        else if (run.status.kind !== 'done') code = 1
      }
      if (args.flag('json')) {
        const json = { runs: runs.map((run) => runJson(studio, run)), refused }
        process.stdout.write(`${JSON.stringify(json)}\n`)
      }
      return code
    })
  },
}

async function bytesOf(file: string): Promise<Uint8Array> {
  const expected = (found: string) =>
    new StudioError('not_found', `Expected a file of prompts, found ${found} at ${file}.`)
  const found = await stat(file).catch(() => {
    throw expected('nothing')
  })
  if (!found.isFile()) throw expected('no file')
  if (found.size > maxPromptFileBytes) {
    throw new StudioError('bad_input', `${file}: expected at most 1 MiB, found ${found.size} bytes; split it`)
  }
  return readFile(file)
}

/** The arguments as they are for one row: what it says itself goes before the options. */
function withRow(args: ParsedArguments, { prompt, values }: PromptRow): ParsedArguments {
  const own = new Map(Object.entries(values).map(([field, value]) => [optionOf(field), value]))
  return { ...args, operands: [prompt], text: (name) => own.get(name) ?? args.text(name) }
}
