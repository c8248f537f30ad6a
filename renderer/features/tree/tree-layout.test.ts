import assert from 'node:assert/strict'
import test from 'node:test'

import type { Candidate, RecipeOperation } from '../../../shared/domain.ts'
import { plannedCandidates } from '../../../shared/plan.ts'
import { plannedRounds } from '../../../shared/rounds.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import { testImage, testRunOf, testSpec } from '../../../shared/testing/test-runs.ts'
import { labelsAlong, labelsOf, layoutTree, legible, rootSeq, walkTree } from './tree-layout.ts'
import type { TreeLayout } from './tree-layout.ts'

const random = (candidates: number) => testSpec({ algorithm: 'random_search', candidates })
const zeroOrder = testSpec({ algorithm: 'zero_order_search', rounds: 5, neighbours: 4, cosine: 0.95 })
const specs: readonly RunSpec[] = [
  random(1),
  random(7),
  random(4096),
  zeroOrder,
  testSpec({
    ...{ algorithm: 'search_over_paths', paths: 3, width: 4, startLevel: 0.11, length: 2 },
    ...{ forward: 0.78, backward: 0.81 },
  }),
  testSpec({ algorithm: 'draft_cull_resume', candidates: 64, survivors: 8, draftSteps: 3 }),
  testSpec({
    ...{ algorithm: 'fk_steering', particles: 40, interval: 2, potential: 'max', strength: 10 },
  }),
]

/** Everything that a run makes, each candidate going on from one of the round before. */
function everything(spec: RunSpec): readonly Candidate[] {
  const all: Candidate[] = []
  let before: readonly number[] = []
  for (const [round, { candidates }] of plannedRounds(spec).entries()) {
    const seqs = Array.from({ length: candidates }, (_, index) => all.length + index)
    const parents = before
    seqs.forEach((seq, index) => {
      const parent = parents.length === 0 ? null : (parents[index % parents.length] ?? null)
      all.push({ ...testImage('search', seq, 10, seq), round, parent })
    })
    before = seqs
  }
  return all
}

function overlaps({ nodes, tile }: TreeLayout): number {
  const cells = new Map<string, (readonly [number, number])[]>()
  let count = 0
  for (const { x, y } of nodes.values()) {
    const [cx, cy] = [Math.floor(x / tile.width), Math.floor(y / tile.height)]
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const [ox, oy] of cells.get(`${cx + dx} ${cy + dy}`) ?? []) {
          if (Math.abs(ox - x) < tile.width && Math.abs(oy - y) < tile.height) count++
        }
      }
    }
    const key = `${cx} ${cy}`
    cells.set(key, [...(cells.get(key) ?? []), [x, y]])
  }
  return count
}

for (const spec of specs) {
  test(`${spec.algorithm} of ${plannedCandidates(spec)}: everything has a place, none upon another, all within the tree`, () => {
    const run = testRunOf(spec, everything(spec))
    const layout = layoutTree(run, [], 1)
    assert.equal(layout.nodes.size, plannedCandidates(spec))
    assert.equal(overlaps(layout), 0)
    for (const { x, y } of layout.nodes.values()) {
      assert.ok(x >= 0 && y >= 0)
      assert.ok(x + layout.tile.width <= layout.width && y + layout.tile.height <= layout.height)
    }
    // Whatever goes on from another stands right of it.
    for (const [parent, siblings] of layout.children) {
      const from = layout.nodes.get(parent)?.x ?? layout.root.x
      assert.ok(siblings.every((node) => node.x > from))
    }
  })

  test(`${spec.algorithm} of ${plannedCandidates(spec)}: nothing moves while the run grows, in whatever order it comes`, () => {
    const all = everything(spec)
    const done = layoutTree(testRunOf(spec, all), [], 1)
    for (const share of [0.1, 0.5, 0.9]) {
      const half = all.filter(({ seq }) => (seq * 7919) % all.length < share * all.length)
      const working = all.filter(({ seq }) => seq % 5 === 0).map(({ seq }) => seq)
      const layout = layoutTree(testRunOf(spec, half), working, 1)
      assert.ok(layout.nodes.size >= half.length)
      for (const { seq, x, y } of layout.nodes.values()) {
        assert.deepEqual([seq, x, y], [seq, done.nodes.get(seq)?.x, done.nodes.get(seq)?.y])
      }
    }
  })
}

