import { useState } from 'react'

import type { RunDetail } from '../../../shared/domain.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { formatCount, formatScore, formatSeconds } from '../../logic/format.ts'
import { plannedNfe, planOf } from '../../../shared/plan.ts'
import { Segments } from '../../components/segments.tsx'
import { formatTick, niceScale, place } from '../../logic/scale.ts'
import { curveOf, polyline, staircase } from './curve.ts'
import type { CurveAxis } from './curve.ts'
import styles from './score-curve.module.css'

const width = 360
const height = 216
const plot = { left: 44, right: width - 12, top: 12, bottom: height - 26 }

/** Score of the best so far against what it cost, for both arms. */
export function ScoreCurve({ run, shown }: { readonly run: RunDetail; readonly shown: VerifierId }) {
  const [axis, setAxis] = useState<CurveAxis>('nfe')
  const ownCurve = run.spec.guide.length === 1 && run.spec.guide[0] === shown
  const data = curveOf(run, axis, shown)
  const all = [...data.search, ...data.baselines]
  const x = niceScale(0, Math.max(plannedExtent(run, axis), ...all.map((point) => point.x)), 4)
  const scores = all.map((point) => point.y)
  const y = scores.length === 0 ? niceScale(0, 1, 4) : niceScale(Math.min(...scores), Math.max(...scores), 4)
  const toPlot = (point: { readonly x: number; readonly y: number }) => ({
    x: place(x, point.x, plot.left, plot.right),
    y: place(y, point.y, plot.bottom, plot.top),
  })
  const search = data.search.map(toPlot)
  const baselines = data.baselines.map(toPlot)
  const last = search.at(-1)
  const cost = axis === 'nfe' ? formatNfe : formatSeconds

  return (
    <section className={styles.curve} aria-label="Score against compute">
      <header className={styles.head}>
        <h3 className={styles.title}>{verifiers[shown].label}</h3>
        <ul className={styles.legend}>
          <li className={styles.keySearch}>
            {ownCurve ? 'search, best so far' : 'search, the guide’s pick'}
          </li>
          <li className={styles.keyBaseline}>more steps</li>
        </ul>
        <Segments
          label="Compute measured in"
          value={axis}
          options={[
            { id: 'nfe', label: 'NFE' },
            { id: 'seconds', label: 'Seconds' },
          ]}
          onPick={setAxis}
        />
      </header>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        className={styles.plot}
        role="img"
        aria-label={described(run, shown)}
      >
        {y.ticks.map((tick) => {
          const level = place(y, tick, plot.bottom, plot.top)
          return (
            <g key={tick}>
              <path d={`M${plot.left} ${level}H${plot.right}`} className={styles.grid} />
              {scores.length > 0 && (
                <text x={plot.left - 8} y={level + 3.5} className={styles.tickY}>
                  {formatTick(tick, y.decimals)}
                </text>
              )}
            </g>
          )
        })}
        {x.ticks.map((tick, index) => (
          <text
            key={tick}
            x={place(x, tick, plot.left, plot.right)}
            y={height - 8}
            className={index === x.ticks.length - 1 ? styles.tickEnd : styles.tickX}
          >
            {index === x.ticks.length - 1
              ? `${formatTick(tick, x.decimals)} ${axis === 'nfe' ? 'NFE' : 's'}`
              : formatTick(tick, x.decimals)}
          </text>
        ))}
        <path d={polyline(baselines)} className={styles.baseline} />
        {baselines.map((point, index) => (
          <circle key={point.x} cx={point.x} cy={point.y} r="3.2" className={styles.baselinePoint}>
            <title>{pointTitle(data.baselines[index], cost)}</title>
          </circle>
        ))}
        <path d={staircase(search)} className={styles.search} />
        {last !== undefined && (
          <circle cx={last.x} cy={last.y} r="3.6" className={styles.searchPoint}>
            <title>{pointTitle(data.search.at(-1), cost)}</title>
          </circle>
        )}
      </svg>
    </section>
  )
}

/** How far the x axis reaches before anything has finished, so that it does not grow under a live run. */
function plannedExtent(run: RunDetail, axis: CurveAxis): number {
  if (axis === 'seconds') return 1
  const { sampler, baselines } = run.spec
  return Math.max(planOf(run.spec).searchNfe, ...baselines.map((count) => plannedNfe(sampler, count)))
}

function pointTitle(
  point: { readonly x: number; readonly y: number } | undefined,
  cost: (x: number) => string,
): string {
  return point === undefined ? '' : `${formatScore(point.y)} at ${cost(point.x)}`
}

function described(run: RunDetail, shown: VerifierId): string {
  const { search, baselines } = curveOf(run, 'nfe', shown)
  const parts = [
    ...baselines.map((point) => `more steps, ${formatNfe(point.x)}: ${formatScore(point.y)}`),
    ...search.slice(-1).map((point) => `search, ${formatNfe(point.x)}: ${formatScore(point.y)}`),
  ]
  return parts.length === 0 ? 'Nothing has finished yet.' : parts.join('; ')
}

function formatNfe(nfe: number): string {
  return `${formatCount(nfe)} NFE`
}
