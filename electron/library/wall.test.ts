/** Every order and filter of the wall against plain JavaScript over the same facts, of a library drawn at random. */

import assert from 'node:assert/strict'
import { encode } from 'fast-png'
import { test, type TestContext } from 'node:test'

import type { Arm, Scores } from '../../shared/domain.ts'
import type { Flag, PictureId, Rating, WallFilter, WallOrder, WallQuestion } from '../../shared/gallery.ts'
import { parseRunSpec, type RunSpec } from '../../shared/run-spec.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import type { Library } from '../core/runs/adapters.ts'
import { openLibrary } from './open.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, temporaryFolder } from './testing/fixtures.ts'

/** What the test knows of a picture by itself. */
type Fact = {
  id: PictureId
  run: number | null
  arm: Arm | null
  seq: number
  level: number
  steps: number
  spec: RunSpec | null
  text: string
  scores: { [Id in VerifierId]?: number }
  flag: Flag
  rating: Rating
  madeAt: number
  boards: Set<number>
}

const verifiers: readonly VerifierId[] = ['clip_score', 'aesthetic_score', 'hps_score']

function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const specs: readonly RunSpec[] = [
  specOf({ prompt: 'Two RED stars', baselines: [5, 20] }),
  specOf({ prompt: 'a blue ring in night', pack: 'objects', baselines: [50, 7] }),
  specOf({ prompt: 'ein Ölbild, ﬁsh ⭐', pack: 'objects', baselines: [] }),
  parseRunSpec({
    ...Object.fromEntries(Object.entries(specOf()).filter(([field]) => field !== 'candidates')),
    ...{ prompt: 'red night', algorithm: 'zero_order_search', rounds: 2, baselines: [9] },
  }),
]

/** A library that grows while the test asks it. */
class Grown {
  readonly facts: Fact[] = []
  readonly library: Library
  readonly #draw = randomOf(7)
  #pictures = 0

  constructor(library: Library) {
    this.library = library
  }

