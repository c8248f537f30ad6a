import type { ReactNode } from 'react'

import { assertNever } from '../../../shared/assert-never.ts'
import { formatAngle, formatCount, formatCountOf } from '../../../shared/format.ts'
import { drawings, pathLevels } from '../../../shared/plan.ts'
import type { RunSpec, SpecOf } from '../../../shared/run-spec.ts'
import styles from './algorithm-drawing.module.css'
import { checkDraft } from './draft.ts'
import type { Draft } from './draft.ts'

/** Of the drawing, in its own units; its edge is kept free. */
const [width, height, edge] = [280, 84, 8]
/** Things that are drawn of one kind; what there is beyond is said in words. */
const most = 12

/**
 * What the chosen algorithm does with these parameters: noises as dots, the way to the image as lines, the winner in
 * gold. Nothing is drawn while the parameters make no search.
 */
export function AlgorithmDrawing({ draft }: { readonly draft: Draft }) {
  const anything = { prompt: 'any', pack: 'any', seed: '0', baselines: '', equalCost: false, finalSteps: '' }
  const noBudget = { budgetNfe: '', budgetVerifierCalls: '', budgetMinutes: '' }
  const checked = checkDraft({ ...draft, ...anything, ...noBudget, guide: ['clip_score'], heldOut: [] })
  if (checked.kind === 'faulty') return <div className={styles.place} />
  const { picture, words } = drawn(checked.spec)
  return (
    <div className={styles.place}>
      <svg className={styles.drawing} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words}>
        {picture}
      </svg>
    </div>
  )
}

type Drawn = { readonly picture: ReactNode; readonly words: string }

function drawn(spec: RunSpec): Drawn {
  switch (spec.algorithm) {
    case 'random_search':
      return randomSearch(spec)
    case 'zero_order_search':
      return zeroOrderSearch(spec)
    case 'search_over_paths':
      return searchOverPaths(spec)
    case 'first_order_search':
      return firstOrderSearch(spec)
    case 'draft_cull_resume':
      return draftCullResume(spec)
    case 'fk_steering':
      return fkSteering(spec)
    default:
      return assertNever(spec, 'algorithm')
  }
}

/** Evenly from `from` to `to`, in the middle where there is one. */
function spread(count: number, from: number, to: number): readonly number[] {
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? (from + to) / 2 : from + ((to - from) * i) / (count - 1),
  )
}

/** The one of `count` that wins in a drawing: somewhere, and never the first of several. */
const winnerOf = (count: number) => Math.floor(count * 0.62)

const line = (x1: number, y1: number, x2: number, y2: number, look = styles.way) => (
  <line key={`${x1} ${y1} ${x2} ${y2}`} className={look} x1={x1} y1={y1} x2={x2} y2={y2} />
)

const noise = (x: number, y: number, look = styles.noise) => (
  <circle key={`${x} ${y}`} className={look} cx={x} cy={y} r={3.2} />
)

const image = (x: number, y: number, wins = false) => (
  <rect
    key={`${x} ${y} image`}
    className={wins ? styles.winner : styles.image}
    x={x - 5}
    y={y - 5}
    width={10}
    height={10}
    rx={1.5}
  />
)

const label = (x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start') => (
  <text key={`${x} ${y} ${text}`} className={styles.label} x={x} y={y} textAnchor={anchor}>
    {text}
  </text>
)

function randomSearch({ candidates }: SpecOf<'random_search'>): Drawn {
  const xs = spread(Math.min(candidates, most), edge + 12, width - edge - 12)
  const best = winnerOf(xs.length)
  return {
    words: `${formatCount(candidates)} independent noises, each sampled to an image; the best is kept.`,
    picture: xs.flatMap((x, i) => [
      line(x, 18, x, 62, i === best ? styles.chosen : styles.way),
      noise(x, 18, i === best ? styles.best : styles.noise),
      image(x, 66, i === best),
    ]),
  }
}

