import { commands } from '../../shared/commands.ts'
import { Key } from '../components/key-hints.tsx'
import { Popover } from '../components/popover.tsx'
import { shownKey } from './shown-key.ts'
import styles from './shortcuts-panel.module.css'

export const shortcutsPanelId = 'shortcuts'

/** Keys of single views; the commands of the whole window come from their table. */
const ofViews: readonly { readonly keys: readonly string[]; readonly what: string }[] = [
  { keys: [...shownKey('Mod+Enter')], what: 'Run' },
  { keys: ['R'], what: 'Draw a new seed' },
  { keys: ['K'], what: 'Keep the seed for the next run' },
  { keys: ['Y'], what: 'Copy the seed' },
  { keys: ['Alt', '↑', '↓'], what: 'In the queue: move a run that waits' },
  { keys: ['P', 'X', 'U'], what: 'Pick, reject, or neither' },
  { keys: ['1', '–', '5', '0'], what: 'Stars; 0 takes them off' },
  { keys: ['←', '→', '↑', '↓'], what: 'Move; with ⇧ the selection grows' },
  { keys: [...shownKey('Mod+A')], what: 'Select everything that is shown' },
  { keys: ['+', '−', 'Z'], what: 'In the tree and in comparisons: larger, smaller, whole or full size' },
  { keys: ['S', 'J', 'I', 'H'], what: 'Comparing: slider, side by side, difference, hover; O swaps' },
  { keys: ['Del'], what: 'Comparing: take the picture out; in the gallery: remove what came from outside' },
  { keys: ['←', '→', '↓'], what: 'In a duel: A is better, B is better, cannot say; Q for the ranking' },
  { keys: ['B'], what: 'In the gallery: put on a board' },
  { keys: ['Space'], what: 'Loupe; in a duel: look closer' },
  { keys: ['Enter'], what: 'Open' },
  { keys: ['⇧', 'P'], what: 'Pin the candidate: it survives every choice' },
  { keys: ['⇧', 'X'], what: 'Veto it: it survives no choice and wins nothing' },
  { keys: ['W'], what: 'Make it the winner of this round' },
  { keys: ['M'], what: 'More like this: neighbours of its noise' },
  { keys: ['Esc'], what: 'Back; from a field on to the run; on the monitor: stop it' },
]

const shortcuts = [
  ...Object.values(commands).map(({ key, label }) => ({ keys: shownKey(key), what: label })),
  ...ofViews,
]

/** The list of keys. */
export function ShortcutsPanel() {
  return (
    <Popover id={shortcutsPanelId} label="Keys" className={styles.panel}>
      <h2 className={styles.title}>Keys</h2>
      <dl className={styles.list}>
        {shortcuts.map(({ keys, what }) => (
          <div key={what} className={styles.row}>
            <dt className={styles.keys}>
              {keys.map((key) => (
                <Key key={key} name={key} />
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  )
}

/** Opens the panel, or closes it. */
export function toggleShortcutsPanel(): void {
  document.getElementById(shortcutsPanelId)?.togglePopover()
}
