import { formatScore } from '../../../shared/format.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { scaleSteps } from './tree-lines.ts'
import type { ScoreRange } from './tree-lines.ts'
import styles from './tree-stage.module.css'

/** Whose scores the colours are, and from where to where they go. */
export function TreeLegend({ shown, range }: { readonly shown: VerifierId; readonly range: ScoreRange }) {
  return (
    <p className={styles.legend}>
      {verifiers[shown].label}
      <span>{formatScore(range.least)}</span>
      <span className={styles.scale} aria-hidden="true">
        {Array.from({ length: scaleSteps }, (_, index) => (
          <span key={index} className={styles[`step${index + 1}`]} />
        ))}
      </span>
      <span>{formatScore(range.most)}</span>
    </p>
  )
}
