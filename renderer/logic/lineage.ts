/** Where a candidate comes from: its ancestors, and what was done from each to the next. Pure. */

import { assertNever } from '../../shared/assert-never.ts'
import type { Candidate, RecipeOperation, RunDetail } from '../../shared/domain.ts'
import { formatAngle, formatLevel } from './format.ts'

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

/** What was done from a candidate to the one that goes on from it: `18.2°`, `σ 0.89 → 0.08`, `10 more steps`. */
function strideOf(parent: Candidate, child: Candidate): string {
  if (child.arm === 'final') return `${child.steps} steps`
  const own = child.recipe.operations.slice(sharedLength(parent, child))
  return own.length === 0 ? 'the same noise' : wordsOf(own, parent)
}

/** How many operations the two recipes have in common from their start. */
function sharedLength(parent: Candidate, child: Candidate): number {
  const ofParent = parent.recipe.operations
  const differs = child.recipe.operations.findIndex(
    (operation, index) => JSON.stringify(operation) !== JSON.stringify(ofParent[index]),
  )
  return differs < 0 ? child.recipe.operations.length : differs
}

function wordsOf(operations: readonly RecipeOperation[], parent: Candidate): string {
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
function levelReached({ recipe }: Candidate): readonly string[] {
  const last = recipe.operations.at(-1)
  return last?.kind === 'descend' || last?.kind === 'renoise' ? [formatLevel(last.to)] : []
}
