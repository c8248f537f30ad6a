import { writeFile } from 'node:fs/promises'

import { contentOf, dossierText, maxDossierBytes, sealOf, tooLarge } from '../../core/dossier/dossier.ts'
import { StudioError } from '../../../shared/errors.ts'
import { libraryOption, type Command } from './command.ts'
import { runIdOf } from './references.ts'
import { withStudio } from './with-studio.ts'

export const dossierCommand: Command = {
  name: 'dossier',
  operands: ['RUN', 'FILE'],
  about: 'Seals a run into one file, which `verify` checks anywhere: recipes, hashes, scores, costs, packs.',
  options: {
    images: { type: 'boolean', about: 'put the pictures in as well' },
    force: { type: 'boolean', about: 'write over a file that is there' },
    ...libraryOption,
  },
  run(args) {
    const runId = runIdOf(args)
    const [, file = ''] = args.operands
    return withStudio(args, async (studio) => {
      const { version } = await studio.api.environment()
      const run = await studio.api.run({ runId })
      const content = await contentOf(run, version, (sha256) => studio.imageFile(sha256), args.flag('images'))
      const text = dossierText(content)
      const bytes = Buffer.byteLength(text)
      if (bytes > maxDossierBytes) throw tooLarge(bytes)
      await writeFile(file, text, { flag: args.flag('force') ? 'w' : 'wx' }).catch((error: unknown) => {
        throw notWritten(file, error)
      })
      process.stdout.write(
        `Sealed run ${runId} with ${content.candidates.length} candidates into ${file} (${(bytes / 1e6).toFixed(1)} MB).\nSeal: ${sealOf(content)}\n`,
      )
      return 0
    })
  },
}

function notWritten(file: string, error: unknown): StudioError {
  const found =
    error instanceof Error && 'code' in error && error.code === 'EEXIST'
      ? 'one that is there already; choose another name, or --force to write over it'
      : `that it cannot be written (${error instanceof Error ? error.message : String(error)})`
  return new StudioError('bad_input', `Expected a new file at ${file}, found ${found}`)
}
