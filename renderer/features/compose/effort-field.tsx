import { useState } from 'react'

import { formatCount } from '../../../shared/format.ts'
import { parameters } from '../../../shared/parameters.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import { Button } from '../../components/button.tsx'
import { Select, TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import type { Draft } from './draft.ts'
import { efforts, fittedTo } from './forecast.ts'
import type { EffortUnit } from './forecast.ts'

const id = 'compose-effort'

type EffortFieldProps = {
  readonly draft: Draft
  /** Seconds an evaluation; null before the first run of its kind. */
  readonly rate: number | null
  readonly onFit: (changes: Partial<Draft>) => void
}

/** Makes the search as large as so many images, NFE or minutes allow: one number instead of the algorithm's own. */
export function EffortField({ draft, rate, onFit }: EffortFieldProps) {
  const [amount, setAmount] = useState('')
  const [unit, setUnit] = useState<EffortUnit>('images')
  const [outcome, setOutcome] = useState<{ readonly text: string; readonly isFault: boolean } | null>(null)
  const fit = () => {
    const value = Number(amount.replace(',', '.'))
    if (!(value > 0)) {
      setOutcome({ text: `Expected a number above 0, found ${amount.trim() || 'nothing'}`, isFault: true })
      return
    }
    if (unit === 'minutes' && rate === null) {
      const text = 'How long an evaluation takes is not known before a first run; use images or NFE'
      setOutcome({ text, isFault: true })
      return
    }
    const changes = fittedTo(draft, value, unit, rate)
    if (changes === null) {
      setOutcome({
        text: 'Expected enough for the smallest search, found less; spend more or take fewer steps',
        isFault: true,
      })
      return
    }
    const text = Object.entries(changes)
      .map(([name, count]) => `${parameters[name as ParameterId].label}: ${formatCount(Number(count))}`)
      .join(', ')
    setOutcome({ text, isFault: false })
    onFit(changes)
  }
  return (
    <div>
      <Field id={id} label="Fit the search to">
        <div className={styles.effort}>
          <TextInput
            id={id}
            inputMode="decimal"
            value={amount}
            placeholder="so many"
            invalid={outcome?.isFault === true}
            aria-describedby={noteId(id)}
            onChange={(event) => setAmount(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return
              event.preventDefault()
              fit()
            }}
          />
          <Select
            aria-label="Unit"
            value={unit}
            options={Object.entries(efforts).map(([each, label]) => ({ id: each, label }))}
            onPick={(picked) => setUnit(picked as EffortUnit)}
          />
          <Button onClick={fit}>Fit</Button>
        </div>
      </Field>
      <Note id={id} fault={outcome?.isFault === true ? outcome.text : null}>
        {outcome?.text ?? 'Sets the algorithm’s own number; baselines come on top.'}
      </Note>
    </div>
  )
}