test('many candidates of one round make a block, not a column', () => {
  const { width, height } = layoutTree(testRunOf(random(4096), everything(random(4096))), [], 1)
  assert.ok(width / height > 1 && width / height < 2.5, `${width} x ${height}`)
})

test('what a person asked for stands beside what it resembles, below the plan, also behind the last round', () => {
  const all = everything(zeroOrder)
  const more = (seq: number, parent: number, round: number): Candidate => {
    return { ...testImage('search', seq, 10, 1), parent, round }
  }
  const hand = [more(20, 2, 0), more(21, 2, 0), more(22, 19, 4), more(23, 22, 4)]
  const layout = layoutTree(testRunOf(zeroOrder, [...all, ...hand]), [], 1)
  assert.equal(overlaps(layout), 0)
  const column = (seq: number) => layout.nodes.get(seq)?.column
  assert.deepEqual([20, 21, 22, 23].map(column), [1, 1, 5, 6])
  assert.equal(layout.columns.length, 7)
  const lowest = Math.max(...all.map(({ seq }) => layout.nodes.get(seq)?.y ?? 0))
  assert.ok((layout.nodes.get(20)?.y ?? 0) > lowest + layout.tile.height)
  assert.deepEqual(
    layout.children.get(22)?.map(({ seq }) => seq),
    [23],
  )
})

test('rounds that failed candidates made smaller keep their own columns', () => {
  // Of the second round's four, two were proposed; the third round begins at 6 instead of 8.
  const all = everything(zeroOrder).slice(0, 10)
  const shrunk = all.map((one) => (one.seq >= 6 ? { ...one, round: 2 } : one))
  const layout = layoutTree(testRunOf(zeroOrder, shrunk), [], 1)
  assert.equal(overlaps(layout), 0)
  assert.deepEqual(
    [5, 6, 9].map((seq) => layout.nodes.get(seq)?.column),
    [1, 2, 2],
  )
})

test('what has no parent, or one that was not made, comes from the seed', () => {
  const family = everything(zeroOrder)
    .filter(({ seq }) => seq === 0 || seq === 4)
    .map((one) => (one.seq === 4 ? { ...one, parent: 3 } : one))
  const layout = layoutTree(testRunOf(zeroOrder, family), [], 1)
  assert.deepEqual(
    layout.children.get(rootSeq)?.map(({ seq }) => seq),
    [0, 4],
  )
})

/** Every candidate a turn away from its parent. */
function turned(): readonly Candidate[] {
  const recipes = new Map<number, readonly RecipeOperation[]>()
  return everything(zeroOrder).map((one): Candidate => {
    const behind = one.parent === null ? [] : (recipes.get(one.parent) ?? [])
    const operations = [...behind, { kind: 'neighbour' as const, stream: 100 + one.seq, cosine: 0.95 }]
    recipes.set(one.seq, operations)
    return { ...one, recipe: { ...one.recipe, stream: 0, operations } }
  })
}

test('edges say the angle once for the children of one parent, and labels stand apart', () => {
  const labels = labelsOf(layoutTree(testRunOf(zeroOrder, turned()), [], 1))
  // The first pivot is not sampled: four neighbours of the seed's noise. Then four parents of one child each.
  assert.equal(labels.length, 1 + 4 * 4)
  assert.deepEqual(new Set(labels.map(({ text }) => text)), new Set(['18.2°']))
  const sorted = labels.toSorted((a, b) => a.x - b.x || a.y - b.y)
  sorted.forEach((label, index) => {
    const before = sorted[index - 1]
    if (before?.x === label.x) assert.ok(label.y - before.y >= 20)
  })
})

