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

test('a budget lets the smallest share happen that any currency leaves, none when it is spent', () => {
  const spent = { nfe: 50, verifierCalls: 5, seconds: 30 }
  const left = { nfe: 100, verifierCalls: 10, seconds: 60 }
  assert.equal(shareWithin(unbounded, spent, left), 1)
  assert.equal(shareWithin({ ...unbounded, nfe: 100 }, spent, left), 0.5)
  assert.equal(shareWithin({ nfe: 100, verifierCalls: 6, seconds: 1000 }, spent, left), 0.1)
  assert.equal(shareWithin({ ...unbounded, seconds: 20 }, spent, left), 0)
  assert.equal(shareWithin({ ...unbounded, nfe: 100 }, spent, { nfe: 0, verifierCalls: 0, seconds: 0 }), 1)
})
