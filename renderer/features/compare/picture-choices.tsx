import { useEffect, useId, useLayoutEffect, useRef } from 'react'

import { Picture } from '../../components/picture.tsx'
import styles from './picture-choices.module.css'

export type PictureChoice<Id extends string | number> = {
  readonly id: Id
  /** Null until it is known. */
  readonly url: string | null
  /** What it is, in words; also its name. */
  readonly alt: string
  /** Under the picture. */
  readonly text: string
  /** It cannot be chosen, and stands there all the same. */
  readonly fixed?: boolean
}

type PictureChoicesProps<Id extends string | number> = {
  readonly label: string
  readonly choices: readonly PictureChoice<Id>[]
  readonly value: Id | null
  /** Takes the focus from what lies above it when it appears: its arrows are what comes next. */
  readonly eager?: boolean
  readonly onPick: (id: Id) => void
}

/** One picture of a few: radio buttons that show what they stand for, with the keys of radio buttons. */
export function PictureChoices<Id extends string | number>(props: PictureChoicesProps<Id>) {
  const { label, choices, value, eager = false, onPick } = props
  const name = useId()
  const group = useRef<HTMLFieldSetElement>(null)
  useEffect(() => {
    const at = document.activeElement
    if (!eager || !(at === document.body || at?.getAttribute('role') === 'slider')) return
    group.current?.querySelector<HTMLElement>('input:checked')?.focus({ preventScroll: true })
  }, [eager])
  // The one that had the focus may be fixed now, and would lose it without a word.
  useLayoutEffect(() => {
    const at = document.activeElement
    if (!(at instanceof HTMLInputElement && at.disabled && group.current?.contains(at))) return
    group.current.querySelector<HTMLElement>('input:checked')?.focus({ preventScroll: true })
  }, [value])
  return (
    <fieldset ref={group} className={styles.picker}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.choices}>
        {choices.map((choice) => (
          <label key={choice.id} className={styles.choice}>
            <input
              type="radio"
              name={name}
              className={styles.radio}
              checked={choice.id === value}
              disabled={choice.fixed}
              onChange={() => onPick(choice.id)}
            />
            <span className={styles.thumb}>
              <Picture url={choice.url} alt={choice.alt} />
            </span>
            <span className={styles.text}>{choice.text}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
