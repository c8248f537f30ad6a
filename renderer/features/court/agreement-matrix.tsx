import { useState } from 'react'

import { classes } from '../../components/classes.ts'
import { moveFocus } from '../../components/rove.ts'
import { agreementOf, agreementSentence, formatTau, isTelling, judgeLabel } from '../../logic/court.ts'
import type { Agreement, JudgeId } from '../../logic/court.ts'
import styles from './agreement-matrix.module.css'

/** Steps of the colour scale (tokens.css) from no agreement to the same order. */
const steps = [1, 2, 3, 4, 5, 6] as const

type AgreementMatrixProps = {
  /** So that those who agree stand side by side. */
  readonly judges: readonly JudgeId[]
  readonly agreements: readonly Agreement[]
  /** Whose plot is shown. */
  readonly pair: readonly [JudgeId, JudgeId]
  readonly onPair: (a: JudgeId, b: JudgeId) => void
}

/** Kendall's tau of every two judges, as number and as colour; each cell opens the plot of its pair. */
export function AgreementMatrix({ judges, agreements, pair, onPair }: AgreementMatrixProps) {
  const [read, setRead] = useState<Agreement | null>(null)
  const isPair = (a: JudgeId, b: JudgeId) => pair.includes(a) && pair.includes(b)
  return (
    <section className={styles.section} aria-label="Agreement">
      <div className={styles.scroll}>
        <table
          role="grid"
          aria-label="Agreement of every two judges, Kendall’s tau"
          className={styles.matrix}
          onKeyDown={moveFocus}
        >
          <thead>
            <tr>
              <td className={styles.corner} />
              {judges.map((judge) => (
                <th key={judge} scope="col" className={styles.column}>
                  <span>{judgeLabel(judge)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {judges.map((row) => (
              <tr key={row}>
                <th scope="row" className={styles.rowHead}>
                  {judgeLabel(row)}
                </th>
                {judges.map((column) => {
                  const agreement = row === column ? null : agreementOf(agreements, row, column)
                  if (agreement === null)
                    return <td key={column} className={styles.self} aria-label="the same judge" />
                  const sentence = agreementSentence({ ...agreement, a: row, b: column })
                  // The first cell of the pair at hand is the one that Tab reaches.
                  const isStop = row === pair[0] && column === pair[1]
                  return (
                    <td
                      key={column}
                      data-rove
                      tabIndex={isStop ? 0 : -1}
                      aria-label={sentence}
                      aria-selected={isPair(row, column)}
                      title={sentence}
                      className={classes(
                        styles.cell,
                        isPair(row, column) && styles.chosen,
                        levelOf(agreement),
                      )}
                      onClick={() => onPair(row, column)}
                      onFocus={() => setRead({ ...agreement, a: row, b: column })}
                      onPointerEnter={() => setRead({ ...agreement, a: row, b: column })}
                      onPointerLeave={() => setRead(null)}
                      onBlur={() => setRead(null)}
                      onKeyDown={(event) => {
                        if (event.key !== 'Enter' && event.key !== ' ') return
                        event.preventDefault()
                        onPair(row, column)
                      }}
                    >
                      {isTelling(agreement) ? formatTau(agreement.tau) : '–'}
                      <span className={styles.count}>{agreement.pictures}</span>
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className={styles.sentence} aria-hidden="true">
        {read === null ? '' : agreementSentence(read)}
      </p>
      <p className={styles.legend}>
        <span>0, no relation</span>
        <span className={styles.steps} aria-hidden="true">
          {steps.map((step) => (
            <span key={step} className={styles[`level${step}`]} />
          ))}
        </span>
        <span>1, the same order</span>
        <span className={styles.opposite} aria-hidden="true" />
        <span>below 0, opposite orders</span>
        <span>small: pictures that both scored</span>
      </p>
    </section>
  )
}

/** The class of a cell's colour. */
function levelOf(agreement: Agreement): string | undefined {
  if (!isTelling(agreement)) return styles['untold']
  if (agreement.tau < -0.05) return styles['negative']
  const step = Math.min(5, Math.floor(Math.max(0, agreement.tau) * 6)) + 1
  return styles[`level${step}`]
}
