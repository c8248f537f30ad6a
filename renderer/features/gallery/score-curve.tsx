import { useMemo, useState } from 'react'

import type { RunDetail } from '../../../shared/domain.ts'
import { verifiersOf } from '../../../shared/figure.ts'
import { formatCount, formatScore, formatSeconds } from '../../../shared/format.ts'
import type { HackingAlarm } from '../../../shared/hacking-alarm.ts'
import { plannedNfe, planOf } from '../../../shared/plan.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { Segments } from '../../components/segments.tsx'
import { formatTick, niceScale, place } from '../../logic/scale.ts'
import type { Scale } from '../../logic/scale.ts'
import { curveOf, polyline, spentUpTo, staircase } from './curve.ts'
import type { CurveAxis, CurveData, CurvePoint } from './curve.ts'
import styles from './score-curve.module.css'
import { SmallCurve } from './small-curve.tsx'

const width = 320
const height = 172
const plot = { left: 40, right: width - 12, top: 8, bottom: height - 22 }

type ScoreCurveProps = {
  readonly run: RunDetail
  readonly shown: VerifierId
  readonly alarm: HackingAlarm | null
  /** Shows another verifier's scores. */
  readonly onShown: (verifier: VerifierId) => void
}

/** Score of the best so far against what it cost, for both arms; small beneath it the same by every other verifier. */
export function ScoreCurve({ run, shown, alarm, onShown }: ScoreCurveProps) {
  const [axis, setAxis] = useState<CurveAxis>('nfe')
  const ids = verifiersOf(run.spec)
  const curves = useMemo(
    () => new Map(verifiersOf(run.spec).map((id) => [id, curveOf(run, axis, id)])),
    [run, axis],
  )
  const data = curves.get(shown) ?? { search: [], baselines: [], final: null }
  const all = pointsOf(data)
  const x = niceScale(0, Math.max(plannedExtent(run, axis), ...all.map((point) => point.x)), 4)
  const words = useMemo(() => described(curveOf(run, 'nfe', shown), alarm), [run, shown, alarm])
  const began = alarm === null ? null : spentUpTo(run, alarm.since, axis)
  return (
    <section className={styles.curve} aria-label="Score against compute">
      <header className={styles.head}>
        <h3 className={styles.title}>{verifiers[shown].label}</h3>
        <Legend run={run} shown={shown} data={data} began={began} />
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
      <Plot data={data} x={x} axis={axis} began={began} label={words} />
      {ids.length > 1 && (
        <ul className={styles.others} aria-label="The same by every verifier">
          {ids.map((id) => (
            <li key={id}>
              <SmallCurve
                name={verifiers[id].label}
                part={run.spec.guide.includes(id) ? 'guide' : 'held out'}
                points={curves.get(id)?.search ?? []}
                from={began}
                to={x.to}
                fallen={alarm?.verifiers.includes(id) ?? false}
                chosen={id === shown}
                onChoose={() => onShown(id)}
              />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

type LegendProps = {
  readonly run: RunDetail
  readonly shown: VerifierId
  readonly data: CurveData
  readonly began: number | null
}

function Legend({ run, shown, data, began }: LegendProps) {
  const ownCurve = run.spec.guide.length === 1 && run.spec.guide[0] === shown
  return (
    <ul className={styles.legend}>
      <li className={styles.keySearch}>{ownCurve ? 'search, best so far' : 'search, the guide’s pick'}</li>
      {data.final !== null && <li className={styles.keyFinal}>final image</li>}
      <li className={styles.keyBaseline}>more steps</li>
      {began !== null && <li className={styles.keyAlarm}>hacking alarm</li>}
    </ul>
  )
}

type PlotProps = {
  readonly data: CurveData
  readonly x: Scale
  readonly axis: CurveAxis
  readonly began: number | null
  readonly label: string
}

function Plot({ data, x, axis, began, label }: PlotProps) {
  const scores = pointsOf(data).map((point) => point.y)
  const y = scores.length === 0 ? niceScale(0, 1, 4) : niceScale(Math.min(...scores), Math.max(...scores), 4)
  const toPlot = (point: CurvePoint): CurvePoint => ({
    x: place(x, point.x, plot.left, plot.right),
    y: place(y, point.y, plot.bottom, plot.top),
  })
  const search = data.search.map(toPlot)
  const baselines = data.baselines.map(toPlot)
  const final = data.final === null ? null : toPlot(data.final)
  const last = search.at(-1)
  const cost = axis === 'nfe' ? formatNfe : formatSeconds
  const alarmX = began === null ? null : place(x, began, plot.left, plot.right)
  return (
    <svg viewBox={`0 0 ${width} ${height}`} className={styles.plot} role="img" aria-label={label}>
      {alarmX !== null && (
        <>
          <path
            d={`M${alarmX} ${plot.top}H${last?.x ?? plot.right}V${plot.bottom}H${alarmX}z`}
            className={styles.alarm}
          />
          <path d={`M${alarmX} ${plot.top - 6}V${plot.bottom}`} className={styles.alarmStart} />
        </>
      )}
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
          y={height - 6}
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
      {last !== undefined && final !== null && (
        <path d={polyline([last, final])} className={styles.toFinal} />
      )}
      {last !== undefined && (
        <circle cx={last.x} cy={last.y} r="3.6" className={styles.searchPoint}>
          <title>{pointTitle(data.search.at(-1), cost)}</title>
        </circle>
      )}
      {final !== null && data.final !== null && (
        <circle cx={final.x} cy={final.y} r="3.6" className={styles.finalPoint}>
          <title>{`final image, ${pointTitle(data.final, cost)}`}</title>
        </circle>
      )}
    </svg>
  )
}

function pointsOf({ search, baselines, final }: CurveData): readonly CurvePoint[] {
  return [...search, ...baselines, ...(final === null ? [] : [final])]
}

/** How far the x axis reaches before anything has finished, so that it does not grow under a live run. */
function plannedExtent(run: RunDetail, axis: CurveAxis): number {
  if (axis === 'seconds') return 1
  const { sampler, baselines } = run.spec
  return Math.max(planOf(run.spec).searchNfe, ...baselines.map((count) => plannedNfe(sampler, count)))
}

function pointTitle(point: CurvePoint | undefined, cost: (x: number) => string): string {
  return point === undefined ? '' : `${formatScore(point.y)} at ${cost(point.x)}`
}

function described({ search, baselines, final }: CurveData, alarm: HackingAlarm | null): string {
  const told = (name: string) => (point: CurvePoint) =>
    `${name}, ${formatNfe(point.x)}: ${formatScore(point.y)}`
  const parts = [
    ...baselines.map(told('more steps')),
    ...search.slice(-1).map(told('search')),
    ...(final === null ? [] : [told('final image')(final)]),
    ...(alarm === null ? [] : [`hacking alarm from ${formatNfe(alarm.nfe)} on`]),
  ]
  return parts.length === 0 ? 'Nothing has finished yet.' : parts.join('; ')
}

function formatNfe(nfe: number): string {
  return `${formatCount(nfe)} NFE`
}
