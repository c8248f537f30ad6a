import styles from './shortcuts-panel.module.css'

export const shortcutsPanelId = 'shortcuts'

const mac = /mac/i.test(navigator.userAgent)

const shortcuts: readonly { readonly keys: readonly string[]; readonly what: string }[] = [
  { keys: [mac ? '⌘' : 'Ctrl', 'Enter'], what: 'Run' },
  { keys: ['/'], what: 'Go to the prompt' },
  { keys: ['C'], what: 'Compare search and more steps at equal cost' },
  { keys: ['←', '→', '↑', '↓'], what: 'Move among images, runs, or the divider' },
  { keys: ['Enter'], what: 'Open the image in the loupe; Space does too' },
  { keys: ['Esc'], what: 'Close the loupe or the comparison; on the monitor: stop the run' },
  { keys: ['⇧', 'P'], what: 'Pin the selected candidate: it survives every choice' },
  { keys: ['⇧', 'X'], what: 'Veto it: it survives no choice and wins nothing' },
  { keys: ['W'], what: 'Make it the winner of this round' },
  { keys: ['M'], what: 'More like this: neighbours of its noise' },
  { keys: [mac ? '⌘' : 'Ctrl', 'Z'], what: 'Undo the last of these four' },
  { keys: ['G'], what: 'All runs as rows of one figure, and back' },
  { keys: ['L'], what: 'Models: what is installed, and import' },
  { keys: ['[', ']'], what: 'Show the newer or the earlier run' },
  { keys: ['?'], what: 'This list' },
]

/** The list of keys; a popover that any click or Escape closes. */
export function ShortcutsPanel() {
  return (
    <div
      id={shortcutsPanelId}
      popover="auto"
      className={styles.panel}
      role="dialog"
      aria-label="Keys"
      tabIndex={-1}
    >
      <h2 className={styles.title}>Keys</h2>
      <dl className={styles.list}>
        {shortcuts.map(({ keys, what }) => (
          <div key={what} className={styles.row}>
            <dt className={styles.keys}>
              {keys.map((key) => (
                <kbd key={key} className={styles.key}>
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** Opens the panel, or closes it. */
export function toggleShortcutsPanel(): void {
  document.getElementById(shortcutsPanelId)?.togglePopover()
}
