import styles from './key-hints.module.css'

/** A key as it is named on the desk. */
export function Key({ name }: { readonly name: string }) {
  return <kbd className={styles.key}>{name}</kbd>
}

export type KeyHint = { readonly keys: readonly string[]; readonly what: string }

/** The keys of a view in one line, at its foot. */
export function KeyHints({ hints }: { readonly hints: readonly KeyHint[] }) {
  return (
    <p className={styles.hints}>
      {hints.map(({ keys, what }) => (
        <span key={what} className={styles.hint}>
          {keys.map((key) => (
            <Key key={key} name={key} />
          ))}
          {what}
        </span>
      ))}
    </p>
  )
}
