import type { PackSummary } from '../../../shared/domain.ts'
import { expectedMemory } from '../../../shared/memory.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'

/** "0.4 GB" */
export function memoryText(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

/** Says on stderr what memory a search will take, and what to do when that is more than the machine has left. */
export function tellMemory(
  { pack, guide, heldOut, size, batchSize }: RunSpec & { readonly batchSize?: number },
  packs: readonly PackSummary[],
): void {
  const asked = [...guide, ...heldOut]
  const used = packs.filter(
    (one) => one.id === pack || (one.kind === 'verifier' && one.verifiers.some((id) => asked.includes(id))),
  )
  const expected = expectedMemory(used, { size, ...(batchSize === undefined ? {} : { batchSize }) })
  const free = process.availableMemory()
  const advice = expected <= free ? '' : '; --batch-size 1 takes less'
  process.stderr.write(`Memory: up to ${memoryText(expected)}, ${memoryText(free)} are free${advice}\n`)
}
