import assert from 'node:assert/strict'
import { test } from 'node:test'

import { forecastSeconds, shareWithin } from './forecast.ts'

const measured = { nfe: 40, images: 4, denoiseSeconds: 20, finishSeconds: 2 }
const unbounded = { nfe: null, verifierCalls: null, seconds: null }

test('prices evaluations and pictures apart, at the rates so far', () => {
  assert.equal(forecastSeconds({ nfe: 100, images: 10 }, measured), 100 * 0.5 + 10 * 0.5)
  assert.equal(forecastSeconds({ nfe: 0, images: 0 }, measured), 0)
})

test('says nothing before three pictures', () => {
  assert.equal(forecastSeconds({ nfe: 100, images: 10 }, { ...measured, images: 2 }), null)
  assert.notEqual(forecastSeconds({ nfe: 100, images: 10 }, { ...measured, images: 3 }), null)
})

test('a budget lets the smallest share happen that either currency has room for', () => {
  const planned = { nfe: 100, verifierCalls: 10 }
  assert.equal(shareWithin(unbounded, planned), 1)
  assert.equal(shareWithin({ ...unbounded, nfe: 50 }, planned), 0.5)
  assert.equal(shareWithin({ ...unbounded, nfe: 50, verifierCalls: 1 }, planned), 0.1)
  assert.equal(shareWithin({ ...unbounded, nfe: 1000, verifierCalls: 1000 }, planned), 1)
})
