import { useState } from 'react'
import type { ReactNode } from 'react'

import type { RunDetail, RunProgress } from '../../../shared/domain.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { algorithms, schedules } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { Button } from '../../components/button.tsx'
import { Select } from '../../components/controls.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import {
  figureOf,
  firstVerifier,
  guideName,
  isLive,
  labelOfScore,
  nameInRun,
  verifiersOf,
} from '../../logic/figure.ts'
import { formatCount } from '../../logic/format.ts'
import { costDifference, equalCostPair, verdict } from '../../logic/pairing.ts'
import { CandidateStrip } from './candidate-strip.tsx'
import { FigureView } from './figure-view.tsx'
import { Loupe } from './loupe.tsx'
import { handOf, rankedCandidates } from '../../logic/order.ts'
import type { Order } from '../../logic/order.ts'
import styles from './run-view.module.css'
import { ScoreCurve } from './score-curve.tsx'
import { isSame, stripTileId } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { useSteering, useSteeringKeys } from './use-steering.ts'

type RunViewProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
  /** Width over height of the pack's images. */
  readonly aspect: number
  /** Where the run stands: the monitor of a live run, the outcome of an ended one. */
  readonly status: ReactNode
  /** Another stage covers the view: nothing in it can be reached. */
  readonly covered: boolean
  readonly onCompare: () => void
  /** Fills the form with this run's settings. */
  readonly onReuse: () => void
}

/** `20 euler steps`, `20 euler steps, shifted, 50 for the final image`. */
function stepsText({ steps, sampler, schedule, finalSteps }: RunSpec): string {
  return [
    `${formatCount(steps)} ${sampler} ${steps === 1 ? 'step' : 'steps'}`,
    ...(schedule === 'linear' ? [] : [schedules[schedule].label.toLowerCase()]),
    ...(finalSteps === null ? [] : [`${formatCount(finalSteps)} for the final image`]),
  ].join(', ')
}

const noPreviews: RunProgress['previews'] = []

/** One run: its figure, its candidates, its curve, and any image of it in the loupe. */
export function RunView({ run, progress, aspect, status, covered, onCompare, onReuse }: RunViewProps) {
  const [selection, select] = useState<RunImage | null>(null)
  const [chosenOrder, chooseOrder] = useState<Order | null>(null)
  const [chosenVerifier, chooseVerifier] = useState<VerifierId | null>(null)
  const [loupe, setLoupe] = useState<'closed' | 'opened' | 'moved'>('closed')

  const shown = chosenVerifier ?? firstVerifier(run.spec)
  const figure = figureOf(run, shown)
  // While images arrive they keep their places; afterwards the best come first, unless the person chose otherwise.
  const order = chosenOrder ?? (isLive(run.status) ? 'drawn' : 'score')
  const ranked = rankedCandidates(run, order)
  const previews = progress?.previews ?? noPreviews
  const inLoupe = [
    ...run.baselines,
    ...run.finals,
    ...ranked.flatMap(({ candidate }) => (candidate === null ? [] : [candidate])),
  ]
  const index = inLoupe.findIndex((image) => isSame(image, selection))
  const image = inLoupe[index]
  const steering = useSteering(run)
  useSteeringKeys(run, steering, image ?? null, covered)
  const pair = equalCostPair(figure)
  const open = () => setLoupe('opened')

  return (
    <>
      <article className={styles.run} inert={covered || (loupe !== 'closed' && image !== undefined)}>
        <header className={styles.head}>
          <div className={styles.titles}>
            <h2 className={styles.prompt}>
              <PromptText text={run.spec.prompt} lines={2} />
            </h2>
            <p className={styles.meta}>
              <span>{run.spec.pack}</span>
              <span>{guideName(run.spec)}</span>
              <span>{algorithms[run.spec.algorithm].label}</span>
              <span>{stepsText(run.spec)}</span>
              <span>guidance {run.spec.guidance}</span>
              <span className={styles.seed}>
                seed {run.spec.seed} <CopyButton text={run.spec.seed} what="seed" />
              </span>
            </p>
          </div>
          <Button look="quiet" icon="repeat" onClick={onReuse}>
            Use these settings
          </Button>
        </header>
        {status}
        <figure className={styles.figure}>
          <FigureView
            run={run}
            shown={shown}
            previews={previews}
            aspect={aspect}
            selection={selection}
            onSelect={select}
            onOpen={open}
          />
          <figcaption className={styles.caption}>
            <Button icon="compare" disabled={pair === null} aria-keyshortcuts="C" onClick={onCompare}>
              Compare at equal cost <kbd className={styles.key}>C</kbd>
            </Button>
            {verifiersOf(run.spec).length > 1 && (
              <label className={styles.shown}>
                Scores by
                <Select
                  value={shown}
                  options={verifiersOf(run.spec).map((id) => ({ id, label: nameInRun(run.spec, id) }))}
                  onPick={(id) => chooseVerifier(id as VerifierId)}
                />
              </label>
            )}
            <p className={styles.verdict}>
              {pair === null || isLive(run.status) ? null : (
                <>
                  {verdict(pair, labelOfScore(run.spec, shown))}{' '}
                  <span className={styles.caveat}>{costDifference(pair)}</span>
                </>
              )}
            </p>
          </figcaption>
        </figure>
        <div className={styles.lower}>
          <CandidateStrip
            run={run}
            shown={shown}
            ranked={ranked}
            order={order}
            onOrder={chooseOrder}
            previews={previews}
            aspect={aspect}
            winner={figure.winner}
            hand={handOf(run)}
            said={steering.said}
            selection={selection}
            onSelect={select}
            onOpen={open}
          />
          <ScoreCurve run={run} shown={shown} />
        </div>
      </article>
      {loupe !== 'closed' && image !== undefined && (
        <Loupe
          run={run}
          image={image}
          aspect={aspect}
          isWinner={isSame(image, figure.winner)}
          steering={steering}
          onSelect={(ancestor) => {
            select(ancestor)
            setLoupe('moved')
          }}
          returnFocusTo={loupe === 'moved' ? stripTileId(image) : undefined}
          onMove={(by) => {
            const next = inLoupe[index + by]
            if (next === undefined) return
            select({ arm: next.arm, seq: next.seq })
            setLoupe('moved')
          }}
          onClose={() => setLoupe('closed')}
        />
      )}
    </>
  )
}
