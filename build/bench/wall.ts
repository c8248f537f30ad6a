/**
 * `wallMilliseconds`: p95 of the time that the library takes for one of the wall's questions over 100,000 candidates,
 * over every order with every filter, and every pair of filters. Beside it the first answer after opening, marks for
 * every picture at once, and the list of runs.
 */

import type { WallFilter, WallOrder, WallQuestion } from '../../shared/gallery.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { openLibrary } from '../../electron/library/open.ts'
import { makeBigLibrary } from '../big-library.ts'
import { note, rounded } from './common.ts'

const candidates = 100_000
const judges: readonly VerifierId[] = ['clip_score', 'aesthetic_score', 'image_reward', 'hps_score']

const orders: readonly WallOrder[] = [true, false].flatMap((descending) => [
  { by: 'made', descending },
  { by: 'rating', descending },
  ...judges.map((verifier) => ({ by: 'score', verifier, descending }) as const),
  ...judges.map((verifier) => ({ by: 'delta', verifier, descending }) as const),
])

const filters: Readonly<Record<string, WallFilter>> = {
  nothing: {},
  word: { text: 'stars' },
  words: { text: 'RED night' },
  pack: { packs: ['scenes'] },
  algorithm: { algorithms: ['zero_order_search', 'draft_cull_resume'] },
  arm: { arms: ['baseline'] },
  origin: { origin: 'candidate' },
  flag: { flags: ['pick', 'none'] },
  rating: { ratingAtLeast: 3 },
  date: { from: '2026-01-01T00:00:00Z', before: '2026-07-01T00:00:00Z' },
  board: { board: 1 },
  run: { run: 100 },
  score: { score: { verifier: 'aesthetic_score', least: 5.5 } },
  delta: { delta: { verifier: 'clip_score', least: 0 } },
  unfinished: { unfinished: true },
}

function questions(): readonly WallQuestion[] {
  const all = Object.values(filters)
  const pairs = all.flatMap((one, i) => all.slice(i + 1).map((other) => ({ ...one, ...other })))
  const orderAt = (i: number): WallOrder => orders[i % orders.length] ?? { by: 'made', descending: true }
  return [
    ...orders.flatMap((order) => all.map((filter) => ({ order, filter }))),
    ...pairs.map((filter, i) => ({ order: orderAt(i), filter })),
  ]
}

const millisecondsOf = (work: () => unknown): number => {
  const started = performance.now()
  work()
  return performance.now() - started
}

const p95 = (values: readonly number[]): number =>
  rounded(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? NaN, 1)

/** Medians and the like in milliseconds. */
export async function measureWall(libraryPath: string): Promise<Record<string, unknown>> {
  note(`making a library of ${candidates} candidates`)
  await makeBigLibrary(libraryPath, candidates)
  // What was written is on the disk, and in the system's cache.
  ;(await openLibrary(libraryPath)).close()
  const opening = performance.now()
  const library = await openLibrary(libraryPath)
  const open = performance.now() - opening
  try {
    const { gallery } = library
    const everything: WallQuestion = { filter: { unfinished: true }, order: { by: 'made', descending: true } }
    const firstRuns = millisecondsOf(() => library.runs())
    const runs = millisecondsOf(() => library.runs())
    const first = millisecondsOf(() => gallery.wall(everything))
    const firstOfVerifier = judges.map((verifier) =>
      millisecondsOf(() => gallery.wall({ filter: {}, order: { by: 'score', verifier, descending: true } })),
    )
    const asked = questions().map((question) => ({
      question,
      milliseconds: millisecondsOf(() => gallery.wall(question)),
    }))
    const over = (wanted: (question: WallQuestion) => boolean): number =>
      p95(asked.filter(({ question }) => wanted(question)).map(({ milliseconds }) => milliseconds))
    const pictures = gallery.wall(everything)
    const facets = millisecondsOf(() => gallery.facets())
    const details = millisecondsOf(() => gallery.pictures(pictures.slice(0, 200)))
    const markAll = millisecondsOf(() => gallery.mark(pictures, { flag: 'pick', rating: 4 }))
    return {
      wallMilliseconds: over(() => true),
      wall: {
        pictures: pictures.length,
        questions: asked.length,
        byOrder: Object.fromEntries(
          (['made', 'rating', 'score', 'delta'] as const).map((by) => [
            by,
            over(({ order }) => order.by === by),
          ]),
        ),
        byFilter: Object.fromEntries(
          Object.entries(filters).map(([name, filter]) => [
            name,
            over((question) => question.filter === filter),
          ]),
        ),
        worst: rounded(Math.max(...asked.map(({ milliseconds }) => milliseconds)), 1),
        openMilliseconds: rounded(open, 1),
        firstMilliseconds: rounded(first, 1),
        firstOfVerifierMilliseconds: rounded(Math.max(...firstOfVerifier), 1),
        facetsMilliseconds: rounded(facets, 1),
        detailsOf200Milliseconds: rounded(details, 1),
        markAllMilliseconds: rounded(markAll, 1),
        runs: library.runs().length,
        firstRunsMilliseconds: rounded(firstRuns, 1),
        runsMilliseconds: rounded(runs, 1),
      },
    }
  } finally {
    library.close()
  }
}
