import { readFile, stat } from 'node:fs/promises'

import { maxDossierBytes, tooLarge } from '../../core/dossier/dossier.ts'
import { verifyDossier, type Check } from '../../core/dossier/verify.ts'
import { DeviceProbes } from '../../engine/device-probes.ts'
import { createEngineClient } from '../../engine/engine-client.ts'
import { StudioError } from '../../../shared/errors.ts'
import { jsonOption, libraryOption, numberOrText, type Command } from './command.ts'
import { packsOf } from './with-studio.ts'

export const verifyCommand: Command = {
  name: 'verify',
  operands: ['FILE'],
  about:
    'Checks a dossier without the library that it comes from, and makes its candidates again: exit code 0 only if all of it holds.',
  options: {
    sample: {
      type: 'string',
      value: 'N',
      about: 'make only N candidates again, chosen by the seal (default: all)',
    },
    // For its imported packs only; its catalogue is not opened.
    ...libraryOption,
    ...jsonOption,
  },
  async run(args) {
    const [file = ''] = args.operands
    const sample = sampleOf(args.text('sample'))
    const bytes = await readBounded(file)
    const stopping = new AbortController()
    const stop = (): void => stopping.abort()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
    const engine = createEngineClient()
    try {
      const checks = await verifyDossier(bytes, {
        packs: packsOf(args),
        engine,
        requireDevice: (device) => new DeviceProbes().require(device),
        signal: stopping.signal,
        sample,
        onCheck: (check) => {
          if (!args.flag('json')) process.stdout.write(lineOf(check))
        },
        onRemade: (done, of) => {
          if (process.stderr.isTTY)
            process.stderr.write(`\rmade again: ${done} of ${of}\x1b[K${done === of ? '\n' : ''}`)
        },
      })
      const holds = checks.every((check) => check.holds)
      if (args.flag('json')) process.stdout.write(`${JSON.stringify({ file, holds, checks })}\n`)
      return holds ? 0 : 1
    } finally {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop)
      await engine.stop()
    }
  },
}

function lineOf({ id, holds, text }: Check): string {
  return `${holds ? 'ok    ' : 'FAILED'}  ${id.padEnd(10)}  ${text}\n`
}

function sampleOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const sample = numberOrText(text)
  if (typeof sample === 'number' && Number.isInteger(sample) && sample >= 1) return sample
  throw new StudioError('bad_input', `sample: expected a whole number from 1, found ${JSON.stringify(text)}`)
}

/** The bytes of a file; its size is looked at before anything is read. */
async function readBounded(file: string): Promise<Uint8Array> {
  const unreadable = (error: unknown): never => {
    throw new StudioError('bad_input', `Expected a dossier at ${file}, found no file that can be read`, {
      detail: String(error),
    })
  }
  const found = await stat(file).catch(unreadable)
  if (!found.isFile()) return unreadable('not a regular file')
  if (found.size > maxDossierBytes) throw tooLarge(found.size)
  return readFile(file).catch(unreadable)
}
