import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { TextInput } from '../../components/controls.tsx'
import { isLive } from '../../logic/figure.ts'
import { handOf } from '../../logic/order.ts'
import styles from './steering-tools.module.css'
import { canBePutFirst } from './steering.ts'
import type { Said, Steering } from './use-steering.ts'

const mac = /mac/i.test(navigator.userAgent)

type SteeringToolsProps = {
  readonly run: RunDetail
  /** Of the search arm. */
  readonly image: Candidate
  readonly steering: Steering
}

/** What a person may do about a candidate; each with its key. */
export function SteeringTools({ run, image, steering }: SteeringToolsProps) {
  const { pinned, vetoed } = handOf(run)
  const { more, setMore } = steering
  return (
    <section className={styles.tools} aria-label="Steer the search">
      <div className={styles.row}>
        <Button
          icon="pin"
          aria-keyshortcuts="Shift+P"
          aria-pressed={pinned.has(image.seq)}
          title="It survives every choice"
          onClick={() => steering.act('pin', image)}
        >
          Pin <Key name="⇧P" />
        </Button>
        <Button
          icon="veto"
          aria-keyshortcuts="Shift+X"
          aria-pressed={vetoed.has(image.seq)}
          title="It survives no choice and wins nothing"
          onClick={() => steering.act('veto', image)}
        >
          Veto <Key name="⇧X" />
        </Button>
        <Button
          icon="undo"
          aria-keyshortcuts={mac ? 'Meta+Z' : 'Control+Z'}
          title="Takes the last of these back"
          onClick={() => steering.undo()}
        >
          Undo <Key name={mac ? '⌘Z' : 'Ctrl Z'} />
        </Button>
      </div>
      <Button
        icon="first"
        aria-keyshortcuts="W"
        disabled={!canBePutFirst(run, image)}
        onClick={() => steering.act('override', image)}
      >
        {isLive(run.status) ? 'Make it the winner of this round' : 'Make it the winner'} <Key name="W" />
      </Button>
      <div className={styles.row}>
        <Button icon="branch" aria-keyshortcuts="M" onClick={() => steering.branch(image)}>
          More like this <Key name="M" />
        </Button>
        <TextInput
          aria-label="How many"
          inputMode="numeric"
          value={more.count}
          onChange={(event) => setMore({ ...more, count: event.target.value })}
        />
        at
        <TextInput
          aria-label="Angle in degrees"
          inputMode="decimal"
          value={more.angle}
          onChange={(event) => setMore({ ...more, angle: event.target.value })}
        />
        °
      </div>
      <SteeringNote said={steering.said} />
    </section>
  )
}

/** What came of the last intervention; it keeps its line when there is nothing to say. */
export function SteeringNote({ said }: { readonly said: Said | null }) {
  return (
    <p role="status" className={classes(styles.said, said?.isFault === true && styles.fault)}>
      {said?.text}
    </p>
  )
}

function Key({ name }: { readonly name: string }) {
  return (
    <kbd className={styles.key} aria-hidden="true">
      {name}
    </kbd>
  )
}
