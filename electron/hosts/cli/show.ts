import { StudioError } from '../../../shared/errors.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { formatRun } from './output.ts'
import { searchJson } from './search.ts'
import { withStudio } from './with-studio.ts'

export const showCommand: Command = {
  name: 'show',
  operands: ['RUN'],
  about: 'Shows one run with everything that finished.',
  options: { ...libraryOption, ...jsonOption },
  run(args) {
    const text = args.operands[0] ?? ''
    if (!/^\d{1,15}$/.test(text)) {
      throw new StudioError(
        'bad_input',
        `show: expected the number of a run, found ${JSON.stringify(text)}; \`runs\` lists them`,
      )
    }
    return withStudio(args, async (studio) => {
      const run = await studio.api.run({ runId: Number(text) })
      process.stdout.write(
        args.flag('json') ? `${JSON.stringify(searchJson(studio, run))}\n` : formatRun(studio, run),
      )
      return 0
    })
  },
}
