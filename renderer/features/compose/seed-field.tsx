import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { Field, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import { newSeed } from './draft.ts'

type SeedFieldProps = {
  readonly id: string
  readonly seed: string
  readonly locked: boolean
  readonly fault: string | null
  readonly onSeed: (seed: string) => void
  readonly onLock: (locked: boolean) => void
}

/** The seed of the run: every noise is made from it. */
export function SeedField({ id, seed, locked, fault, onSeed, onLock }: SeedFieldProps) {
  return (
    <Field id={id} label="Seed" aside={locked ? 'kept for the next run' : 'a new one after each run'}>
      <div className={styles.seed}>
        <TextInput
          id={id}
          inputMode="numeric"
          maxLength={24}
          value={seed}
          invalid={fault !== null}
          aria-describedby={noteId(id)}
          onChange={(event) => onSeed(event.target.value)}
        />
        <Button look="plain" icon="dice" aria-label="Draw a new seed" onClick={() => onSeed(newSeed())} />
        <CopyButton text={seed} what="seed" />
        <Button
          look="plain"
          icon={locked ? 'locked' : 'unlocked'}
          aria-label="Keep this seed"
          aria-pressed={locked}
          onClick={() => onLock(!locked)}
        />
      </div>
    </Field>
  )
}
