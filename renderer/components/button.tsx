import type { ComponentProps } from 'react'

import styles from './button.module.css'
import { classes } from './classes.ts'
import { Icon } from './icon.tsx'
import type { IconName } from './icon.tsx'

type ButtonProps = Omit<ComponentProps<'button'>, 'type'> & {
  /** `primary` is the one thing to do next; `quiet` everything else; `plain` has no frame until it is pointed at. */
  readonly look?: 'primary' | 'quiet' | 'plain'
  readonly icon?: IconName
  readonly type?: 'button' | 'submit'
}

/** A button. With an icon and no children it needs an `aria-label`, which is also its tooltip. */
export function Button({ look = 'quiet', icon, className, children, type = 'button', ...rest }: ButtonProps) {
  const bare = children === undefined
  return (
    <button
      type={type}
      title={bare ? rest['aria-label'] : undefined}
      className={classes(styles.button, styles[look], bare && styles.bare, className)}
      {...rest}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  )
}
