import { jsonOption, libraryOption, type Command } from './command.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { specOf, specOptions } from './spec-options.ts'
import { packsOf, withStudio } from './with-studio.ts'

export const searchCommand: Command = {
  name: 'search',
  operands: ['"PROMPT"'],
  about:
    'Searches for the best starting noise of a prompt, or of a class where the pack has classes, and compares it with more denoising steps.',
  options: { ...specOptions, ...libraryOption, ...jsonOption },
  async run(args) {
    // Before the library is opened: a wrong argument leaves nothing behind.
    const spec = specOf(args, await packsOf(args).summaries())
    return withStudio(args, async (studio) => {
      const run = await runToEnd(studio, async () => (await studio.api.startRun(spec)).runId)
      return printEnded(studio, run, args)
    })
  },
}
