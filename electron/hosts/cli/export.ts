import { libraryOption, type Command } from './command.ts'
import { candidateOf } from './references.ts'
import { withStudio } from './with-studio.ts'
import { writeNewFile } from './write-new-file.ts'

export const exportCommand: Command = {
  name: 'export',
  operands: ['CANDIDATE', 'FILE'],
  about:
    "Copies a picture out of the library, with its recipe and A1111's parameters inside, or with neither. CANDIDATE as for replay.",
  options: {
    'no-metadata': { type: 'boolean', about: 'nothing but the pixels: no recipe, no prompt, no scores' },
    force: { type: 'boolean', about: 'write over a file that is there' },
    ...libraryOption,
  },
  run(args) {
    const [, file = ''] = args.operands
    return withStudio(args, async (studio) => {
      const { runId, arm, seq } = await candidateOf(args, studio)
      const imageSha256 = (await studio.api.lineage({ runId, arm, seq })).at(-1)?.imageSha256 ?? ''
      const metadata = args.flag('no-metadata') ? 'none' : 'all'
      const png = Buffer.from((await studio.api.exportImage({ imageSha256, metadata })).png, 'base64')
      await writeNewFile(file, png, args.flag('force'))
      const what = metadata === 'all' ? 'with all that it tells of itself' : 'with nothing but its pixels'
      process.stdout.write(`Wrote ${arm} ${seq} of run ${runId} to ${file}, ${what}.\n`)
      return 0
    })
  },
}
