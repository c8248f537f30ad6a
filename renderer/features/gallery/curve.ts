/** The geometry of the curve: best score against compute, for the search and for the baselines. Pure. */

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { isImage, searchCounts } from '../../../shared/figure.ts'
import { bestByGuide, compareResults, scoreBy } from '../../../shared/ranking.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { handOf } from '../../logic/order.ts'

export type CurveAxis = 'nfe' | 'seconds'

export type CurvePoint = { readonly x: number; readonly y: number }

export type CurveData = {
  /** Score of the guide's pick so far after each candidate; a staircase. */
  readonly search: readonly CurvePoint[]
  /** One point a baseline. */
  readonly baselines: readonly CurvePoint[]
  /** The winner made again with more steps, behind everything that the search has cost; null where there is none. */
  readonly final: CurvePoint | null
}

/**
 * The points of both arms in their own units: NFE or seconds, and raw scores. Drafts and paths cost what they cost and
 * are no points: a score of an unfinished sample is not one of an image; nor is what a person vetoed. Ranks depend on the set, so an ensemble's
 * pick has to be asked for anew at each point: there it is asked for at 1, 2, 4, ... candidates only.
 *
 * @param shown whose scores are plotted; the guide's own climb, another's may fall: that is verifier hacking
 */
export function curveOf(run: RunDetail, axis: CurveAxis, shown: VerifierId): CurveData {
  const { guide } = run.spec
  const { vetoed } = handOf(run)
  const canWin = (one: Candidate) => isImage(one) && !vetoed.has(one.seq)
  const drawn = run.candidates.toSorted((a, b) => a.seq - b.seq)
  const asked = new Set(guide.length > 1 ? searchCounts(drawn.length) : null)
  const byOnly = (one: Candidate) => ({
    seq: one.seq,
    score: guide[0] === undefined ? null : scoreBy(one, guide[0]),
  })
  const search: CurvePoint[] = []
  let spent = 0
  let pick: Candidate | null = null
  drawn.forEach((candidate, index) => {
    spent += candidate[axis]
    if (guide.length > 1 ? !asked.has(index + 1) : !canWin(candidate)) return
    if (guide.length > 1) pick = bestByGuide(drawn.slice(0, index + 1).filter(canWin), guide)
    else if (byOnly(candidate).score !== null) {
      if (pick === null || compareResults(byOnly(candidate), byOnly(pick)) < 0) pick = candidate
    }
    const y = pick === null ? null : scoreBy(pick, shown)
    if (y !== null) search.push({ x: spent, y })
  })
  const baselines = run.baselines
    .flatMap((image) => {
      const y = scoreBy(image, shown)
      return y === null ? [] : [{ x: image[axis], y }]
    })
    .toSorted((a, b) => a.x - b.x)
  const image = run.finals.find(({ seq }) => seq === run.winner)
  const y = image === undefined ? null : scoreBy(image, shown)
  return { search, baselines, final: y === null ? null : { x: run.ledger[axis], y } }
}

/** What the search had spent once a candidate was there: where something stands on the axis. */
export function spentUpTo({ candidates }: RunDetail, seq: number, axis: CurveAxis): number {
  return candidates.reduce((sum, one) => (one.seq <= seq ? sum + one[axis] : sum), 0)
}

/** The path of a staircase: level until the next point, then straight up. */
export function staircase(points: readonly CurvePoint[]): string {
  return points
    .map(({ x, y }, index) => (index === 0 ? `M${fixed(x)} ${fixed(y)}` : `H${fixed(x)}V${fixed(y)}`))
    .join('')
}

/** The path of straight lines. */
export function polyline(points: readonly CurvePoint[]): string {
  return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y)}`).join('')
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100)
}
