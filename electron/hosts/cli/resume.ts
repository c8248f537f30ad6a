import { batchOption, batchSizeOf } from './batch-option.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { runIdOf } from './references.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { withStudio } from './with-studio.ts'

export const resumeCommand: Command = {
  name: 'resume',
  operands: ['RUN'],
  about:
    'Goes on with a run that was paused, cancelled, interrupted or failed: what finished is not made again.',
  options: { ...batchOption, ...libraryOption, ...jsonOption },
  run(args) {
    const runId = runIdOf(args)
    return withStudio(args, async (studio) => {
      const run = await runToEnd(studio, async () => {
        await studio.api.resumeRun({ runId, ...batchSizeOf(args) })
        return runId
      })
      return printEnded(studio, run, args)
    })
  },
}
