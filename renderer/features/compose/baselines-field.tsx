import { formatCount } from '../../../shared/format.ts'
import { maxSteps } from '../../../shared/run-spec.ts'
import { Switch, TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import { equalCostOf } from './draft.ts'
import type { Draft } from './draft.ts'

const id = 'compose-baselines'

type BaselinesFieldProps = {
  readonly draft: Draft
  readonly fault: string | null
  readonly onChange: (changes: Partial<Draft>) => void
}

/** The step counts of the baselines, and the switch for the one that costs as much as the search. */
export function BaselinesField({ draft, fault, onChange }: BaselinesFieldProps) {
  const equal = equalCostOf(draft)
  const label =
    equal.kind === 'unknown' || equal.kind === 'too-many'
      ? 'Equal cost'
      : `Equal cost: ${formatCount(equal.steps)} steps`
  return (
    <div>
      <Field id={id} label="Baselines: one noise, this many steps">
        <TextInput
          id={id}
          inputMode="numeric"
          value={draft.baselines}
          placeholder="none"
          invalid={fault !== null}
          aria-describedby={noteId(id)}
          onChange={(event) => onChange({ baselines: event.target.value })}
        />
      </Field>
      <div className={styles.equal}>
        <Switch
          on={draft.equalCost}
          label={label}
          describedBy={noteId(id)}
          onToggle={(equalCost) => onChange({ equalCost })}
        />
      </div>
      <Note id={id} fault={fault}>
        {draft.equalCost && equal.kind === 'too-many'
          ? `Left out: ${formatCount(equal.steps)} steps, a run takes ${formatCount(maxSteps)}.`
          : 'What the search is compared with: the first noise, sampled in so many steps.'}
      </Note>
    </div>
  )
}

/** The baselines in a few words, for the folded group. */
export function baselinesInWords(draft: Draft): string {
  const listed = draft.baselines.trim()
  const equal = draft.equalCost && equalCostOf(draft).kind === 'added' ? ['equal cost'] : []
  return [...(listed === '' ? [] : [listed]), ...equal].join(', ') || 'none'
}
