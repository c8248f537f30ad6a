import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'

type SeedFieldProps = {
  readonly id: string
  readonly seed: string
  readonly locked: boolean
  readonly fault: string | null
  readonly onSeed: (seed: string) => void
  readonly onDice: () => void
  readonly onLock: (locked: boolean) => void
}

/** The seed of the run: every noise is made from it. */
export function SeedField({ id, seed, locked, fault, onSeed, onDice, onLock }: SeedFieldProps) {
  return (
    <div>
      <Field id={id} label="Seed" aside={locked ? 'kept for the next run' : 'a new one after each run'}>
        <div className={styles.seed}>
          <TextInput
            id={id}
            inputMode="numeric"
            maxLength={24}
            value={seed}
            invalid={fault !== null}
            aria-describedby={noteId(id)}
            onChange={(event) => onSeed(event.target.value.trim())}
            onKeyDown={(event) => {
              const next = neighbourOf(seed, event.key)
              if (next === null) return
              event.preventDefault()
              onSeed(next)
            }}
          />
          <Button
            look="plain"
            icon="dice"
            aria-label="Draw a new seed"
            aria-keyshortcuts="R"
            title="Draw a new seed (R)"
            onClick={onDice}
          />
          <CopyButton text={seed} what="seed" />
          <Button
            look="plain"
            icon={locked ? 'locked' : 'unlocked'}
            aria-label="Keep this seed"
            aria-keyshortcuts="K"
            title="Keep this seed (K)"
            aria-pressed={locked}
            onClick={() => onLock(!locked)}
          />
        </div>
      </Field>
      <Note id={id} fault={fault}>
        The same seed makes the same noises. R draws, K keeps, Y copies.
      </Note>
    </div>
  )
}

/** The seed that an arrow key leads to; null for other keys, and where there is no number. */
function neighbourOf(seed: string, key: string): string | null {
  const step = key === 'ArrowUp' ? 1n : key === 'ArrowDown' ? -1n : 0n
  if (step === 0n || !/^\d{1,20}$/.test(seed)) return null
  const next = BigInt(seed) + step
  return next < 0n ? null : String(next)
}
