import { assertNever } from '../../../shared/assert-never.ts'
import type { PackSummary } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { expectedMemory } from '../../../shared/memory.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { memoryText } from './memory.ts'
import { oneLine, table } from './output.ts'
import { packsOf, withStudio } from './with-studio.ts'

export const packsCommand: Command = {
  name: 'packs',
  operands: [],
  about: 'Lists the installed packs: models that make images, verifiers that score them, and the judge.',
  options: {
    classes: { type: 'string', value: 'PACK', about: 'list the classes that a pack draws, one a line' },
    remove: { type: 'string', value: 'PACK', about: 'move an imported pack aside' },
    restore: { type: 'string', value: 'NAME', about: 'put back what --remove moved aside' },
    ...libraryOption,
    ...jsonOption,
  },
  async run(args) {
    const [leaving, coming] = [args.text('remove'), args.text('restore')]
    if (leaving !== undefined || coming !== undefined) {
      return withStudio(args, async ({ api }) => {
        if (coming !== undefined) await api.restorePack({ removed: coming })
        if (leaving === undefined) return 0
        const { removed } = await api.removePack({ id: leaving })
        const { modelsFolder } = await api.environment()
        process.stdout.write(
          `Moved ${leaving} aside, into ${modelsFolder}/.removed/${removed}. \`packs --restore ${removed}\` puts it back; delete that folder for the room.\n`,
        )
        return 0
      })
    }
    const packs = await packsOf(args).summaries()
    const asked = args.text('classes')
    if (asked !== undefined) {
      process.stdout.write(classesOf(packs, asked).map(oneLine).join('\n') + '\n')
      return 0
    }
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify(packs)}\n`)
      return 0
    }
    const rows = packs.map((pack) => [
      pack.id,
      kindText(pack),
      `${(pack.bytes / 1e6).toFixed(1)} MB`,
      memoryText(expectedMemory([pack])),
      pack.licence,
      pack.imported ? 'imported' : 'Goldpan',
      pack.problem?.message ?? pack.description,
    ])
    process.stdout.write(table([['pack', 'what', 'size', 'memory', 'licence', 'from', 'about'], ...rows]))
    return 0
  },
}

/** Names of the classes of a pack; throws `unknown_pack` with the packs that have some. */
function classesOf(packs: readonly PackSummary[], id: string): readonly string[] {
  const withClasses = packs.filter((pack) => pack.kind === 'class_to_image')
  const pack = withClasses.find((one) => one.id === id)
  if (pack !== undefined) return pack.classes
  const ids = withClasses.map((one) => one.id)
  throw new StudioError(
    'unknown_pack',
    `Expected ${ids.length === 0 ? 'a pack that draws classes (none is installed)' : `one of ${ids.join(', ')}`}, found ${JSON.stringify(id)}.`,
  )
}

function kindText(pack: PackSummary): string {
  switch (pack.kind) {
    case 'text_to_image':
      return `text to image, ${pack.width} x ${pack.height}`
    case 'class_to_image':
      return `class to image, ${pack.classes.length} classes, ${pack.width} x ${pack.height}`
    case 'verifier':
      return `verifier: ${pack.verifiers.join(', ')}`
    case 'judge':
      return 'judge, never a guide'
    default:
      return assertNever(pack, 'kind of pack')
  }
}
