import type { Candidate, RecipeOperation } from '../../../shared/domain.ts'
import { assertNever } from '../../../shared/assert-never.ts'
import { jsonOption, libraryOption, type Command } from './command.ts'
import { table } from './output.ts'
import { candidateOf } from './references.ts'
import { withStudio } from './with-studio.ts'

export const lineageCommand: Command = {
  name: 'lineage',
  operands: ['CANDIDATE'],
  about: 'What a candidate comes from, the root first. CANDIDATE as for replay.',
  options: { ...libraryOption, ...jsonOption },
  run: (args) =>
    withStudio(args, async (studio) => {
      const { runId, arm, seq } = await candidateOf(args, studio)
      const line = await studio.api.lineage({ runId, arm, seq })
      const rows = line.map((one, i) => [
        `${one.arm} ${one.seq}`,
        `round ${one.round}`,
        one.level === 0 ? 'image' : `x-prediction at ${one.level.toFixed(3)}`,
        ...[`${one.nfe} NFE`, addedTo(one, line[i - 1])],
      ])
      process.stdout.write(args.flag('json') ? `${JSON.stringify(line)}\n` : table(rows))
      return 0
    }),
}

/** What a candidate's recipe has beyond that of the one it comes from, and how it was sampled. */
function addedTo({ recipe, steps }: Candidate, parent: Candidate | undefined): string {
  const inherited = parent?.recipe.operations ?? []
  const same = inherited.filter((one, i) => JSON.stringify(one) === JSON.stringify(recipe.operations[i]))
  const added = recipe.operations.slice(same.length === inherited.length ? same.length : 0)
  const root = parent === undefined ? [`noise of stream ${recipe.stream}`] : []
  const isPath = recipe.operations.some(({ kind }) => kind !== 'neighbour' && kind !== 'ascend')
  return [...root, ...added.map(operationText), ...(isPath ? [] : [`${steps} steps`])].join(', ')
}

function operationText(operation: RecipeOperation): string {
  switch (operation.kind) {
    case 'neighbour':
      return `neighbour at ${((Math.acos(operation.cosine) * 180) / Math.PI).toFixed(1)} degrees (stream ${operation.stream})`
    case 'ascend':
      return `up the gradient of ${operation.verifier} by ${operation.eta}`
    case 'steps':
      return `sampled to step ${operation.to}`
    case 'descend':
      return `sampled to level ${operation.to.toFixed(3)} in ${operation.evaluations} evaluations`
    case 'renoise':
      return `noised to level ${operation.to.toFixed(3)} (stream ${operation.stream})`
    default:
      return assertNever(operation, 'operation of a recipe')
  }
}
