import type { Studio } from '../../core/studio.ts'
import { StudioError, toErrorData } from '../../../shared/errors.ts'
import { batchOption, batchSizeOf } from './batch-option.ts'
import { jsonOption, libraryOption, type Command, type ParsedArguments } from './command.ts'
import { runIdOf } from './references.ts'
import { runJson } from './run-json.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { withStudio } from './with-studio.ts'

export const resumeCommand: Command = {
  name: 'resume',
  operands: ['RUN|all'],
  about:
    'Goes on with a run that was paused, cancelled, interrupted or failed: what finished is not made again. `all`: with every interrupted one, in the order of the queue.',
  options: { ...batchOption, ...libraryOption, ...jsonOption },
  run(args) {
    const [all] = args.operands
    if (all === 'all') return withStudio(args, (studio) => resumeAll(studio, args))
    const runId = runIdOf(args)
    return withStudio(args, async (studio) => printEnded(studio, await resumed(studio, runId, args), args))
  },
}

/** Goes on with a run and waits for its end. Throws what keeps it from going on. */
const resumed = (studio: Studio, runId: number, args: ParsedArguments) =>
  runToEnd(studio, async () => {
    await studio.api.resumeRun({ runId, ...batchSizeOf(args) })
    return runId
  })

/** One after the other: those that a signal or a kill leaves are interrupted still, in their places. */
async function resumeAll(studio: Studio, args: ParsedArguments): Promise<number> {
  const waiting = (await studio.api.runs())
    .filter(({ status }) => status.kind === 'interrupted')
    .toSorted((a, b) => a.queuePlace - b.queuePlace)
  const json = []
  let code = 0
  for (const { id } of waiting) {
    try {
      const run = await resumed(studio, id, args)
      if (args.flag('json')) json.push(runJson(studio, run))
      else printEnded(studio, run, args)
      if (run.status.kind !== 'done') code = 1
      if (run.status.kind === 'cancelled') break
    } catch (thrown) {
      // One that cannot go on does not keep the others.
      if (!(thrown instanceof StudioError)) throw thrown
      process.stderr.write(`Run ${id}: ${toErrorData(thrown).message}\n`)
      code = 1
    }
  }
  if (args.flag('json')) process.stdout.write(`${JSON.stringify({ runs: json })}\n`)
  else if (waiting.length === 0) process.stdout.write('No run was interrupted.\n')
  return code
}
