import { useState } from 'react'
import type { KeyboardEvent } from 'react'

import { labelOfClass, matchingClasses } from '../../../shared/class-names.ts'
import { TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './class-field.module.css'

/** The prompt's place in the form, and its id: a class is the prompt of packs that draw classes. */
const id = 'compose-prompt'
const listId = 'compose-classes'
const optionId = (index: number) => `${listId}-${index}`

type ClassFieldProps = {
  readonly name: string
  readonly classes: readonly string[]
  readonly fault: string | null
  readonly onChange: (name: string) => void
}

/** Chooses a class: a list that typing narrows (the ARIA combobox pattern with a list). */
export function ClassField({ name, classes, fault, onChange }: ClassFieldProps) {
  /** What is typed while the list is open; null while it is closed and the chosen name is shown. */
  const [query, setQuery] = useState<string | null>(null)
  const [active, setActive] = useState(0)
  const found = query === null ? [] : matchingClasses(classes, query)
  const chosen = labelOfClass(classes, name)

  const open = (text: string) => {
    setQuery(text)
    setActive(text === '' ? Math.max(0, chosen ?? 0) : 0)
  }
  const pick = (picked: string) => {
    setQuery(null)
    onChange(picked)
  }
  const type = (text: string) => {
    open(text)
    // A name typed whole is as good as one picked; anything else leaves the choice as it was.
    const typed = classes[labelOfClass(classes, text) ?? -1]
    if (typed !== undefined) onChange(typed)
  }

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      if (query === null) open('')
      else if (found.length > 0) setActive((active + step + found.length) % found.length)
    } else if (event.key === 'Enter' && query !== null) {
      event.preventDefault()
      const picked = found[active]
      if (picked !== undefined) pick(picked)
    } else if (event.key === 'Escape' && query !== null) {
      event.preventDefault()
      setQuery(null)
    }
  }

  return (
    <div>
      <Field id={id} label="Class" aside={`${classes.length} classes`}>
        <div className={styles.combobox}>
          <TextInput
            id={id}
            role="combobox"
            aria-expanded={query !== null}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={found.length > 0 ? optionId(active) : undefined}
            aria-describedby={noteId(id)}
            dir="auto"
            value={query ?? name}
            placeholder="Which class? Type to search"
            invalid={fault !== null}
            onClick={() => query === null && open('')}
            onChange={(event) => type(event.target.value)}
            onBlur={() => setQuery(null)}
            onKeyDown={onKeyDown}
          />
          <ul
            id={listId}
            role="listbox"
            aria-label="Classes"
            className={styles.list}
            hidden={query === null || found.length === 0}
          >
            {found.map((each, index) => (
              <li
                key={each}
                id={optionId(index)}
                ref={index === active ? scrollIntoView : undefined}
                role="option"
                aria-selected={each === classes[chosen ?? -1]}
                className={index === active ? `${styles.option} ${styles.active}` : styles.option}
                // The focus stays in the field: its blur would close the list before the click arrives.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => pick(each)}
              >
                <bdi>{each}</bdi>
              </li>
            ))}
          </ul>
        </div>
      </Field>
      <Note id={id} fault={query === null ? fault : null}>
        {query !== null && found.length === 0 ? 'No class has a name like that.' : null}
      </Note>
    </div>
  )
}

function scrollIntoView(option: HTMLElement | null): void {
  option?.scrollIntoView({ block: 'nearest' })
}
