import assert from 'node:assert/strict'
import test from 'node:test'

import { testImage, testRunOf, testSpec } from '../../../shared/testing/test-runs.ts'
import { layoutTree } from './tree-layout.ts'
import { edgesPath, linePath, nodeAt, pointsPath, scaleSteps, scoreRange, stepOf } from './tree-lines.ts'

const spec = testSpec({ algorithm: 'zero_order_search', rounds: 2, neighbours: 2, cosine: 0.95 })
const made = [0.1, 0.4, null, 0.7].map((score, seq) => ({
  ...testImage('search', seq, 10, score),
  round: seq < 2 ? 0 : 1,
  parent: seq < 2 ? null : 1,
}))
const layout = layoutTree(testRunOf(spec, made), [], 1)
const range = scoreRange(layout, 'clip_score')
const count = (path: string, letter: string) => path.split(letter).length - 1

test('scores take the steps of the scale from the lowest to the highest; what has none takes none', () => {
  assert.deepEqual(range, { least: 0.1, most: 0.7 })
  const steps = [...layout.nodes.values()].map((node) => stepOf(node, 'clip_score', range))
  assert.deepEqual(steps, [1, 4, null, scaleSteps])
  assert.equal(scoreRange(layout, 'pick_score'), null)
  const [first] = layout.nodes.values()
  assert.equal(first && stepOf(first, 'clip_score', { least: 0.1, most: 0.1 }), scaleSteps)
})

test('every candidate is a point of exactly one colour', () => {
  const paths = [null, 1, 2, 3, 4, 5, 6].map((step) => pointsPath(layout, 'clip_score', range, step))
  assert.deepEqual(
    paths.map((path) => count(path, 'M')),
    [1, 1, 0, 0, 1, 0, 1],
  )
})

test('everything has one edge to what it comes from, and a line has those along it', () => {
  assert.equal(count(edgesPath(layout), 'M'), 4)
  assert.equal(count(linePath(layout, [1, 3]), 'M'), 2)
  assert.ok(edgesPath(layout).includes(linePath(layout, [1])))
  assert.equal(linePath(layout, [99]), '')
})

test('from the seed to a block of many there are edges to its first strip only', () => {
  const many = testSpec({ algorithm: 'random_search', candidates: 300 })
  const all = Array.from({ length: 300 }, (_, seq) => testImage('search', seq, 10, 0.5))
  const block = layoutTree(testRunOf(many, all), [], 1)
  assert.equal(count(edgesPath(block), 'M'), block.columns[0]?.rows)
})

test('a place of the plane is a candidate or none', () => {
  const node = layout.nodes.get(3)
  assert.ok(node)
  assert.equal(nodeAt(layout, node.x + 5, node.y + 5), node)
  assert.equal(nodeAt(layout, node.x - 5, node.y), null)
})
