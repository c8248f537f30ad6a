/** Where a candidate comes from: its ancestors, and what was done from each to the next. Pure. */

import { assertNever } from '../../shared/assert-never.ts'
import type { Candidate, RecipeOperation, RunDetail } from '../../shared/domain.ts'
import { formatAngle, formatLevel } from '../../shared/format.ts'

/** One candidate on the way, and what led to it from the one before; null for the root. */
export type Ancestor = { readonly candidate: Candidate; readonly stride: string | null }

/**
 * The root, then everything down to the image itself. A final image comes from the candidate that it repeats. Ends
 * where an ancestor has not been made, as the first pivot of a zero-order search.
 */
export function lineageOf({ candidates }: RunDetail, image: Candidate): readonly Ancestor[] {
  const bySeq = new Map(candidates.map((candidate) => [candidate.seq, candidate]))
  const line: Candidate[] = [image]
  for (let last = image; ;) {
    const parentSeq = last.arm === 'final' ? last.seq : last.parent
    const parent = parentSeq === null ? undefined : bySeq.get(parentSeq)
    // A parent is made before its child, so numbers fall; a library that says otherwise ends the line.
    if (parent === undefined || (last.arm === 'search' && parent.seq >= last.seq)) break
    line.unshift(parent)
    last = parent
  }
  return line.map((candidate, index) => {
    const parent = line[index - 1]
    return { candidate, stride: parent === undefined ? null : strideOf(parent, candidate) }
  })
}

/**
 * What was done from a candidate to the one that goes on from it: `18.2°`, `σ 0.89 → 0.08`, `50 steps`. From null, what was
 * done to a noise of the run's seed; null where that is nothing.
 */
export function strideOf(parent: Candidate | null, child: Candidate): string | null {
  if (child.arm === 'final') return `${child.steps} steps`
  const own = child.recipe.operations.slice(parent === null ? 0 : sharedLength(parent, child))
  if (own.length === 0) return parent === null ? null : 'the same noise'
  return wordsOf(own, parent)
}

/**
 * How many operations the two recipes have in common from their start. Where the parent's last operation stands at its
 * place in the child, so do all before it: recipes of hundreds of operations are not walked for every candidate.
 */
function sharedLength({ recipe: parent }: Candidate, { recipe: child }: Candidate): number {
  const length = parent.operations.length
  const last = parent.operations.at(-1)
  if (last !== undefined && isSameOperation(last, child.operations[length - 1])) return length
  const differs = child.operations.findIndex(
    (operation, index) => !isSameOperation(operation, parent.operations[index]),
  )
  return differs < 0 ? child.operations.length : differs
}

function isSameOperation(a: RecipeOperation, b: RecipeOperation | undefined): boolean {
  if (b === undefined) return false
  const other: Readonly<Record<string, unknown>> = b
  return Object.entries(a).every(([field, value]) => other[field] === value)
}

function wordsOf(operations: readonly RecipeOperation[], parent: Candidate | null): string {
  const levels = operations.flatMap((operation) =>
    operation.kind === 'renoise' || operation.kind === 'descend' ? [formatLevel(operation.to)] : [],
  )
  const others = operations.flatMap((operation) => {
    switch (operation.kind) {
      case 'neighbour':
        return [formatAngle(operation.cosine)]
      case 'ascend':
        return [`η ${operation.eta}`]
      case 'steps':
        return [`to step ${operation.to}`]
      case 'renoise':
      case 'descend':
        return []
      default:
        return assertNever(operation, 'operation')
    }
  })
  const path = levels.length === 0 ? [] : [`σ ${[...levelReached(parent), ...levels].join(' → ')}`]
  return [...others, ...path].join(', ')
}

/** The level at which a candidate ended; a picture may have been taken one step before. None for a noise. */
function levelReached(one: Candidate | null): readonly string[] {
  const last = one?.recipe.operations.at(-1)
  return last?.kind === 'descend' || last?.kind === 'renoise' ? [formatLevel(last.to)] : []
}
