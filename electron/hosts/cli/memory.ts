import type { PackSummary } from '../../../shared/domain.ts'
import { expectedMemory } from '../../../shared/memory.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'

/** "0.4 GB" */
export function memoryText(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

/** Says on stderr when a search will take more memory than the machine has left; it is started all the same. */
export function warnOfMemory(
  { pack, guide, heldOut, size, batchSize }: RunSpec & { readonly batchSize?: number },
  packs: readonly PackSummary[],
): void {
  const asked = [...guide, ...heldOut]
  const used = packs.filter(
    (one) => one.id === pack || (one.kind === 'verifier' && one.verifiers.some((id) => asked.includes(id))),
  )
  const expected = expectedMemory(used, { size, ...(batchSize === undefined ? {} : { batchSize }) })
  const free = process.availableMemory()
  if (expected <= free) return
  process.stderr.write(
    `Note: this search is expected to take up to ${memoryText(expected)} of memory, ${memoryText(free)} are free; --batch-size 1 takes less.\n`,
  )
}
