import { Fragment, useLayoutEffect, useRef } from 'react'

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { isImage } from '../../../shared/figure.ts'
import { formatDelta, formatScore } from '../../../shared/format.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { classes } from '../../components/classes.ts'
import { Picture } from '../../components/picture.tsx'
import { lineageOf } from '../../logic/lineage.ts'
import styles from './lineage-strip.module.css'
import { imageAlt, isSame } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'

type LineageStripProps = {
  readonly run: RunDetail
  readonly image: Candidate
  /** Whose scores are compared from picture to picture. */
  readonly shown: VerifierId
  readonly aspect: number
  readonly onSelect: (selection: RunImage) => void
}

/** Where an image comes from, the root first, with what was done in between; nothing for one that comes from no other. */
export function LineageStrip({ run, image, shown, aspect, onSelect }: LineageStripProps) {
  const { bridge } = useStudio()
  const line = lineageOf(run, image)
  const list = useRef<HTMLOListElement>(null)
  // A long line shows its end, where the image itself is.
  useLayoutEffect(() => {
    list.current?.scrollTo({ left: list.current.scrollWidth })
  }, [image])
  if (line.length < 2) return null
  return (
    <nav aria-label="Where it comes from">
      <h3 className={styles.title}>Where it comes from</h3>
      <ol ref={list} className={styles.line}>
        {line.map(({ candidate, stride }, index) => (
          <Fragment key={`${candidate.arm} ${candidate.seq}`}>
            {stride !== null && <li className={styles.stride}>{stride}</li>}
            <li>
              <button
                type="button"
                className={classes(styles.ancestor, isSame(candidate, image) && styles.here)}
                aria-current={isSame(candidate, image) ? 'true' : undefined}
                onClick={() => onSelect({ arm: candidate.arm, seq: candidate.seq })}
              >
                <Picture
                  url={bridge.imageUrl(candidate.imageSha256)}
                  alt={imageAlt(run, candidate)}
                  aspect={aspect}
                  eager
                />
                <span className={styles.name}>
                  {candidate.arm === 'final' ? 'final' : `#${candidate.seq}`}
                </span>
                <Change of={candidate} from={line[index - 1]?.candidate} shown={shown} />
              </button>
            </li>
          </Fragment>
        ))}
      </ol>
    </nav>
  )
}

type ChangeProps = {
  readonly of: Candidate
  readonly from: Candidate | undefined
  readonly shown: VerifierId
}

/** What a step of the line gained or lost; the root shows its score. Of unfinished samples there is nothing to compare. */
function Change({ of, from, shown }: ChangeProps) {
  const score = scoreBy(of, shown)
  const before = from === undefined ? null : scoreBy(from, shown)
  if (score === null || !isImage(of)) return null
  if (from === undefined) return <span className={styles.change}>{formatScore(score)}</span>
  if (before === null || !isImage(from)) return null
  return (
    <span className={classes(styles.change, score - before > 0.0005 && styles.better)}>
      {formatDelta(score - before)}
    </span>
  )
}
