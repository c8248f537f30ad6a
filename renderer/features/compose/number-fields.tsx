import { TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import type { Draft, Faults } from './draft.ts'

const numbers = [
  { name: 'candidates', id: 'compose-candidates', label: 'Candidates', least: 1, stride: 1 },
  { name: 'steps', id: 'compose-steps', label: 'Steps', least: 1, stride: 1 },
  { name: 'guidance', id: 'compose-guidance', label: 'Guidance', least: 0, stride: 0.5 },
] as const

const id = 'compose-numbers'

type NumberFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly onChange: (changes: Partial<Draft>) => void
}

/** How many candidates of how many steps, and how strongly the prompt pulls; one note for the three. */
export function NumberFields({ draft, faults, onChange }: NumberFieldsProps) {
  const faulty = numbers.find(({ name }) => faults[name] !== undefined)
  const fault = faulty === undefined ? null : `${faulty.label}: ${lowerFirst(faults[faulty.name] ?? '')}`
  return (
    <div>
      <div className={styles.triple}>
        {numbers.map((number) => (
          <Field key={number.name} id={number.id} label={number.label}>
            <TextInput
              id={number.id}
              inputMode="decimal"
              value={draft[number.name]}
              invalid={faults[number.name] !== undefined}
              aria-describedby={noteId(id)}
              onChange={(event) => onChange({ [number.name]: event.target.value })}
              onKeyDown={(event) => {
                const turn = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
                const value = Number(draft[number.name])
                if (turn === 0 || Number.isNaN(value)) return
                event.preventDefault()
                onChange({ [number.name]: String(Math.max(number.least, value + turn * number.stride)) })
              }}
            />
          </Field>
        ))}
      </div>
      <Note id={id} fault={fault} />
    </div>
  )
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
