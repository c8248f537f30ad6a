import { useId, useState } from 'react'

import type { JudgingJob } from '../../../shared/court.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { formatCount, formatCountOf, percent } from '../../../shared/format.ts'
import { idsOf, verifiers } from '../../../shared/vocabulary.ts'
import { useLiveRuns, useQuery, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Switch } from '../../components/controls.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { judgeAbout, judgeLabel } from '../../logic/court.ts'
import type { JudgeId, Seat } from '../../logic/court.ts'
import { Bar } from './bar.tsx'
import styles from './judges-panel.module.css'
import type { Court } from './use-court.ts'

type JudgesPanelProps = {
  readonly court: Court
  /** Judges that are not in the ensemble. */
  readonly off: ReadonlySet<JudgeId>
  readonly onToggle: (judge: JudgeId, on: boolean) => void
}

/** Who judges: each judge with its switch, what it has scored, why it cannot, and the scores that can be asked for. */
export function JudgesPanel({ court, off, onToggle }: JudgesPanelProps) {
  const { seats, ids } = court
  const verifierSeats = seats.filter(({ judge }) => judge !== 'artist')
  const isIn = ({ judge, scored, reason }: Seat) => judge === 'artist' || scored > 0 || reason === null
  const absent = seats.filter((seat) => !isIn(seat))
  return (
    <section className={styles.panel} aria-label="Who judges">
      <h2 className={styles.title}>
        Judges <span className={styles.hint}>on: in the ensemble</span>
      </h2>
      {verifierSeats.every((seat) => !isIn(seat)) && court.query.kind === 'ready' && (
        <p className={styles.note}>
          No installed verifier can judge these. Import one under Models (L), or judge by your own eye alone.
        </p>
      )}
      <ul className={styles.seats}>
        {seats.filter(isIn).map((seat) => (
          <SeatLine
            key={seat.judge}
            seat={seat}
            of={ids.length}
            on={seat.scored > 0 && !off.has(seat.judge)}
            onToggle={onToggle}
          />
        ))}
      </ul>
      <AskForScores court={court} />
      {absent.length > 0 && (
        <details className={styles.absentees}>
          <summary>
            {absent.length === 1 ? 'One verifier' : `${absent.length} verifiers`} cannot judge these: why
          </summary>
          <ul className={styles.seats}>
            {absent.map((seat) => (
              <li key={seat.judge} className={styles.seat}>
                <span>{judgeLabel(seat.judge)}</span>
                <span className={styles.what}>{seat.reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

/** Before there are pictures: who is installed, and what each of them looks at. */
export function JudgesInWaiting() {
  const packs = valueOf(useQuery('packs'))
  if (packs === null) return null
  const installed = new Set(
    packs.flatMap((pack) => (pack.kind === 'verifier' && pack.problem === null ? pack.verifiers : [])),
  )
  const judges: readonly JudgeId[] = ['artist', ...idsOf(verifiers).filter((id) => installed.has(id))]
  return (
    <section className={styles.panel} aria-label="Who can judge">
      <h2 className={styles.title}>
        Judges <span className={styles.hint}>installed</span>
      </h2>
      <dl className={styles.seats}>
        {judges.map((judge) => (
          <div key={judge} className={styles.waiting}>
            <dt>{judgeLabel(judge)}</dt>
            <dd>{judgeAbout(judge)}</dd>
          </div>
        ))}
      </dl>
      <p className={styles.note}>
        Which of them can judge is known with the pictures. More are imported under Models (L).
      </p>
    </section>
  )
}

function SeatLine({
  seat,
  of,
  on,
  onToggle,
}: {
  readonly seat: Seat
  /** Pictures before the court. */
  readonly of: number
  readonly on: boolean
  readonly onToggle: JudgesPanelProps['onToggle']
}) {
  const id = useId()
  const { judge, scored } = seat
  return (
    <li className={styles.seat} title={judgeAbout(judge)}>
      {scored > 0 ? (
        <Switch
          on={on}
          onToggle={(next) => onToggle(judge, next)}
          label={judgeLabel(judge)}
          describedBy={id}
        />
      ) : (
        <span className={styles.absent}>{judgeLabel(judge)}</span>
      )}
      <span className={styles.count}>{`${formatCount(scored)} / ${formatCount(of)}`}</span>
      <span id={id} className={styles.what}>
        {seatText(seat, of)}
      </span>
    </li>
  )
}

/** What a judge lacks, in words; empty where it has said everything. */
function seatText({ judge, scored, silent, silence, missing, reason }: Seat, of: number): string {
  if (judge === 'artist') {
    return scored === 0 ? 'Flag or rate pictures (P, X, 1 to 5), or vote in a duel.' : ''
  }
  const nothing = silent === 0 ? '' : `nothing to say of ${formatCount(silent)}: ${silence ?? ''}`
  if (reason !== null) return scored + silent >= of ? nothing : reason
  const lacks = missing === 0 ? '' : `${formatCount(missing)} missing`
  return [lacks, nothing].filter((part) => part !== '').join(', ')
}

/** The scores that are missing: how many, asking for them, how far that is, and stopping it. */
function AskForScores({ court }: { readonly court: Court }) {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const [isAsking, setAsking] = useState(false)
  const jobs = valueOf(useQuery('judging')) ?? []
  /** A job that was answered, and that the list may not have yet. */
  const [started, setStarted] = useState<number | null>(null)
  const isComing = started !== null && !jobs.some(({ id }) => id === started)
  const job = jobs.find(({ state }) => state.kind === 'waiting' || state.kind === 'working') ?? null
  const last = jobs[0] ?? null
  const askable = court.seats.filter(({ judge, missing }) => judge !== 'artist' && missing > 0)
  const missing = askable.reduce((sum, seat) => sum + seat.missing, 0)

  const act = (work: () => Promise<unknown>) => {
    if (isAsking) return
    setAsking(true)
    work()
      .catch((thrown: unknown) => undo.say(toErrorData(thrown).message, true))
      .finally(() => setAsking(false))
  }
  const canAsk = court.seats.some(({ judge, reason }) => judge !== 'artist' && reason === null)
  const idle = missing === 0 || isAsking || isComing
  return (
    <div className={styles.ask}>
      {/* One button whatever it does now, so that the focus stays where it is. */}
      {job === null ? (
        <Button
          key="judging"
          look={missing === 0 ? 'quiet' : 'primary'}
          className={styles.askButton}
          aria-disabled={idle}
          onClick={() => {
            if (idle) return
            act(async () => setStarted((await bridge.judge({ pictures: court.ids })).job))
          }}
        >
          {missing === 0
            ? canAsk
              ? 'No score is missing'
              : 'No verifier can be asked'
            : `Ask for ${formatCountOf(missing, 'missing score')}`}
        </Button>
      ) : (
        <Button
          key="judging"
          className={styles.askButton}
          onClick={() => act(() => bridge.cancelJudging({ job: job.id }))}
        >
          Stop judging
        </Button>
      )}
      <JobLine job={job} />
      {job === null && missing > 0 && (
        <p className={styles.note}>
          {askable.length === 1 ? 'One verifier' : `${askable.length} verifiers`}, no denoising. Each score is
          kept as it comes.
        </p>
      )}
      {job === null && last?.state.kind === 'failed' && (
        <FaultPanel title="Judging has failed" error={last.state.error} />
      )}
    </div>
  )
}

function JobLine({ job }: { readonly job: JudgingJob | null }) {
  const live = useLiveRuns()
  const runs = valueOf(useQuery('runs'))
  const [ahead] = [...live.values()].filter(({ phase }) => phase !== 'queued')
  const text =
    job === null
      ? ''
      : job.state.kind === 'working'
        ? `${formatCount(job.done)} of ${formatCount(job.planned)} scores, ${percent(job.done, job.planned)} %`
        : ahead === undefined
          ? 'Waiting for the engine.'
          : `Waiting behind run ${ahead.runId}`
  const prompt = runs?.find(({ id }) => id === ahead?.runId)?.spec.prompt
  return (
    <div role="status" className={styles.job}>
      {job !== null && <Bar label="Scores" value={job.done} of={job.planned} />}
      <span>
        {text}
        {job?.state.kind === 'waiting' && prompt !== undefined && (
          <>
            : <bdi className={styles.prompt}>{prompt}</bdi>
          </>
        )}
      </span>
    </div>
  )
}
