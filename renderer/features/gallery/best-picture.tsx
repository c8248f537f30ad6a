import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { firstVerifier, isLive } from '../../../shared/figure.ts'
import { formatScore } from '../../../shared/format.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { useStudio } from '../../api/hooks.ts'
import { Picture } from '../../components/picture.tsx'
import { imageAlt } from '../../logic/run-image.ts'
import styles from './best-picture.module.css'

type BestPictureProps = {
  readonly run: RunDetail
  /** What the search would answer now; null while it has nothing. */
  readonly image: Candidate | null
  readonly aspect: number
  readonly onOpen: () => void
}

/** The best of the run so far, large enough to be judged while the others are made. */
export function BestPicture({ run, image, aspect, onOpen }: BestPictureProps) {
  const { bridge } = useStudio()
  const score = image === null || run.spec.guide.length > 1 ? null : scoreBy(image, firstVerifier(run.spec))
  const name = isLive(run.status) ? 'Best so far' : 'Winner'
  const none = isLive(run.status) ? 'none yet' : 'none'
  return (
    <section className={styles.best} aria-label={name}>
      <button
        type="button"
        className={styles.open}
        disabled={image === null}
        aria-label={image === null ? `${name}: ${none}` : `${name}: candidate ${image.seq}, open`}
        onClick={onOpen}
      >
        <Picture
          url={image === null ? null : bridge.imageUrl(image.imageSha256)}
          alt={image === null ? '' : imageAlt(run, image)}
          grain={isLive(run.status) && image === null ? 1 : null}
          aspect={aspect}
          eager
        />
      </button>
      <p className={styles.words}>
        <strong>{name}</strong>
        <span>{image === null ? none : `#${image.seq}`}</span>
        {score !== null && <span className={styles.score}>{formatScore(score)}</span>}
      </p>
    </section>
  )
}
