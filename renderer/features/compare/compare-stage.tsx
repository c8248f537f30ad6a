import { useState } from 'react'

import type { RunDetail } from '../../../shared/domain.ts'
import { figureOf, firstVerifier, labelOfScore, nameInRun, verifiersOf } from '../../../shared/figure.ts'
import type { Column } from '../../../shared/figure.ts'
import { formatCount, formatScore, formatSeconds } from '../../../shared/format.ts'
import { baselineFor, comparable, costDifference, equalCostPair, verdict } from '../../../shared/pairing.ts'
import type { Pair } from '../../../shared/pairing.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { KeyHints } from '../../components/key-hints.tsx'
import { classes } from '../../components/classes.ts'
import { Stage } from '../../components/stage.tsx'
import { ComparisonArea } from './comparison-area.tsx'
import type { Compared } from './comparison-area.tsx'
import { ComparisonTools, swapHint, wayHints, zoomHints } from './comparison-tools.tsx'
import styles from './compare-stage.module.css'
import { PictureChoices } from './picture-choices.tsx'
import { useComparison } from './use-comparison.ts'

type CompareStageProps = {
  readonly run: RunDetail
  readonly aspect: number
  readonly onClose: () => void
}

/** Search against more steps, in four ways. Opens with the pair of equal cost; any other can be chosen. */
export function CompareStage({ run, aspect, onClose }: CompareStageProps) {
  const figure = figureOf(run)
  const [chosen, choose] = useState<{ readonly a: string; readonly b: string } | null>(null)
  const comparison = useComparison('slider')
  const columns = [...figure.baselines, ...figure.search]
  const column = (id: string | undefined) => columns.find((each) => each.id === id && each.complete)
  const first = equalCostPair(figure)
  const a = column(chosen?.a) ?? first?.a
  const b = column(chosen?.b) ?? first?.b

  if (a === undefined || b === undefined) {
    return (
      <Stage title="Compare with the baseline" onClose={onClose}>
        <p className={styles.nothing}>
          There is nothing to compare yet: it takes one finished baseline and one finished candidate.
        </p>
      </Stage>
    )
  }
  const pair: Pair = { a, b }
  const sides = comparison.swapped ? [b, a] : [a, b]
  const [left, right] = sides as [Column, Column]
  return (
    <Stage
      title={a.nfe === b.nfe ? 'Compare at equal cost' : 'Compare at different cost'}
      onClose={onClose}
      onKey={comparison.onKey}
      tools={<ComparisonTools comparison={comparison} />}
    >
      <div className={styles.compare}>
        <p className={styles.verdict} aria-live="polite">
          {verdict(pair, labelOfScore(run.spec, firstVerifier(run.spec)))}{' '}
          <span className={styles.caveat}>{costDifference(pair)}</span>
        </p>
        <div className={styles.table}>
          <SideText run={run} letter="A" column={left} other={right} />
          <div
            className={classes(styles.area, comparison.way === 'beside' && styles.twice)}
            style={{ '--aspect': aspect }}
          >
            <ComparisonArea
              comparison={comparison}
              a={comparedOf(run, left, aspect)}
              b={comparedOf(run, right, aspect)}
            />
          </div>
          <SideText run={run} letter="B" column={right} other={left} />
        </div>
        <KeyHints hints={[...wayHints, swapHint, ...zoomHints]} />
        <div className={styles.pickers}>
          <Picker
            run={run}
            label="More steps"
            columns={comparable(figure.baselines)}
            value={a.id}
            onPick={(id) => choose({ a: id, b: b.id })}
          />
          <Picker
            run={run}
            label="Search"
            columns={comparable(figure.search)}
            value={b.id}
            onPick={(id) => {
              const search = column(id)
              const partner = search === undefined ? null : baselineFor(figure, search)
              choose({ a: partner?.id ?? a.id, b: id })
            }}
          />
        </div>
      </div>
    </Stage>
  )
}

function isBetter(score: number | null, than: number | null): boolean {
  return score !== null && than !== null && score > than
}

/** An image's score by a verifier; null where there is none. */
function scoreIn({ image }: Column, verifier: VerifierId): number | null {
  return image === null ? null : scoreBy(image, verifier)
}

function nameOf(column: Column): string {
  return `${column.arm === 'baseline' ? 'one noise' : 'search'}, ${column.name}`
}

type SideTextProps = {
  readonly run: RunDetail
  readonly letter: 'A' | 'B'
  readonly column: Column
  /** The column it is compared with. */
  readonly other: Column
}

/** What one side is, its score by every verifier of the run, and what it cost. */
function SideText({ run, letter, column, other }: SideTextProps) {
  const [first, ...others] = verifiersOf(run.spec)
  return (
    <div className={classes(styles.side, letter === 'A' && styles.sideA)}>
      <p className={styles.letter}>{letter}</p>
      <p className={styles.name}>{nameOf(column)}</p>
      {first !== undefined && (
        <p className={classes(styles.score, isBetter(column.score, other.score) && styles.better)}>
          {column.score === null ? 'no score' : formatScore(column.score)}
          {others.length > 0 && <span className={styles.by}>{nameInRun(run.spec, first)}</span>}
        </p>
      )}
      {others.map((id) => {
        const score = scoreIn(column, id)
        return (
          <p key={id} className={classes(styles.cost, isBetter(score, scoreIn(other, id)) && styles.better)}>
            {score === null ? 'no score' : formatScore(score)}
            <span className={styles.by}>{nameInRun(run.spec, id)}</span>
          </p>
        )
      })}
      <p className={styles.cost}>{formatCount(column.nfe)} NFE</p>
      <p className={styles.cost}>{column.seconds === null ? null : formatSeconds(column.seconds)}</p>
    </div>
  )
}

/** A column's image for the comparison; the columns that are offered have one. */
function comparedOf(run: RunDetail, column: Column, aspect: number): Compared {
  return {
    name: nameOf(column),
    alt: `${run.spec.prompt}, ${nameOf(column)}`,
    imageSha256: column.image?.imageSha256 ?? '',
    size: { width: 1000 * aspect, height: 1000 },
  }
}

type PickerProps = {
  readonly run: RunDetail
  readonly label: string
  readonly columns: readonly Column[]
  readonly value: string
  readonly onPick: (id: string) => void
}

function Picker({ run, label, columns, value, onPick }: PickerProps) {
  const { bridge } = useStudio()
  return (
    <PictureChoices
      {...{ label, value, onPick }}
      choices={columns.map((column) => ({
        id: column.id,
        url: column.image === null ? null : bridge.imageUrl(column.image.imageSha256),
        alt: `${run.spec.prompt}, ${nameOf(column)}`,
        text: formatCount(column.nfe),
      }))}
    />
  )
}
