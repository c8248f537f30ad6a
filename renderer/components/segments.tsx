import { useId } from 'react'

import styles from './segments.module.css'

type SegmentsProps<Id extends string> = {
  readonly label: string
  readonly value: Id
  readonly options: readonly { readonly id: Id; readonly label: string }[]
  readonly onPick: (id: Id) => void
}

/** One of a few: radio buttons in a row, with the keys of radio buttons. */
export function Segments<Id extends string>({ label, value, options, onPick }: SegmentsProps<Id>) {
  const name = useId()
  return (
    <div role="radiogroup" aria-label={label} className={styles.segments}>
      {options.map((option) => (
        <label key={option.id} className={styles.segment}>
          <input
            type="radio"
            name={name}
            className={styles.input}
            checked={option.id === value}
            onChange={() => onPick(option.id)}
          />
          {option.label}
        </label>
      ))}
    </div>
  )
}
