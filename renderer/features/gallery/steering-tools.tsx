import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { isLive } from '../../../shared/figure.ts'
import { AngleDial } from '../../components/angle-dial.tsx'
import { Button } from '../../components/button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { handOf } from '../../logic/order.ts'
import styles from './steering-tools.module.css'
import { canBePutFirst, degreesOf, distanceOf } from './steering.ts'
import type { Steering } from './use-steering.ts'

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
  const degrees = degreesOf(more.angle)
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
          title="Takes back what was done last"
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
      <div className={styles.more}>
        <AngleDial
          label="Angle to its noise"
          degrees={degrees}
          onTurn={(turned) => setMore({ ...more, angle: String(turned) })}
        />
        <div className={styles.amounts}>
          <label className={styles.row}>
            <TextInput
              aria-label="How many"
              inputMode="numeric"
              value={more.count}
              onChange={(event) => setMore({ ...more, count: event.target.value })}
            />
            pictures
          </label>
          <label className={styles.row}>
            <TextInput
              aria-label="Angle in degrees"
              inputMode="decimal"
              value={more.angle}
              invalid={degrees === null}
              onChange={(event) => setMore({ ...more, angle: event.target.value })}
            />
            ° from it
          </label>
        </div>
      </div>
      <p className={styles.distance}>{degrees === null ? null : distanceOf(degrees)}</p>
      <Button icon="branch" aria-keyshortcuts="M" onClick={() => steering.branch(image)}>
        More like this <Key name="M" />
      </Button>
    </section>
  )
}

function Key({ name }: { readonly name: string }) {
  return (
    <kbd className={styles.key} aria-hidden="true">
      {name}
    </kbd>
  )
}
