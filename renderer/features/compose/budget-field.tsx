import { formatCount, formatSeconds } from '../../../shared/format.ts'
import { parameters } from '../../../shared/parameters.ts'
import { maxCandidates } from '../../../shared/run-spec.ts'
import { Select, TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import { budgetUnits } from './draft.ts'
import type { BudgetUnit, Draft } from './draft.ts'
import { sizedBy, spentBySearch } from './forecast.ts'
import type { Budgeted } from './forecast.ts'

const id = 'compose-budget'

type BudgetFieldProps = {
  readonly budget: Budgeted
  /** Seconds an evaluation; null before the first run of its kind. */
  readonly rate: number | null
  readonly onChange: (changes: Partial<Draft>) => void
}

/** What the search may spend, in images, NFE or minutes: it is made as large as that allows, and ends there. */
export function BudgetField({ budget, rate, onChange }: BudgetFieldProps) {
  const { draft } = budget
  const unit = draft.budgetUnit
  return (
    <div>
      <Field id={id} label="Budget" inline>
        <div className={styles.budget}>
          <TextInput
            id={id}
            inputMode="decimal"
            value={draft.budgetAmount}
            placeholder={amountText(spentBySearch(draft, rate)?.[unit] ?? null, unit)}
            invalid={budget.kind === 'faulty'}
            aria-describedby={noteId(id)}
            title="What the search may spend; empty for as much as its parameters say"
            onChange={(event) => onChange({ budgetAmount: event.target.value })}
          />
          <Select
            aria-label="Unit of the budget"
            value={unit}
            options={Object.entries(budgetUnits).map(([each, label]) => ({ id: each, label }))}
            onPick={(picked) => onChange({ budgetUnit: picked as BudgetUnit })}
          />
        </div>
      </Field>
      <Note id={id} fault={budget.kind === 'faulty' ? budget.fault : null} lines={2}>
        {noteOf(budget, rate)}
      </Note>
    </div>
  )
}

function noteOf(budget: Budgeted, rate: number | null): string {
  const { kind, draft } = budget
  const end = `it ends at ${draft.budgetMinutes.trim()} min at the latest`
  if (kind === 'none') return 'As the parameters say. Baselines come on top.'
  if (kind === 'unmeasured') {
    return `No time is known before a first run: as large as the parameters say, and ${end}.`
  }
  const parameter = sizedBy[draft.algorithm]
  const count = Number(draft[parameter])
  const most = count === maxCandidates ? ', the most there can be' : ''
  const size = `${parameters[parameter].label}: ${formatCount(count)}${most}`
  const minutes = spentBySearch(draft, rate)?.minutes ?? null
  if (draft.budgetUnit !== 'minutes' || minutes === null) return `${size}. Baselines come on top.`
  return `${size}, about ${formatSeconds(minutes * 60)}; ${end}. Baselines come on top.`
}

/** Of what is spent without a budget; empty where that is not known. */
function amountText(amount: number | null, unit: BudgetUnit): string {
  if (amount === null) return ''
  return unit === 'minutes' ? String(Number(amount.toPrecision(2))) : formatCount(amount)
}
