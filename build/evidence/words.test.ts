import assert from 'node:assert/strict'
import { test } from 'node:test'

import { amountOf, percentOf, pointsOf, table } from './words.ts'

const of = (mean: number, low: number, high: number) => ({ mean, low, high, n: 9 })

test('a score shows two digits of its interval, however small or large it is', () => {
  assert.equal(amountOf(of(5.794, 5.712, 5.881)), '5.79 [5.71, 5.88]')
  assert.equal(amountOf(of(0.99985, 0.99981, 0.9999)), '0.999850 [0.999810, 0.999900]')
  assert.equal(amountOf(of(213.4, 201.2, 220.9)), '213 [201, 221]')
  assert.equal(amountOf(of(0.21, 0.19, 0.23), true), '+0.210 [+0.190, +0.230]')
  assert.equal(amountOf(of(2, 2, 2)), '2.000 [2.000, 2.000]')
})

test('shares are per cent, differences of shares points with their sign', () => {
  assert.equal(percentOf(of(0.7125, 0.66, 0.761)), '71.3 [66.0, 76.1]')
  assert.equal(pointsOf(of(0.02, -0.01, 0.05)), '+2.0 [-1.0, +5.0]')
  assert.equal(pointsOf(of(-0.0001, -0.02, 0.00001)), '0.0 [-2.0, 0.0]')
})

test('what could not be had is a dash', () => {
  assert.equal(percentOf(undefined), '-')
})

test('a table has a line below its head and as many cells in each row', () => {
  assert.equal(table(['a', 'b'], [['1', '2']]), '| a | b |\n| --- | --- |\n| 1 | 2 |')
})
