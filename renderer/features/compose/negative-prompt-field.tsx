import { useState } from 'react'

import { TextArea } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'

const id = 'compose-negative-prompt'

type NegativePromptFieldProps = {
  readonly prompt: string
  /** As typed. */
  readonly guidance: string
  readonly fault: string | null
  readonly onChange: (prompt: string) => void
}

/** What guidance leads away from. Folded away: most runs say nothing here. */
export function NegativePromptField({ prompt, guidance, fault, onChange }: NegativePromptFieldProps) {
  const [opened, setOpened] = useState(false)
  const inVain = prompt.trim() !== '' && Number(guidance) === 1 ? 'Has no effect at guidance 1' : null
  return (
    <details
      className={styles.more}
      open={opened || fault !== null}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary className={styles.moreHead}>
        <span>Negative prompt</span>
        <span className={styles.moreNow}>{prompt.trim() === '' ? 'none' : prompt}</span>
      </summary>
      <div className={styles.moreBody}>
        <div>
          <Field id={id} label="What the image should not show">
            <TextArea
              id={id}
              rows={2}
              dir="auto"
              value={prompt}
              invalid={fault !== null || inVain !== null}
              aria-describedby={noteId(id)}
              onChange={(event) => onChange(event.target.value)}
            />
          </Field>
          <Note id={id} fault={fault ?? inVain} />
        </div>
      </div>
    </details>
  )
}
