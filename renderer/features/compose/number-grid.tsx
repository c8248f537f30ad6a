import { useState } from 'react'

import { classes } from '../../components/classes.ts'
import { Select, TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import type { Draft, Faults, FieldName } from './draft.ts'

/** Fields of the form that hold a number as text. */
type TextField = {
  readonly [Name in keyof Draft]: Draft[Name] extends string ? Name : never
}[keyof Draft]

export type GridField = {
  readonly name: TextField
  /** Its name in the specification, where that is another. */
  readonly of?: FieldName
  readonly label: string
  /** At the right end of the label's line. */
  readonly aside?: string
  /** Shown below while the field has the focus. */
  readonly hint: string
  /** What an arrow key adds or takes; 1 unless said otherwise. */
  readonly stride?: number
  /** The least that arrow keys reach. */
  readonly least?: number
  readonly placeholder?: string
  /** For a choice instead of a number. */
  readonly options?: readonly { readonly id: string; readonly label: string }[]
}

type NumberGridProps = {
  readonly id: string
  readonly fields: readonly GridField[]
  readonly draft: Draft
  readonly faults: Faults
  /** In place of the hints while none of the fields has the focus. */
  readonly note?: string
  readonly onChange: (changes: Partial<Draft>) => void
}

/** Short fields, three in a row, with one note for all: what is wrong, or what the field at hand means. */
export function NumberGrid({ id, fields, draft, faults, note = '', onChange }: NumberGridProps) {
  const [active, setActive] = useState<TextField | null>(null)
  const faultOf = ({ name, of }: GridField) => faults[of ?? (name as FieldName)]
  const faulty = fields.find((field) => faultOf(field) !== undefined)
  const fault = faulty === undefined ? null : `${faulty.label}: ${lowerFirst(faultOf(faulty) ?? '')}`
  return (
    <div>
      <div className={styles.triple}>
        {fields.map((field) => {
          const shared = {
            id: `compose-${field.name}`,
            value: draft[field.name],
            invalid: faultOf(field) !== undefined,
            'aria-describedby': noteId(id),
            title: field.hint,
            onFocus: () => setActive(field.name),
            onBlur: () => setActive(null),
          }
          return (
            <div key={field.name} className={classes(field.options !== undefined && styles.double)}>
              <Field id={shared.id} label={field.label} aside={field.aside}>
                {field.options === undefined ? (
                  <TextInput
                    {...shared}
                    inputMode="decimal"
                    placeholder={field.placeholder}
                    onChange={(event) => onChange({ [field.name]: event.target.value })}
                    onKeyDown={(event) => {
                      const next = afterKey(field, draft[field.name], event.key)
                      if (next === null) return
                      event.preventDefault()
                      onChange({ [field.name]: next })
                    }}
                  />
                ) : (
                  <Select
                    {...shared}
                    options={field.options}
                    onPick={(value) => onChange({ [field.name]: value })}
                  />
                )}
              </Field>
            </div>
          )
        })}
      </div>
      <Note id={id} fault={fault}>
        {fields.find(({ name }) => name === active)?.hint ?? note}
      </Note>
    </div>
  )
}

/** The text after an arrow key; null for another key, and where there is no number to add to. */
function afterKey({ stride = 1, least = 1 }: GridField, text: string, key: string): string | null {
  const turn = key === 'ArrowUp' ? 1 : key === 'ArrowDown' ? -1 : 0
  const value = Number(text)
  if (turn === 0 || text.trim() === '' || Number.isNaN(value)) return null
  return String(Math.max(least, Number((value + turn * stride).toPrecision(12))))
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
