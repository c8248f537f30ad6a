import { useState } from 'react'

import { idsOf, schedules } from '../../../shared/vocabulary.ts'
import { Select } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import { formatCount } from '../../logic/format.ts'
import styles from './compose-panel.module.css'
import type { Draft, Faults, Fitting } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const scheduleId = 'compose-schedule'

const shift: GridField = {
  ...{ name: 'shift', label: 'Shift', stride: 0.5, least: 0.5 },
  hint: 'How far the levels are moved towards the noise; 1 is linear.',
}

const budgets: readonly GridField[] = [
  { name: 'budgetNfe', of: 'budget.nfe', label: 'NFE', hint: 'Evaluations of the denoiser.' },
  {
    ...{ name: 'budgetVerifierCalls', of: 'budget.verifierCalls', label: 'Verifier calls' },
    hint: 'Verdicts of the guide.',
  },
  { name: 'budgetSeconds', of: 'budget.seconds', label: 'Seconds', hint: 'Time of the engine.' },
]

type MoreFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly fitting: Fitting
  readonly onChange: (changes: Partial<Draft>) => void
}

/** What most runs leave as it is: the schedule, and budgets that end the search early. Folded away until it is needed. */
export function MoreFields({ draft, faults, fitting, onChange }: MoreFieldsProps) {
  const [opened, setOpened] = useState(false)
  const scheduleFault = faults.schedule ?? null
  const isFaulty = [scheduleFault, faults.shift, ...budgets.map(({ of }) => of && faults[of])].some(Boolean)
  return (
    <details
      className={styles.more}
      open={opened || isFaulty}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary className={styles.moreHead}>
        <span>Schedule and budget</span>
        <span className={styles.moreNow}>{inWords(draft)}</span>
      </summary>
      <div className={styles.moreBody}>
        <div>
          <Field id={scheduleId} label="Schedule">
            <Select
              id={scheduleId}
              value={draft.schedule}
              invalid={scheduleFault !== null}
              aria-describedby={noteId(scheduleId)}
              options={fitting.schedules.map((id) => ({ id, label: schedules[id].label }))}
              onPick={(id) => onChange({ schedule: id as Draft['schedule'] })}
            />
          </Field>
          <Note id={scheduleId} fault={scheduleFault}>
            {fitting.schedules.length < idsOf(schedules).length
              ? 'The only one that goes with this algorithm.'
              : schedules[draft.schedule].about}
          </Note>
        </div>
        {draft.schedule === 'shifted' && (
          <NumberGrid
            {...{ id: 'compose-shift-note', fields: [shift], draft, faults, onChange }}
            note={shift.hint}
          />
        )}
        <fieldset>
          <legend className={styles.legend}>Budget: the search ends at</legend>
          <NumberGrid
            {...{ id: 'compose-budget', draft, faults, onChange }}
            fields={budgets.map((field) => ({ ...field, placeholder: 'any' }))}
            note="Whichever is reached first; one candidate may go beyond."
          />
        </fieldset>
      </div>
    </details>
  )
}

/** The choices in a few words, for the folded part. */
function inWords(draft: Draft): string {
  const bounds = [
    [draft.budgetNfe, 'NFE'],
    [draft.budgetVerifierCalls, 'calls'],
    [draft.budgetSeconds, 's'],
  ] as const
  const budget = bounds.flatMap(([text, unit]) => (text.trim() === '' ? [] : [`${shown(text)} ${unit}`]))
  return [schedules[draft.schedule].label, ...budget].join(', ')
}

function shown(text: string): string {
  const value = Number(text)
  return Number.isNaN(value) ? text.trim() : formatCount(value)
}
