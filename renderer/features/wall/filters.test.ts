import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { WallFilter } from '../../../shared/gallery.ts'
import {
  captionVerifier,
  chipsOf,
  dayOf,
  numberIn,
  orderId,
  orderOf,
  orderOptions,
  startOf,
  withRange,
} from './filters.ts'

const full: WallFilter = {
  text: 'red star',
  board: 3,
  run: 7,
  flags: ['pick', 'none'],
  ratingAtLeast: 4,
  arms: ['search', 'final'],
  origin: 'candidate',
  packs: ['scenes'],
  algorithms: ['random_search'],
  from: startOf('2026-11-01') ?? '',
  before: startOf('2026-11-22', 1) ?? '',
  score: { verifier: 'clip_score', least: 0.5 },
  delta: { verifier: 'pick_score', least: -0.1, most: 2 },
  unfinished: true,
}

test('every restriction has a chip in words', () => {
  assert.deepEqual(
    chipsOf(full, [{ id: 3, name: 'Best' }]).map(({ label }) => label),
    [
      '“red star”',
      'Board: Best',
      'Run 7',
      'Picked',
      'Not flagged',
      '4 stars or more',
      'Search',
      'Final images',
      'Made by runs',
      'scenes',
      'Random search',
      'Since 2026-11-01',
      'Until 2026-11-22',
      'CLIP score at least 0.5',
      'Delta, PickScore -0.1 to 2',
      'Drafts too',
    ],
  )
})

test('taking every chip off, in any order, leaves a filter that restricts nothing', () => {
  for (const end of [0, -1]) {
    let filter = full
    for (let left = chipsOf(filter, []).length; left > 0; left--) {
      const chip = chipsOf(filter, []).at(end)
      assert.ok(chip)
      filter = chip.without
      assert.equal(chipsOf(filter, []).length, left - 1)
    }
    assert.deepEqual(filter, {})
  }
})

test('a range is as long as it is typed, and one at a time', () => {
  const first = withRange({}, 'score', 'clip_score', { least: '0,5', most: 'x' })
  assert.deepEqual(first, { score: { verifier: 'clip_score', least: 0.5 } })
  const second = withRange(first, 'delta', 'clip_score', { least: '', most: '−1' })
  assert.deepEqual(second, { delta: { verifier: 'clip_score', most: -1 } })
  assert.deepEqual(withRange(second, 'delta', 'clip_score', { least: ' ', most: '' }), {})
  assert.equal(numberIn('1e999'), null)
})

test('a day holds all its moments in this place, whatever its time zone', () => {
  for (const day of ['2026-03-29', '2026-10-25', '2024-02-29', '2026-12-31']) {
    const [from, before] = [startOf(day), startOf(day, 1)]
    assert.ok(from !== null && before !== null && from < before)
    assert.equal(dayOf(from), day)
    assert.equal(dayOf(before, -1), day)
    assert.equal(dayOf(new Date(Date.parse(before) - 1).toISOString()), day)
  }
  assert.equal(startOf(''), null)
})

test('orders come back from their ids', () => {
  for (const { id } of orderOptions(['clip_score', 'you'])) {
    assert.equal(orderId(orderOf(id, true)), id)
    assert.equal(orderOf(id, false).descending, false)
  }
})

test('a picture shows the score that the wall is sorted by, or else narrowed by', () => {
  const byDate = orderOf('made', true)
  assert.equal(captionVerifier({ filter: {}, order: byDate }), null)
  const filter = withRange({}, 'delta', 'clip_score', { least: '0', most: '' })
  assert.equal(captionVerifier({ filter, order: byDate }), 'clip_score')
  assert.equal(captionVerifier({ filter, order: orderOf('score you', true) }), 'you')
})
