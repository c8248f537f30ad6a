import { useStudio } from '../../api/hooks.ts'
import type { MarkChange } from '../../api/marks.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { Button } from '../../components/button.tsx'
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
      {picture.prompt === '' ? (
        <p className={styles.none}>No prompt: verifiers that read it have nothing to say.</p>
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
