import { useState } from 'react'
import type { ReactNode } from 'react'

import { classes } from './classes.ts'
import styles from './popover.module.css'

type PopoverProps = {
  /** What a button names as its `popoverTarget`. */
  readonly id: string
  readonly label: string
  /** Its place and size. */
  readonly className: string | undefined
  /** Made anew each time it opens. */
  readonly children: ReactNode
}

/** What floats over the window until it is left: any click beside it or Escape closes it, and the focus goes back. */
export function Popover({ id, label, className, children }: PopoverProps) {
  const [open, setOpen] = useState(false)
  return (
    <div
      id={id}
      popover="auto"
      className={classes(styles.popover, className)}
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      onBeforeToggle={(event) => setOpen(event.newState === 'open')}
    >
      {open && children}
    </div>
  )
}
