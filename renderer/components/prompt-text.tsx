import { classes } from './classes.ts'
import styles from './prompt-text.module.css'

type PromptTextProps = {
  readonly text: string
  /** Lines shown before the rest is cut with an ellipsis; the whole text is the tooltip. */
  readonly lines: 1 | 2 | 3
}

/**
 * A prompt as its author wrote it: its own direction, isolated from the text around it, clamped. The only place where
 * prompts are shown, always as a text node.
 */
export function PromptText({ text, lines }: PromptTextProps) {
  return (
    <bdi dir="auto" title={text} className={classes(styles.prompt, styles[`lines${lines}`])}>
      {text}
    </bdi>
  )
}