test('the edge of a path says the noise level that it reached, and has no room for the way there', () => {
  const start: RecipeOperation = { kind: 'descend', to: 0.11, evaluations: 9, predict: true }
  const operations: readonly RecipeOperation[] = [
    start,
    { kind: 'renoise', to: 0.89, stream: 1 },
    { kind: 'descend', to: 0.08, evaluations: 8, predict: true },
  ]
  const of = (seq: number, parent: number | null, done: readonly RecipeOperation[]): Candidate => {
    const image = testImage('search', seq, 10, seq)
    return { ...image, round: seq, parent, recipe: { ...image.recipe, operations: done } }
  }
  const spec = testSpec({
    ...{ algorithm: 'search_over_paths', paths: 1, width: 1, startLevel: 0.11, length: 2 },
    ...{ forward: 0.78, backward: 0.81 },
  })
  const layout = layoutTree(testRunOf(spec, [of(0, null, [start]), of(1, 0, operations)]), [], 1)
  assert.deepEqual(
    labelsOf(layout).map(({ text }) => text),
    ['σ 0.11', 'σ 0.08'],
  )
})

test('the edges of one line say what they are, as far as they can be read beside each other', () => {
  const run = testRunOf(zeroOrder, turned())
  const layout = layoutTree(run, [], 1)
  const line = [0, 4, 8, 12, 16]
  const along = labelsAlong(layout, line)
  assert.deepEqual(
    along.map(({ text }) => text),
    line.map(() => '18.2°'),
  )
  // One before each round, the same as among all labels where a parent has one child.
  assert.equal(new Set(along.map(({ x }) => x)).size, line.length)
  const all = labelsOf(layout)
  for (const { x, y } of along.slice(1)) assert.ok(all.some((label) => label.y === y && label.x < x))
  assert.deepEqual(labelsAlong(layout, [99]), [])

  assert.deepEqual(legible(along, 1), along)
  const [first] = along
  const far = legible(along, 0.1)
  assert.equal(far[0], first)
  assert.ok(far.length < along.length)
  assert.deepEqual(legible([...along, ...along], 1), along)
})

test('arrows walk to the parent, to the winner’s line, and within a round', () => {
  const layout = layoutTree(testRunOf(zeroOrder, everything(zeroOrder)), [], 1)
  const walk = (seq: number, key: string, line: readonly number[] = []) =>
    walkTree(layout, seq, key, new Set(line))
  assert.equal(walk(5, 'ArrowLeft'), 1)
  assert.equal(walk(1, 'ArrowRight'), 5)
  assert.equal(walk(1, 'ArrowDown'), 2)
  assert.equal(walk(0, 'ArrowUp'), null)
  assert.equal(walk(3, 'ArrowDown'), null)
  assert.equal(walk(0, 'ArrowLeft'), null)
  assert.equal(walk(19, 'ArrowRight'), null)
  assert.equal(walk(7, 'Home'), 0)
  assert.equal(walk(7, 'End'), 19)
  assert.equal(walk(99, 'Home'), null)
  const fan = everything(zeroOrder).map((one) => (one.round === 1 ? { ...one, parent: 2 } : one))
  const fanned = layoutTree(testRunOf(zeroOrder, fan), [], 1)
  assert.equal(walkTree(fanned, 2, 'ArrowRight', new Set([2, 6])), 6)
})

test('in a block of many, left and right lead to the next strip and back', () => {
  const layout = layoutTree(testRunOf(random(100), everything(random(100))), [], 1)
  const right = walkTree(layout, 0, 'ArrowRight', new Set())
  assert.equal(right, layout.columns[0]?.rows)
  assert.equal(walkTree(layout, right, 'ArrowLeft', new Set()), 0)
})
