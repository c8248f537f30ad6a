import { contentOf, dossierText, maxDossierBytes, sealOf, tooLarge } from '../../core/dossier/dossier.ts'
import { libraryOption, type Command } from './command.ts'
import { runIdOf } from './references.ts'
import { withStudio } from './with-studio.ts'
import { writeNewFile } from './write-new-file.ts'

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
      await writeNewFile(file, text, args.flag('force'))
      process.stdout.write(
        `Sealed run ${runId} with ${content.candidates.length} candidates into ${file} (${(bytes / 1e6).toFixed(1)} MB).\nSeal: ${sealOf(content)}\n`,
      )
      return 0
    })
  },
}
