/** What the evidence cost: the currencies of METHOD, section 6, by part. */

import type { Part } from './plan.ts'
import type { SetRow } from './work.ts'

export type LedgerLine = {
  readonly part: string
  /** Prompts that have the part. */
  readonly prompts: number
  readonly images: number
  readonly nfe: number
  readonly forwardPasses: number
  readonly verifierCalls: number
  /** Of the denoisers. */
  readonly gflop: number
  /** Of all engine processes together. */
  readonly seconds: number
}

/**
 * One line for each part, and their sum.
 *
 * @param rows by part, one list for each prompt that has it
 * @param gflopOf GFLOP of one forward pass of a pack's denoiser
 */
export function ledgerOf(
  rows: ReadonlyMap<Part, readonly (readonly SetRow[])[]>,
  gflopOf: (packId: string) => number,
): readonly LedgerLine[] {
  const lines = [...rows].map(([part, prompts]): LedgerLine => {
    const sets = prompts.flat()
    const total = (of: (row: SetRow) => number) => sets.reduce((sum, row) => sum + of(row), 0)
    const passes = (row: SetRow) => row.images.reduce((sum, { forwardPasses }) => sum + forwardPasses, 0)
    return {
      part,
      prompts: prompts.length,
      images: total(({ images }) => images.length),
      nfe: total(({ images }) => images.reduce((sum, { nfe }) => sum + nfe, 0)),
      forwardPasses: total(passes),
      verifierCalls: total(({ verifierCalls }) => verifierCalls),
      gflop: total((row) => passes(row) * gflopOf(row.packId)),
      seconds: total(({ sampleSeconds, judgeSeconds }) => sampleSeconds + judgeSeconds),
    }
  })
  const sum = (of: (line: LedgerLine) => number) => lines.reduce((all, line) => all + of(line), 0)
  const whole: LedgerLine = {
    part: 'all',
    prompts: Math.max(0, ...lines.map(({ prompts }) => prompts)),
    images: sum(({ images }) => images),
    nfe: sum(({ nfe }) => nfe),
    forwardPasses: sum(({ forwardPasses }) => forwardPasses),
    verifierCalls: sum(({ verifierCalls }) => verifierCalls),
    gflop: sum(({ gflop }) => gflop),
    seconds: sum(({ seconds }) => seconds),
  }
  return [...lines.filter(({ prompts }) => prompts > 0), whole]
}
