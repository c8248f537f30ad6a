import { useState } from 'react'

import { formatCount } from '../../../shared/format.ts'
import styles from './compose-panel.module.css'
import type { Draft, Faults } from './draft.ts'
import { EffortField } from './effort-field.tsx'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const budgets: readonly (GridField & { readonly unit: string })[] = [
  {
    ...{ name: 'budgetNfe', of: 'budget.nfe', label: 'NFE', unit: 'NFE' },
    hint: 'Evaluations of the denoiser.',
  },
  {
    ...{ name: 'budgetVerifierCalls', of: 'budget.verifierCalls', label: 'Verifier calls', unit: 'calls' },
    hint: 'Verdicts of the guide.',
  },
  { name: 'budgetSeconds', of: 'budget.seconds', label: 'Seconds', unit: 's', hint: 'Time of the engine.' },
]

type BudgetFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  /** Seconds an evaluation; null before the first run of its kind. */
  readonly rate: number | null
  readonly onChange: (changes: Partial<Draft>) => void
  readonly onFit: (changes: Partial<Draft>) => void
}

/** Where the search ends early, in any of the three currencies. Folded away: most runs have none. */
export function BudgetFields({ draft, faults, rate, onChange, onFit }: BudgetFieldsProps) {
  const [opened, setOpened] = useState(false)
  const isFaulty = budgets.some(({ of }) => of !== undefined && faults[of] !== undefined)
  return (
    <details
      className={styles.more}
      open={opened || isFaulty}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary className={styles.moreHead}>
        <span>Budget</span>
        <span className={styles.moreNow}>{inWords(draft)}</span>
      </summary>
      <div className={styles.moreBody}>
        <EffortField draft={draft} rate={rate} onFit={onFit} />
        <NumberGrid
          {...{ id: 'compose-budget', draft, faults, onChange }}
          fields={budgets.map((field) => ({ ...field, placeholder: 'any' }))}
          note="The search ends at whichever is reached first."
        />
      </div>
    </details>
  )
}

/** The budget in a few words, for the folded part. */
function inWords(draft: Draft): string {
  const bounds = budgets.flatMap(({ name, unit }) => {
    const text = draft[name].trim()
    const value = Number(text)
    return text === '' ? [] : [`${Number.isNaN(value) ? text : formatCount(value)} ${unit}`]
  })
  return bounds.length === 0 ? 'none' : bounds.join(', ')
}
