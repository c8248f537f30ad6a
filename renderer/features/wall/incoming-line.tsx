import { formatCount, formatCountOf } from '../../../shared/format.ts'
import { Button } from '../../components/button.tsx'
import type { Incoming } from '../../logic/incoming.ts'
import styles from './incoming-line.module.css'

/** How far files are on their way in, then which could not be added and why. */
export function IncomingLine({
  incoming: { total, done, faults },
  onClose,
}: {
  readonly incoming: Incoming
  readonly onClose: () => void
}) {
  return (
    <div className={styles.incoming} role="status">
      <p>
        {done < total
          ? `Adding ${formatCount(done + 1)} of ${formatCountOf(total, 'picture')}…`
          : `${formatCountOf(faults.length, 'picture')} could not be added.`}
      </p>
      {faults.length > 0 && (
        <ul className={styles.faults}>
          {faults.map(({ name, message }, index) => (
            <li key={index}>
              <bdi>{name}</bdi>: {message}
            </li>
          ))}
        </ul>
      )}
      {done === total && <Button look="plain" icon="close" aria-label="Close this list" onClick={onClose} />}
    </div>
  )
}
