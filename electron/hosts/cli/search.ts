import { batchOption, batchSizeOf } from './batch-option.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { tellMemory } from './memory.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { specOf, specOptions } from './spec-options.ts'
import { packsOf, withStudio } from './with-studio.ts'

export const searchCommand: Command = {
  name: 'search',
  operands: ['"PROMPT"'],
  about:
    'Searches for the best starting noise of a prompt, or of a class where the pack has classes, and compares it with more denoising steps.',
  options: { ...specOptions, ...batchOption, ...libraryOption, ...jsonOption },
  async run(args) {
    // Before the library is opened: a wrong argument leaves nothing behind.
    const packs = await packsOf(args).summaries()
    const spec = { ...specOf(args, packs), ...batchSizeOf(args) }
    return withStudio(args, async (studio) => {
      const run = await runToEnd(studio, async () => {
        const { runId } = await studio.api.startRun(spec)
        // Nothing is loaded yet, and what cannot be run is refused in one line.
        tellMemory(spec, packs)
        return runId
      })
      return printEnded(studio, run, args)
    })
  },
}
