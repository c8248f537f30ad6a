import { useEffect, useState } from 'react'

import type { RunDetail, RunSummary } from '../../../shared/domain.ts'
import { useProgress, useQuery, useSelection, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { markOfKey } from '../../components/mark-keys.ts'
import { PromptText } from '../../components/prompt-text.tsx'
import { isTyping } from '../../components/typing.ts'
import { figureOf, firstVerifier, labelOfScore } from '../../../shared/figure.ts'
import { costDifference, equalCostPair, verdict } from '../../../shared/pairing.ts'
import { FigureView } from './figure-view.tsx'
import styles from './runs-view.module.css'
import type { SelectHow } from './tile.tsx'
import { outcomeOf } from '../../logic/outcome.ts'
import { pictureOf } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'

/** So many rows are loaded before a button asks for more. */
const page = 6

type RunsViewProps = {
  /** Newest first; null until they are known. */
  readonly runs: readonly RunSummary[] | null
  /** Width over height of a run's images. */
  readonly aspectOf: (spec: RunSummary['spec']) => number
  readonly onShow: (runId: number) => void
}

/** The whole figure: a row a prompt, newest first, columns of growing compute. */
export function RunsView({ runs, aspectOf, onShow }: RunsViewProps) {
  const [shown, setShown] = useState(page)
  useMarkKeys()
  return (
    <div className={styles.runs}>
      <h2 className={styles.title}>All runs</h2>
      {runs?.length === 0 && (
        <p className={styles.empty}>
          A row for each prompt: more steps at the left, search at the right. Press / and start a run.
        </p>
      )}
      <ol className={styles.rows}>
        {runs?.slice(0, shown).map((run, index) => (
          <li key={run.id} className={styles.row}>
            <RunRow
              summary={run}
              aspect={aspectOf(run.spec)}
              terse={index > 0}
              onShow={() => onShow(run.id)}
            />
          </li>
        ))}
      </ol>
      {runs !== null && shown < runs.length && (
        <Button onClick={() => setShown(shown + page)}>Show earlier runs</Button>
      )}
    </div>
  )
}

/** The keys of marks, for what is selected in the figure. */
function useMarkKeys(): void {
  const { marks, selection } = useStudio()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat || isTyping(event.target)) return
      const change = markOfKey(event)
      const { selected } = selection.snapshot()
      if (change === null || selected.size === 0) return
      event.preventDefault()
      void marks.set([...selected], change)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [marks, selection])
}

type RunRowProps = {
  readonly summary: RunSummary
  readonly aspect: number
  readonly terse: boolean
  readonly onShow: () => void
}

function RunRow({ summary, aspect, terse, onShow }: RunRowProps) {
  const query = useQuery('run', { runId: summary.id })
  const progress = useProgress(summary.id)
  const [front, setFront] = useState<RunImage | null>(null)
  const [{ selected }, selection] = useSelection()
  const run = valueOf(query)
  const pictureIn = (image: RunImage | null) =>
    run === null || image === null ? null : pictureOf(run, image)
  const picture = pictureIn(front)
  const select = (image: RunImage, how: SelectHow) => {
    setFront(image)
    const id = pictureIn(image)
    if (id === null) return
    // A range over the columns of a figure means nothing: one image may stand in several of them.
    if (how === 'alone') selection.choose(id)
    else selection.toggle(id)
  }
  return (
    <article>
      <header className={styles.head}>
        <button type="button" className={styles.prompt} onClick={onShow}>
          <PromptText text={summary.spec.prompt} lines={1} />
        </button>
        <span className={classes(styles.outcome, summary.status.kind === 'failed' && styles.failed)}>
          {outcomeOf(summary)}
        </span>
        <span className={styles.verdict}>{run === null ? null : rowVerdict(run)}</span>
      </header>
      {run === null ? (
        <p className={styles.wait}>{query.kind === 'failed' ? query.error.message : null}</p>
      ) : (
        <FigureView
          run={run}
          previews={progress?.previews ?? []}
          aspect={aspect}
          terse={terse}
          selection={picture !== null && selected.has(picture) ? front : null}
          onSelect={select}
          onOpen={onShow}
        />
      )}
    </article>
  )
}

function rowVerdict(run: RunDetail): string | null {
  const pair = equalCostPair(figureOf(run))
  if (pair === null || run.status.kind === 'running') return null
  return costDifference(pair) ?? verdict(pair, labelOfScore(run.spec, firstVerifier(run.spec)))
}