  #one<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#draw() * items.length)]
    assert.ok(item !== undefined)
    return item
  }

  /** Few values, so that there are equals, negative ones and both zeros (SQLite has one). */
  #score(): number {
    return this.#one([-2.5, -1, -0, 0, 1e-9, 0.25, 0.25, 0.3, 7, 1e12])
  }

  async addRun(spec: RunSpec): Promise<void> {
    const run = this.library.createRun(spec, [])
    const madeAt = Date.parse(this.library.run(run).createdAt)
    const places = [
      ...Array.from({ length: 6 }, (_, seq) => ({ arm: 'search' as const, seq, steps: spec.steps })),
      ...spec.baselines.map((steps, seq) => ({ arm: 'baseline' as const, seq, steps })),
    ]
    // In any order, as a run of several arms finishes them.
    for (const { arm, seq, steps } of places.toSorted(() => this.#draw() - 0.5)) {
      const level = arm === 'search' && this.#draw() < 0.2 ? 0.6 : 0
      const scores = Object.fromEntries(
        verifiers.slice(0, 2).flatMap((id) => (this.#draw() < 0.2 ? [] : [[id, this.#score() + 0]])),
      ) as Scores
      this.#pictures += 1
      const { imageSha256 } = await this.library.addCandidate(
        candidateOf(run, seq, { arm, steps, level, scores }),
        pictureOf(this.#pictures, 4),
        provenanceOf(spec),
        null,
      )
      const [picture] = this.library.gallery
        .picturesOfRun(run)
        .filter((one) => one.imageSha256 === imageSha256)
      assert.ok(picture !== undefined)
      this.facts.push({
        ...{ id: picture.id, run, arm, seq, level, steps, spec, text: spec.prompt, scores: { ...scores } },
        ...{ flag: null, rating: 0, madeAt, boards: new Set<number>() },
      })
    }
  }

  async addOutside(name: string, prompt: string): Promise<void> {
    this.#pictures += 1
    const png = encode({ width: 2, height: 2, data: new Uint8Array(12).fill(this.#pictures), channels: 3 })
    const { picture: id } = await this.library.gallery.addOutsideImage({ name, prompt, png })
    const [picture] = this.library.gallery.pictures([id])
    this.facts.push({
      ...{ id, run: null, arm: null, seq: 0, level: 0, steps: 0, spec: null, text: `${prompt} ${name}` },
      ...{ scores: {}, flag: null, rating: 0, boards: new Set<number>() },
      madeAt: Date.parse(picture?.madeAt ?? ''),
    })
  }

  /** Marks, boards and verdicts for some of the pictures. */
  haveOpinions(board: number): void {
    for (const fact of this.facts) {
      if (this.#draw() < 0.5) {
        fact.flag = this.#one<Flag>(['pick', 'reject', null])
        fact.rating = this.#one<Rating>([0, 1, 3, 5])
        this.library.gallery.mark([fact.id], { flag: fact.flag, rating: fact.rating })
      }
      if (this.#draw() < 0.3) {
        fact.boards.add(board)
        this.library.gallery.addToBoard(board, [fact.id])
      }
      if (this.#draw() < 0.5) {
        const verifier = this.#one(verifiers)
        const score = this.#draw() < 0.2 ? null : this.#score()
        this.library.gallery.putVerdicts([{ picture: fact.id, verifier, score, judgedBy: 'x' }])
        // What the run has recorded goes first; a later verdict takes an earlier one's place.
        const recorded = fact.run !== null && this.#recorded(fact, verifier)
        if (!recorded && score === null) fact.scores = without(fact.scores, verifier)
        else if (!recorded && score !== null) fact.scores[verifier] = score + 0
      }
    }
  }

  #recorded({ run, arm, seq }: Fact, verifier: VerifierId): boolean {
    if (run === null || arm === null) return false
    return this.library.candidate({ runId: run, arm, seq }).scores[verifier] !== undefined
  }
}

function without(scores: Fact['scores'], verifier: VerifierId): Fact['scores'] {
  return Object.fromEntries(Object.entries(scores).filter(([id]) => id !== verifier))
}

/** A score minus that of the run's baseline with the most steps. */
function deltaOf(facts: readonly Fact[], fact: Fact, verifier: VerifierId): number | undefined {
  if (fact.arm === 'baseline' || fact.run === null) return undefined
  const baselines = facts.filter(({ run, arm }) => run === fact.run && arm === 'baseline')
  const [most] = baselines.toSorted((a, b) => b.steps - a.steps)
  const [own, other] = [fact.scores[verifier], most?.scores[verifier]]
  return own === undefined || other === undefined ? undefined : own - other
}

function valueOf(facts: readonly Fact[], fact: Fact, order: WallOrder): number | undefined {
  switch (order.by) {
    case 'made':
      return fact.madeAt
    case 'rating':
      return fact.rating === 0 ? undefined : fact.rating
    case 'score':
      return fact.scores[order.verifier]
    case 'delta':
      return deltaOf(facts, fact, order.verifier)
  }
}

function within(value: number | undefined, least = -Infinity, most = Infinity): boolean {
  return value !== undefined && value >= least && value <= most
}

/** The oracle: one line a restriction, as shared/gallery.ts says them. */
function expected(facts: readonly Fact[], filter: WallFilter, order: WallOrder): readonly PictureId[] {
  const fold = (text: string): string => text.normalize('NFKC').toLowerCase()
  const passed = facts.filter((fact) => {
    const words = fold(filter.text ?? '').split(' ')
    return (
      words.every((word) => fold(fact.text).includes(word)) &&
      (filter.packs === undefined || filter.packs.includes(fact.spec?.pack ?? '')) &&
      (filter.algorithms === undefined ||
        (fact.spec !== null && filter.algorithms.includes(fact.spec.algorithm))) &&
      (filter.arms === undefined || (fact.arm !== null && filter.arms.includes(fact.arm))) &&
      (filter.origin === undefined || (filter.origin === 'outside') === (fact.run === null)) &&
      (filter.flags === undefined || filter.flags.includes(fact.flag ?? 'none')) &&
      fact.rating >= (filter.ratingAtLeast ?? 0) &&
      fact.madeAt >= Date.parse(filter.from ?? '1970-01-01') &&
      fact.madeAt < Date.parse(filter.before ?? '9999-01-01') &&
      (filter.board === undefined || fact.boards.has(filter.board)) &&
      (filter.run === undefined || fact.run === filter.run) &&
      (filter.score === undefined ||
        within(fact.scores[filter.score.verifier], filter.score.least, filter.score.most)) &&
      (filter.delta === undefined ||
        within(deltaOf(facts, fact, filter.delta.verifier), filter.delta.least, filter.delta.most)) &&
      (filter.unfinished === true || fact.level === 0)
    )
  })
  const sign = order.descending ? -1 : 1
  return passed
    .toSorted((a, b) => {
      const [x, y] = [valueOf(facts, a, order), valueOf(facts, b, order)]
      if (x === undefined || y === undefined) {
        return Number(x === undefined) - Number(y === undefined) || a.id - b.id
      }
      return sign * (x - y) || a.id - b.id
    })
    .map(({ id }) => id)
}

const orders: readonly WallOrder[] = [true, false].flatMap((descending) => [
  { by: 'made', descending },
  { by: 'rating', descending },
  ...verifiers.map((verifier) => ({ by: 'score', verifier, descending }) as const),
  ...verifiers.map((verifier) => ({ by: 'delta', verifier, descending }) as const),
])

function filtersOf(facts: readonly Fact[], board: number): readonly WallFilter[] {
  const moments = facts.map(({ madeAt }) => madeAt).toSorted((a, b) => a - b)
  const middle = new Date(moments[moments.length >> 1] ?? 0).toISOString()
  return [
    {},
    { text: 'red' },
    { text: 'NIGHT red' },
    { text: 'ölbild FISH' },
    { text: 'photo.png' },
    { text: 'nowhere' },
    { packs: ['objects'] },
    { packs: ['objects', 'scenes'] },
    { algorithms: ['zero_order_search'] },
    { arms: ['baseline'] },
    { arms: ['search', 'final'] },
    { origin: 'outside' },
    { origin: 'candidate' },
    { flags: ['pick'] },
    { flags: ['none', 'reject'] },
    { ratingAtLeast: 3 },
    { from: middle },
    { before: middle },
    { board },
    { run: 2 },
    { score: { verifier: 'clip_score', least: 0, most: 0.3 } },
    { score: { verifier: 'hps_score' } },
    { delta: { verifier: 'aesthetic_score', least: 0 } },
    { delta: { verifier: 'clip_score', most: -0.1 } },
    { unfinished: true },
  ]
}

function expectEveryAnswer({ library, facts }: Grown, board: number): void {
  const filters = filtersOf(facts, board)
  const ask = (filter: WallFilter, order: WallOrder): void => {
    assert.deepEqual(
      library.gallery.wall({ filter, order }),
      expected(facts, filter, order),
      JSON.stringify({ filter, order }),
    )
  }
  for (const order of orders) for (const filter of filters) ask(filter, order)
  const pairs = filters.flatMap((one, i) => filters.slice(i + 1).map((other) => ({ ...one, ...other })))
  for (const [i, filter] of pairs.entries())
    ask(filter, orders[i % orders.length] ?? orders[0] ?? assert.fail())
}

async function grownLibrary(t: TestContext, folder = temporaryFolder()): Promise<Grown> {
  const library = await openLibrary(folder)
  t.after(() => library.close())
  return new Grown(library)
}

test('every order, every filter and every pair of filters, while the library grows', async (t) => {
  const folder = temporaryFolder()
  const grown = await grownLibrary(t, folder)
  const board = grown.library.gallery.createBoard('A board').id
  assert.deepEqual(grown.library.gallery.wall({ filter: {}, order: { by: 'made', descending: true } }), [])
  for (const [turn, spec] of [...specs, ...specs].entries()) {
    await grown.addRun(spec)
    if (turn % 2 === 0) await grown.addOutside(`Photo-${turn}.png`, turn === 0 ? 'a red ring' : '')
    // The first turn before the scores are asked for, the others after.
    grown.haveOpinions(board)
    if (turn === 0 || turn === 3) expectEveryAnswer(grown, board)
  }
  expectEveryAnswer(grown, board)

  grown.library.close()
  const again = await openLibrary(folder)
  t.after(() => again.close())
  const same = new Grown(again)
  same.facts.push(...grown.facts)
  expectEveryAnswer(same, board)
})

test('details say the same as the facts, in the order asked', async (t) => {
  const grown = await grownLibrary(t)
  const { gallery } = grown.library
  const board = gallery.createBoard('A board').id
  const removed = gallery.createBoard('Another').id
  for (const spec of specs) await grown.addRun(spec)
  await grown.addOutside('photo.png', 'a red ring')
  grown.haveOpinions(board)
  gallery.addToBoard(removed, [grown.facts[0]?.id ?? 0])
  gallery.removeBoard(removed)

  const ids = grown.facts.map(({ id }) => id).toReversed()
  const pictures = gallery.pictures([...ids.slice(0, 3), 4711, ...ids.slice(3)])
  assert.deepEqual(
    pictures.map(({ id }) => id),
    ids,
  )
  for (const picture of pictures) {
    const fact = grown.facts.find(({ id }) => id === picture.id) ?? assert.fail()
    const deltas = Object.fromEntries(
      verifiers.flatMap((id) => {
        const delta = deltaOf(grown.facts, fact, id)
        return delta === undefined ? [] : [[id, delta]]
      }),
    )
    assert.deepEqual(
      [picture.flag, picture.rating, picture.boards, picture.scores],
      [fact.flag, fact.rating, [...fact.boards], fact.scores],
    )
    const { origin } = picture
    if (origin.kind === 'outside') {
      assert.deepEqual([picture.prompt, origin.name, picture.width], ['a red ring', 'photo.png', 2])
      continue
    }
    assert.deepEqual(
      [origin.runId, origin.arm, origin.seq, origin.level, origin.steps, picture.prompt, picture.width],
      [fact.run, fact.arm, fact.seq, fact.level, fact.steps, fact.text, 4],
    )
    assert.deepEqual(origin.deltas, deltas)
    assert.deepEqual([origin.pack, origin.guide], [fact.spec?.pack, fact.spec?.guide])
  }
  assert.deepEqual(
    gallery.picturesOfRun(2).map(({ origin }) => origin.kind === 'candidate' && [origin.arm, origin.seq]),
    grown.facts
      .filter(({ run }) => run === 2)
      .map(({ arm, seq }) => [arm, seq] as const)
      .toSorted(([a, x], [b, y]) => String(a).localeCompare(String(b)) || x - y),
  )
  assert.throws(() => gallery.picturesOfRun(99), { code: 'unknown_run' })
})

test('facets count images, and list what there is', async (t) => {
  const grown = await grownLibrary(t)
  const { gallery } = grown.library
  const nothing = { total: 0, picked: 0, rejected: 0, outside: 0, packs: [], algorithms: [], verifiers: [] }
  assert.deepEqual(gallery.facets(), nothing)
  for (const spec of specs) await grown.addRun(spec)
  await grown.addOutside('photo.png', '')
  grown.haveOpinions(gallery.createBoard('A board').id)
  const images = grown.facts.filter(({ level }) => level === 0)
  assert.deepEqual(gallery.facets(), {
    total: images.length,
    picked: images.filter(({ flag }) => flag === 'pick').length,
    rejected: images.filter(({ flag }) => flag === 'reject').length,
    outside: 1,
    packs: ['objects', 'scenes'],
    algorithms: ['random_search', 'zero_order_search'],
    verifiers: ['aesthetic_score', 'clip_score', 'hps_score'],
  })
})

test('a verdict counts at once also for a picture that came after its column was read', async (t) => {
  const grown = await grownLibrary(t)
  const { gallery } = grown.library
  const byScore: WallQuestion = {
    filter: {},
    order: { by: 'score', verifier: 'clip_score', descending: true },
  }
  // As many as fill a column to the brim, whatever its first length.
  for (let count = 1; count <= 33; count += 1) {
    gallery.wall(byScore)
    await grown.addOutside(`${count}.png`, '')
    gallery.putVerdicts([{ picture: -count, verifier: 'clip_score', score: count, judgedBy: 'a pack' }])
    assert.equal(gallery.wall(byScore)[0], -count)
  }
})

test('what the court has asked is there to sort by after the library was opened again', async (t) => {
  const folder = temporaryFolder()
  const grown = await grownLibrary(t, folder)
  await grown.addOutside('photo.png', '')
  const judgedBy = 'a pack'
  grown.library.gallery.putVerdicts([
    { picture: -1, verifier: 'hps_score', score: 1, judgedBy },
    { picture: -1, verifier: 'pick_score', score: null, judgedBy },
  ])
  assert.deepEqual(grown.library.gallery.facets().verifiers, ['hps_score'])
  grown.library.close()
  const again = await grownLibrary(t, folder)
  assert.deepEqual(again.library.gallery.facets().verifiers, ['hps_score'])
})
