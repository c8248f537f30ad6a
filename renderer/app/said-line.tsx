import { useEffect, useState } from 'react'

import { useUndo } from '../api/hooks.ts'
import { classes } from '../components/classes.ts'
import styles from './said-line.module.css'

/** How long a line stays, in milliseconds: long enough to read it and to reach its button. */
const staysMs = 8_000

/** What was done last, with the way back; in the status bar, so that nothing moves for it. */
export function SaidLine() {
  const [{ said, undo }, stack] = useUndo()
  const [gone, setGone] = useState(0)
  const turn = said?.turn ?? 0
  useEffect(() => {
    const timer = window.setTimeout(() => setGone(turn), staysMs)
    return () => window.clearTimeout(timer)
  }, [turn])
  const shown = said !== null && gone !== said.turn ? said : null
  return (
    <div className={styles.line}>
      <p role="status" className={classes(styles.text, shown?.isFault === true && styles.fault)}>
        {shown?.text}
      </p>
      {shown !== null && undo === shown.text && (
        <button type="button" className={styles.undo} onClick={() => void stack.undo()}>
          Undo
        </button>
      )}
    </div>
  )
}
