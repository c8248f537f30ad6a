import { jsonOption, libraryOption, type Command } from './command.ts'
import { runIdOf } from './references.ts'
import { printRun } from './run-to-end.ts'
import { withStudio } from './with-studio.ts'

export const showCommand: Command = {
  name: 'show',
  operands: ['RUN'],
  about: 'Shows one run with everything that finished.',
  options: { ...libraryOption, ...jsonOption },
  run(args) {
    const runId = runIdOf(args)
    return withStudio(args, async (studio) => {
      printRun(studio, await studio.api.run({ runId }), args)
      return 0
    })
  },
}
