import { commands } from '../../shared/commands.ts'
import { Mark } from '../components/icon.tsx'
import { moveFocus } from '../components/rove.ts'
import { shownKey } from './shown-key.ts'
import styles from './top-bar.module.css'
import { views } from './use-place.ts'
import type { ViewId } from './use-place.ts'

type TopBarProps = { readonly view: ViewId; readonly onView: (view: ViewId) => void }

/** The name, and the way to each view. */
export function TopBar({ view, onView }: TopBarProps) {
  return (
    <header className={styles.bar}>
      <h1 className={styles.brand}>
        <Mark />
        Goldpan
      </h1>
      <nav className={styles.views} aria-label="Views" onKeyDown={moveFocus}>
        {(Object.keys(views) as ViewId[]).map((id) => {
          const { label, command } = views[id]
          return (
            <button
              key={id}
              type="button"
              data-rove
              tabIndex={id === view ? 0 : -1}
              className={styles.view}
              aria-current={id === view ? 'page' : undefined}
              title={`${label} (${shownKey(commands[command].key).join(' ')})`}
              onClick={() => onView(id)}
            >
              {label}
            </button>
          )
        })}
      </nav>
    </header>
  )
}
