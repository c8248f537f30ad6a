import { useId, useState } from 'react'
import type { SyntheticEvent } from 'react'

import type { PictureId } from '../../../shared/gallery.ts'
import { useStudio, useUndo } from '../../api/hooks.ts'
import type { MarkChange } from '../../api/marks.ts'
import { Button } from '../../components/button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import styles from './at-hand.module.css'
import type { Court } from './use-court.ts'

type AtHandProps = {
  readonly court: Court
  /** The one that is pointed at, or else selected. */
  readonly picture: PictureId | null
  readonly onMark: (picture: PictureId, change: MarkChange) => void
  readonly onOpenRun: (runId: number) => void
}

/** A closer look at one picture of the court, with its marks. Keeps its room while there is none. */
export function AtHand({ court, picture: id, onMark, onOpenRun }: AtHandProps) {
  const { bridge } = useStudio()
  const picture = id === null ? null : court.pictureOf(id)
  if (id === null || picture === null) {
    return <p className={styles.empty}>Point at a picture to see it here and in every row.</p>
  }
  const name = court.nameOf(id)
  const { origin } = picture
  return (
    <section className={styles.atHand} aria-label="At hand">
      <div className={styles.image}>
        <Picture url={bridge.imageUrl(picture.imageSha256)} alt={`${name}: ${picture.prompt}`} eager />
      </div>
      <div className={styles.line}>
        <bdi className={styles.name}>{name}</bdi>
        <MarkBar {...court.markOf(id)} name={name} onMark={(change) => onMark(id, change)} />
      </div>
      {origin.kind === 'outside' ? (
        <OutsidePrompt key={`${id} ${picture.prompt}`} picture={id} prompt={picture.prompt} />
      ) : (
        <p className={styles.prompt}>
          <PromptText text={picture.prompt} lines={2} />
        </p>
      )}
      {origin.kind === 'candidate' && (
        <Button look="plain" className={styles.open} onClick={() => onOpenRun(origin.runId)}>
          Open run {origin.runId}
        </Button>
      )}
    </section>
  )
}

/** What an image from outside was meant to show; verifiers that read prompts need it. */
function OutsidePrompt({ picture, prompt }: { readonly picture: PictureId; readonly prompt: string }) {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const id = useId()
  const [text, setText] = useState(prompt)
  const set = (to: string) => () => bridge.setPrompt({ picture, prompt: to })
  const submit = (event: SyntheticEvent) => {
    event.preventDefault()
    const wanted = text.trim()
    if (wanted === prompt) return
    void undo.act(async () => {
      await set(wanted)()
      return { label: 'Changed the prompt of an image', undo: set(prompt), redo: set(wanted) }
    })
  }
  return (
    <form className={styles.form} onSubmit={submit}>
      <label htmlFor={id}>
        Prompt{prompt === '' && ': without it, verifiers that read one have nothing to say'}
      </label>
      <div className={styles.line}>
        <TextInput
          id={id}
          className={styles.input}
          dir="auto"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Button type="submit" aria-disabled={text.trim() === prompt}>
          Set
        </Button>
      </div>
    </form>
  )
}
