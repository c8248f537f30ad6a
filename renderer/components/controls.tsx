import type { ComponentProps } from 'react'

import { classes } from './classes.ts'
import styles from './field.module.css'
import switchStyles from './switch.module.css'

type Faulty = {
  /** Marks the value as not acceptable; the note says why. */
  readonly invalid?: boolean
}

export function TextInput({ invalid = false, className, ...rest }: ComponentProps<'input'> & Faulty) {
  return (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      aria-invalid={invalid}
      className={classes(styles.control, className)}
      {...rest}
    />
  )
}

export function TextArea({ invalid = false, className, ...rest }: ComponentProps<'textarea'> & Faulty) {
  return <textarea aria-invalid={invalid} className={classes(styles.control, className)} {...rest} />
}

type SelectProps = Omit<ComponentProps<'select'>, 'onChange'> &
  Faulty & {
    readonly options: readonly { readonly id: string; readonly label: string }[]
    readonly onPick: (id: string) => void
  }

export function Select({ invalid = false, options, onPick, ...rest }: SelectProps) {
  return (
    <select
      aria-invalid={invalid}
      className={styles.control}
      onChange={(event) => onPick(event.target.value)}
      {...rest}
    >
      {options.map((option) => (
        <option key={option.id} value={option.id}>
          {option.label}
        </option>
      ))}
    </select>
  )
}

type SwitchProps = {
  readonly on: boolean
  readonly onToggle: (on: boolean) => void
  readonly label: string
  readonly describedBy?: string
}

/** On or off, at once: a checkbox that looks like what it does. */
export function Switch({ on, onToggle, label, describedBy }: SwitchProps) {
  return (
    <label className={switchStyles.switch}>
      <input
        type="checkbox"
        role="switch"
        className={switchStyles.box}
        checked={on}
        aria-describedby={describedBy}
        onChange={(event) => onToggle(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}