function zeroOrderSearch({ rounds, neighbours, cosine }: SpecOf<'zero_order_search'>): Drawn {
  const angle = Math.acos(cosine)
  const [x0, y0] = [edge + 14, height / 2]
  // To scale: the angle is the angle, so a wide one makes the cone short.
  const radius = Math.min(104, (height / 2 - edge) / Math.sin(angle))
  // All neighbours stand at one angle around the pivot: the rim of a cone, seen from its side.
  const rim = { x: x0 + radius * cosine, half: radius * Math.sin(angle) }
  const shown = Math.min(neighbours, most)
  const turns = Array.from({ length: shown }, (_, i) => (2 * Math.PI * (i + 0.35)) / shown)
  const at = (turn: number) => [rim.x + 7 * Math.sin(turn), y0 - rim.half * Math.cos(turn)] as const
  const best = winnerOf(shown)
  const tip = at(turns[best] ?? 0)
  const bow = 0.4 * radius
  const [ax, ay] = [x0 + bow * Math.cos(angle), y0 - bow * Math.sin(angle)]
  const next = x0 + radius + 36
  return {
    words: `${formatCount(neighbours)} neighbours at ${formatAngle(cosine)} from the pivot; the best becomes the pivot if it beats it; ${formatCountOf(rounds, 'round')}.`,
    picture: (
      <>
        <ellipse className={styles.rim} cx={rim.x} cy={y0} rx={7} ry={rim.half} />
        {line(x0, y0, x0 + radius, y0)}
        {turns.map((turn, i) => line(x0, y0, ...at(turn), i === best ? styles.chosen : styles.faint))}
        <path className={styles.rim} d={`M ${x0 + bow} ${y0} A ${bow} ${bow} 0 0 0 ${ax} ${ay}`} />
        {noise(x0 + radius, y0, styles.pivot)}
        {turns.map((turn, i) => noise(...at(turn), i === best ? styles.best : styles.noise))}
        {label(x0, y0 + 22, formatAngle(cosine))}
        {label(x0 + radius + 8, y0 + 4, 'pivot')}
        {line(tip[0] + 8, tip[1], next + 8, tip[1], styles.move)}
        {noise(next + 16, tip[1], styles.best)}
        {label(width - edge, height - 6, `${formatCount(rounds)} ×`, 'end')}
      </>
    ),
  }
}

function searchOverPaths(spec: SpecOf<'search_over_paths'>): Drawn {
  const { paths, width: fan, startLevel, forward } = spec
  const all = pathLevels(spec)
  const levels = all.slice(0, 4)
  const y = (level: number) => edge + (1 - level) * (height - 2 * edge)
  const left = edge + 58
  const each = (width - edge - 10 - left) / Math.max(1, levels.length)
  const starts = spread(Math.min(paths, 4), edge, edge + 26)
  const rounds = levels.map((to, round) => {
    const from = levels[round - 1] ?? startLevel
    const x = left + each * round
    const top = y(Math.min(1, from + forward))
    const ends = spread(Math.min(fan, 5), x + each * 0.58, x + each)
    const best = ends[winnerOf(ends.length)] ?? x
    return { to, x, from: y(from), top, ends, best, peak: x + each * 0.42 }
  })
  return {
    words: `${formatCountOf(paths, 'path')} sampled down to noise level ${startLevel}; in each of ${formatCount(all.length)} rounds every one is noised ${formatCount(fan)} times by ${forward} and sampled back further than it came, and the best ${formatCount(paths)} stay.`,
    picture: (
      <>
        {line(edge, y(0) + 3, width - edge, y(0) + 3, styles.axis)}
        {starts.flatMap((x) => [line(x, y(1), left, y(startLevel)), noise(x, y(1))])}
        {rounds.flatMap(({ x, from, top, peak, ends, best, to }, round) => [
          line(round === 0 ? left : x, from, peak, top, styles.noising),
          ...ends.map((end) => line(peak, top, end, y(to), end === best ? styles.chosen : styles.faint)),
          // The next round sets out from where this one's best arrived.
          ...(round < rounds.length - 1 && best !== x + each
            ? [line(best, y(to), x + each, y(to), styles.faint)]
            : []),
        ])}
        {rounds.length > 0 && image(rounds.at(-1)?.best ?? 0, y(0) - 3, true)}
        {label(width - edge, 14, all.length > 4 ? `${formatCount(all.length)} rounds` : '', 'end')}
      </>
    ),
  }
}

