import { jsonOption, libraryOption, type Command } from './command.ts'
import { statusText, table } from './output.ts'
import { withStudio } from './with-studio.ts'

export const runsCommand: Command = {
  name: 'runs',
  operands: [],
  about: 'Lists the runs of the library, newest first.',
  options: { ...libraryOption, ...jsonOption },
  run: (args) =>
    withStudio(args, async (studio) => {
      const runs = await studio.api.runs()
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(runs)}\n`)
        return 0
      }
      const rows = runs.map((run) => [
        String(run.id),
        run.createdAt,
        run.best === null ? '' : (run.best.score?.toFixed(4) ?? `#${run.best.seq} by ranks`),
        statusText(run),
        run.spec.prompt,
      ])
      process.stdout.write(
        rows.length === 0
          ? 'No runs yet. Try: search "two red stars in night"\n'
          : table([['run', 'started', 'best', 'status', 'prompt'], ...rows]),
      )
      return 0
    }),
}
