import type { RunProgress, RunSummary } from '../../../shared/domain.ts'
import { useLiveRuns, useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { moveFocus } from '../../components/rove.ts'
import { isLive } from '../../../shared/figure.ts'
import { formatMoment, formatScore, percent } from '../../../shared/format.ts'
import { outcomeOf } from '../../logic/outcome.ts'
import styles from './history-strip.module.css'

type HistoryStripProps = {
  /** The run that is shown; null for none. */
  readonly selected: number | null
  readonly onSelect: (runId: number) => void
  readonly onSelectAll: () => void
}

/** Every run of the library, newest first, as a filmstrip under the gallery. */
export function HistoryStrip({ selected, onSelect, onSelectAll }: HistoryStripProps) {
  const { refresh } = useStudio()
  const query = useQuery('runs')
  const live = useLiveRuns()
  const runs = valueOf(query)
  const isListed = runs !== null && runs.some(({ id }) => id === selected)
  return (
    <nav className={styles.strip} aria-label="Runs">
      {runs === null && query.kind === 'failed' ? (
        <p className={styles.empty}>
          The list of runs cannot be read: {query.error.message}
          <Button look="plain" onClick={refresh}>
            Try again
          </Button>
        </p>
      ) : runs === null ? (
        <p className={styles.empty}>&nbsp;</p>
      ) : runs.length === 0 ? (
        <p className={styles.empty}>Your runs will be kept here, newest first.</p>
      ) : (
        <ol className={styles.cards} onKeyDown={moveFocus}>
          <li>
            <button
              type="button"
              data-rove
              tabIndex={-1}
              aria-keyshortcuts="F"
              className={styles.all}
              onClick={onSelectAll}
            >
              <Icon name="rows" />
              All
            </button>
          </li>
          {runs.map((run, index) => (
            <li key={run.id}>
              <RunCard
                run={run}
                progress={live.get(run.id) ?? null}
                isSelected={run.id === selected}
                tabStop={isListed ? run.id === selected : index === 0}
                onSelect={() => onSelect(run.id)}
              />
            </li>
          ))}
        </ol>
      )}
    </nav>
  )
}

type RunCardProps = {
  readonly run: RunSummary
  readonly progress: RunProgress | null
  readonly isSelected: boolean
  readonly tabStop: boolean
  readonly onSelect: () => void
}

function RunCard({ run, progress, isSelected, tabStop, onSelect }: RunCardProps) {
  const { bridge } = useStudio()
  const live = isLive(run.status)
  const outcome = outcomeOf(run)
  const done = progress === null ? 0 : percent(progress.nfe, progress.nfePlanned)
  return (
    <button
      type="button"
      data-rove
      tabIndex={tabStop ? 0 : -1}
      aria-current={isSelected ? 'true' : undefined}
      className={classes(styles.card, isSelected && styles.selected)}
      onClick={onSelect}
    >
      <span className={styles.thumb}>
        <Picture
          url={run.best === null ? null : bridge.imageUrl(run.best.imageSha256)}
          alt=""
          grain={live ? run.id : null}
        />
      </span>
      <span className={styles.text}>
        <PromptText text={run.spec.prompt} lines={2} />
        <span className={styles.foot}>
          <span className={classes(run.status.kind === 'failed' && styles.failed, live && styles.live)}>
            {live && progress?.phase === 'working' ? `${done} %` : outcome}
          </span>
          {run.best !== null && run.best.score !== null && (
            <span className={styles.score}>{formatScore(run.best.score)}</span>
          )}
          {outcome === '' && <time dateTime={run.createdAt}>{formatMoment(run.createdAt, new Date())}</time>}
        </span>
      </span>
      {live && (
        <span className={styles.bar}>
          <span className={styles.fill} style={{ scale: `${done / 100} 1` }} />
        </span>
      )}
    </button>
  )
}
