import assert from 'node:assert/strict'
import test from 'node:test'

import {
  formatAngle,
  formatBytes,
  formatCount,
  formatCountOf,
  formatDelta,
  formatGflop,
  formatLevel,
  formatMoment,
  formatScore,
  formatSeconds,
  percent,
} from './format.ts'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

test('sizes are in megabytes and gigabytes, small ones to a tenth', () => {
  const sizes = [0, 40_000, 707_457, 9_960_000, 331e6, 999.9e6, 1e9, 3.44e9, 24.1e9]
  assert.deepEqual(
    sizes.map((bytes) => plain(formatBytes(bytes))),
    ['0 MB', '0.0 MB', '0.7 MB', '10 MB', '331 MB', '1,000 MB', '1.0 GB', '3.4 GB', '24 GB'],
  )
})

test('durations keep two figures and change their unit', () => {
  const seconds = [0.423, 4.21, 9.96, 42.4, 59.6, 200, 4_320]
  assert.deepEqual(
    seconds.map((each) => plain(formatSeconds(each))),
    ['0.42 s', '4.2 s', '10 s', '42 s', '1 min 0 s', '3 min 20 s', '1 h 12 min'],
  )
})

test('a difference carries its sign, and one that rounds to nothing has both', () => {
  assert.deepEqual([0.1124, -0.031, 0.0002, -0.0002].map(formatDelta), [
    '+0.112',
    '−0.031',
    '±0.000',
    '±0.000',
  ])
})

test('scores and counts use real minus signs and separate thousands', () => {
  assert.equal(formatScore(-0.5), '−0.500')
  assert.equal(formatCount(1280), '1,280')
})

test('levels keep two figures, cosines are angles', () => {
  assert.deepEqual([0.11, 0.05 + 1e-12, 0.8, 14.61].map(formatLevel), ['0.11', '0.05', '0.8', '15'])
  assert.deepEqual([0.95, 0.995, 0.5].map(formatAngle), ['18.2°', '5.7°', '60.0°'])
})

test('operations keep about three figures and change their unit', () => {
  assert.deepEqual(
    [0, 0.314, 84, 312.4, 12_400, 1_234_567].map((each) => plain(formatGflop(each))),
    ['0.00 GFLOP', '0.31 GFLOP', '84.0 GFLOP', '312 GFLOP', '12.4 TFLOP', '1,235 TFLOP'],
  )
})

test('one image is one, none and many are images', () => {
  assert.deepEqual(
    [0, 1, 2, 4096].map((each) => plain(formatCountOf(each, 'image'))),
    ['0 images', '1 image', '2 images', '4,096 images'],
  )
})

test('work is not said to be complete before it is', () => {
  assert.equal(percent(999, 1000), 99)
  assert.equal(percent(1000, 1000), 100)
  assert.equal(percent(1001, 1000), 100)
  assert.equal(percent(5, 0), 0)
})

test('a moment is named by how near it is', () => {
  const now = new Date(2026, 10, 21, 9, 0)
  const at = (...parts: readonly [number, number, number, number, number]) =>
    formatMoment(new Date(...parts).toISOString(), now)
  assert.equal(at(2026, 10, 21, 8, 5), '08:05')
  assert.equal(at(2026, 10, 20, 23, 50), 'yesterday 23:50')
  assert.equal(at(2026, 10, 12, 8, 0), '12 Nov')
  assert.equal(at(2025, 10, 12, 8, 0), '12 Nov 2025')
  assert.equal(formatMoment('not a date', now), 'not a date')
})
