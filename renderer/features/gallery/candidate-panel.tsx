import type { ReactNode } from 'react'

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { formatScore } from '../../../shared/format.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { Picture } from '../../components/picture.tsx'
import { imageAlt, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import styles from './candidate-panel.module.css'
import { LineageStrip } from './lineage-strip.tsx'
import { SteeringTools } from './steering-tools.tsx'
import type { Steering } from './use-steering.ts'

type CandidatePanelProps = {
  readonly run: RunDetail
  /** Of the search; null while there is none. */
  readonly image: Candidate | null
  readonly aspect: number
  readonly shown: VerifierId
  readonly steering: Steering
  readonly markBar: (image: Candidate) => ReactNode
  readonly onSelect: (image: RunImage) => void
}

/** One candidate beside the tree: large enough to be judged, with everything that can be done about it. */
export function CandidatePanel({
  run,
  image,
  aspect,
  shown,
  steering,
  markBar,
  onSelect,
}: CandidatePanelProps) {
  const { bridge } = useStudio()
  if (image === null) return <p className={styles.none}>Select a candidate to see it here.</p>
  const score = scoreBy(image, shown)
  const unfinished = unfinishedName(run, image)
  return (
    <>
      <div className={styles.head}>
        <div className={styles.picture}>
          <Picture
            url={bridge.imageUrl(image.imageSha256)}
            alt={imageAlt(run, image)}
            aspect={aspect}
            eager
          />
        </div>
        <p className={styles.words} aria-live="polite">
          <strong>#{image.seq}</strong>
          {unfinished !== null && <span>{unfinished}</span>}
          <span>{verifiers[shown].label}</span>
          <span className={styles.score}>{score === null ? 'no score' : formatScore(score)}</span>
        </p>
      </div>
      {markBar(image)}
      <SteeringTools run={run} image={image} steering={steering} />
      <LineageStrip run={run} image={image} shown={shown} aspect={aspect} onSelect={onSelect} />
    </>
  )
}
