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
      const { dossier, seal } = await studio.api.sealRun({ runId, images: args.flag('images') })
      await writeNewFile(file, dossier, args.flag('force'))
      const { finished } = await studio.api.run({ runId })
      process.stdout.write(
        `Sealed run ${runId} with ${finished} candidates into ${file} (${(Buffer.byteLength(dossier) / 1e6).toFixed(1)} MB).\nSeal: ${seal}\n`,
      )
      return 0
    })
  },
}
