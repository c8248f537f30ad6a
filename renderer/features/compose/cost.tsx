import type { PackSummary } from '../../../shared/domain.ts'
import { formatBytes, formatCount, formatCountOf, formatSeconds } from '../../../shared/format.ts'
import { planOf } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import styles from './compose-panel.module.css'
import { checkDraft } from './draft.ts'
import type { Draft } from './draft.ts'
import { memoryOf } from './packs.ts'

type CostProps = {
  readonly draft: Draft
  readonly packs: readonly PackSummary[] | null
  /** Bytes; null while nobody knows. */
  readonly memoryFree: number | null
  /** Seconds an evaluation; null before the first run of its kind. */
  readonly rate: number | null
  /** The runs of a prompt file in place of the form's own; null for none. */
  readonly batch: readonly RunSpec[] | null
}

/** What the run, or the runs of a file, will cost; that is known before a prompt is typed. */
export function Cost({ draft, packs, memoryFree, rate, batch }: CostProps) {
  const memory = memoryOf(packs, draft)
  const isTight = memory !== null && memoryFree !== null && memory > memoryFree
  const text = batch === null ? costText(draft, rate) : costOfAll(batch, rate)
  if (text === null) return <div className={styles.cost} />
  return (
    <div className={styles.cost}>
      <p>{text.amount}</p>
      <p>{text.time}</p>
      {memory !== null && (
        <p className={isTight ? styles.tight : undefined}>
          Up to {formatBytes(memory)} of memory
          {isTight && `, ${formatBytes(memoryFree)} are free`}
        </p>
      )}
    </div>
  )
}

type CostText = {
  /** In images and NFE. */
  readonly amount: string
  readonly time: string
}

/** What a draft costs; null while something is wrong with it. Its prompt does not matter. */
export function costText(draft: Draft, rate: number | null): CostText | null {
  const checked = checkDraft({ ...draft, prompt: 'any', pack: 'any', seed: '0' })
  return checked.kind === 'faulty' ? null : costOfAll([checked.spec], rate)
}

function costOfAll(specs: readonly RunSpec[], rate: number | null): CostText {
  let [images, searchNfe, baselineNfe, seconds] = [0, 0, 0, 0]
  for (const spec of specs) {
    const plan = planOf(spec)
    images += plan.images
    searchNfe += plan.searchNfe
    baselineNfe += plan.baselineNfe
    const ofSearch = Math.min(plan.searchNfe, spec.budget.nfe ?? Infinity) * (rate ?? 0)
    seconds += Math.min(ofSearch, spec.budget.seconds ?? Infinity) + plan.baselineNfe * (rate ?? 0)
  }
  const isBounded = specs.some(({ budget }) => Object.values(budget).some((bound) => bound !== null))
  const atMost = isBounded ? 'At most ' : ''
  const count = formatCountOf(images, 'image')
  return {
    amount: `${atMost}${count}, ${formatCount(searchNfe + baselineNfe)} NFE (${formatCount(searchNfe)} by search)`,
    time:
      rate === null
        ? 'How long it takes is known after a first run of this pack.'
        : `${isBounded ? 'At most about' : 'About'} ${formatSeconds(seconds)}, by the last such run`,
  }
}