function firstOrderSearch({ iterations }: SpecOf<'first_order_search'>): Drawn {
  const shown = Math.min(iterations, most)
  const [cx, cy] = [202, height / 2]
  const stops = spread(shown, 0, 1).map((part) => {
    const turn = 2.9 - 1.1 * part
    const far = 1 - 0.94 * (shown === 1 ? 0 : part)
    return [cx + 168 * far * Math.cos(turn), cy + 34 * far * Math.sin(turn)] as const
  })
  return {
    words: `${formatCountOf(iterations, 'noise')} on the way up the gradient of the guide's score.`,
    picture: (
      <>
        {[1, 0.72, 0.46, 0.22].map((part) => (
          <ellipse key={part} className={styles.rim} cx={cx} cy={cy} rx={70 * part} ry={34 * part} />
        ))}
        {stops.slice(1).map(([x, y], i) => line(...(stops[i] ?? [x, y]), x, y, styles.move))}
        {stops.map(([x, y], i) => noise(x, y, i === shown - 1 ? styles.best : styles.noise))}
      </>
    ),
  }
}

function draftCullResume(spec: SpecOf<'draft_cull_resume'>): Drawn {
  const { candidates, survivors, draftSteps, steps } = spec
  const shown = Math.min(candidates, most)
  const kept = Math.min(shown, Math.max(1, Math.round((survivors / candidates) * shown)))
  const ys = spread(shown, edge + 6, height - edge - 6)
  const [from, to] = [edge + 6, width - edge - 8]
  const cull = from + (draftSteps / steps) * (to - from)
  const first = Math.max(0, winnerOf(shown) - Math.floor(kept / 2))
  const isKept = (i: number) => i >= Math.min(first, shown - kept) && i < Math.min(first, shown - kept) + kept
  const best = Math.min(first, shown - kept) + winnerOf(kept)
  return {
    words: `${formatCount(candidates)} candidates are looked at after ${formatCount(draftSteps)} of ${formatCount(steps)} steps; the best ${formatCount(survivors)} are finished from there.`,
    picture: (
      <>
        {line(cull, 2, cull, height - 2, styles.axis)}
        {ys.flatMap((y, i) => [
          line(from, y, isKept(i) ? to : cull, y, i === best ? styles.chosen : styles.way),
          noise(from, y, i === best ? styles.best : styles.noise),
          isKept(i) ? image(to, y, i === best) : line(cull - 2.5, y - 2.5, cull + 2.5, y + 2.5, styles.cut),
        ])}
      </>
    ),
  }
}

function fkSteering(spec: SpecOf<'fk_steering'>): Drawn {
  const { particles, interval } = spec
  const all = drawings(spec)
  const stops = all.slice(0, 6)
  const shown = Math.min(particles, 6)
  const ys = spread(shown, edge + 6, height - edge - 6)
  const each = (width - 2 * edge - 16) / stops.length
  const best = winnerOf(shown)
  // At each drawing a better neighbour takes the place of one particle.
  const parentOf = (i: number, round: number) =>
    round > 0 && i === (best + round) % shown && i !== best ? best : i
  return {
    words: `${formatCount(particles)} particles side by side, drawn anew every ${formatCount(interval)} steps, ${formatCount(all.length)} times in all; the better ones are drawn more often.`,
    picture: (
      <>
        {stops.map((_, round) =>
          line(edge + 6 + each * (round + 1), 4, edge + 6 + each * (round + 1), height - 4, styles.axis),
        )}
        {stops.flatMap((_, round) =>
          ys.map((y, i) =>
            line(
              edge + 6 + each * round,
              ys[parentOf(i, round)] ?? y,
              edge + 6 + each * (round + 1),
              y,
              i === best ? styles.chosen : styles.way,
            ),
          ),
        )}
        {ys.flatMap((y, i) => [
          noise(edge + 6, y, i === best ? styles.best : styles.noise),
          image(edge + 6 + each * stops.length, y, i === best),
        ])}
      </>
    ),
  }
}
