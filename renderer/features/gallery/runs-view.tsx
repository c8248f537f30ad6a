import { useState } from 'react'

import type { RunDetail, RunSummary } from '../../../shared/domain.ts'
import { useProgress, useQuery, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { figureOf, firstVerifier, labelOfScore } from '../../logic/figure.ts'
import { costDifference, equalCostPair, verdict } from '../../logic/pairing.ts'
import { FigureView } from './figure-view.tsx'
import styles from './runs-view.module.css'
import type { RunImage } from '../../logic/run-image.ts'

/** So many rows are loaded before a button asks for more. */
const page = 6

type RunsViewProps = {
  readonly runs: readonly RunSummary[]
  /** Width over height of a run's images. */
  readonly aspectOf: (spec: RunSummary['spec']) => number
  readonly onShow: (runId: number) => void
}

/** The whole figure: a row a prompt, newest first, columns of growing compute. */
export function RunsView({ runs, aspectOf, onShow }: RunsViewProps) {
  const [shown, setShown] = useState(page)
  return (
    <div className={styles.runs}>
      <h2 className={styles.title}>All runs</h2>
      <ol className={styles.rows}>
        {runs.slice(0, shown).map((run, index) => (
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
      {shown < runs.length && <Button onClick={() => setShown(shown + page)}>Show earlier runs</Button>}
    </div>
  )
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
  const [selection, select] = useState<RunImage | null>(null)
  const run = valueOf(query)
  return (
    <article>
      <header className={styles.head}>
        <button type="button" className={styles.prompt} onClick={onShow}>
          <PromptText text={summary.spec.prompt} lines={1} />
        </button>
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
          selection={selection}
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
