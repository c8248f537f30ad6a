import { PackFolders } from '../../packs/read-packs.ts'
import { bundledPacks } from '../default-places.ts'
import { jsonOption, type Command } from './command.ts'
import { table } from './output.ts'

export const packsCommand: Command = {
  name: 'packs',
  operands: [],
  about: 'Lists the installed packs: models that make images, and verifiers that judge them.',
  options: jsonOption,
  async run(args) {
    const packs = await new PackFolders([bundledPacks]).summaries()
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify(packs)}\n`)
      return 0
    }
    const rows = packs.map((pack) => [
      pack.id,
      pack.kind === 'verifier'
        ? `verifier: ${pack.verifiers.join(', ')}`
        : `text to image, ${pack.width} x ${pack.height}`,
      `${(pack.bytes / 1e6).toFixed(1)} MB`,
      pack.licence,
      pack.problem?.message ?? pack.description,
    ])
    process.stdout.write(table([['pack', 'what', 'size', 'licence', 'about'], ...rows]))
    return 0
  },
}
