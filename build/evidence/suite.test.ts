import assert from 'node:assert/strict'
import { test } from 'node:test'

import { claimsOf } from '../../electron/core/judge/claims.ts'
import { categories, suite } from './suite.ts'

test('holds 34 prompts of each of the six categories, and none twice', () => {
  assert.deepEqual(categories, ['colour', 'shape', 'texture', 'spatial', 'numeracy', 'complex'])
  for (const category of categories)
    assert.equal(suite.filter((one) => one.category === category).length, 34, category)
  assert.equal(new Set(suite.map(({ prompt }) => prompt)).size, 204)
})

test('the place of a prompt decides its seed: places run from 0, the categories in turn', () => {
  suite.forEach(({ index, category }, i) => {
    assert.equal(index, i)
    assert.equal(category, categories[i % 6])
  })
})

test('the judge can read every prompt, and every category claims what it is named for', () => {
  const kindsOf = (prompt: string) => claimsOf(prompt).map(({ kind }) => kind)
  for (const { prompt } of suite) assert.ok(kindsOf(prompt).length >= 3, prompt)
  const of = (category: string) => suite.filter((one) => one.category === category)
  for (const { prompt } of of('spatial')) assert.ok(kindsOf(prompt).includes('position'), prompt)
  for (const { prompt } of of('texture')) assert.match(prompt, /striped|dotted/)
  for (const { prompt } of of('numeracy')) assert.match(prompt, /^(two|three|four) /)
  for (const { prompt } of of('complex')) {
    assert.match(prompt, /^(two|three|four) (small|large) (striped|dotted) /)
    assert.ok(kindsOf(prompt).includes('position'), prompt)
  }
})

test('leaves room for a search: most prompts count three or four, or relate a counted thing', () => {
  const hard = suite.filter(
    ({ prompt }) => /^(three|four) /.test(prompt) || /^two .* (of|above|below) a /.test(prompt),
  )
  assert.ok(hard.length > suite.length / 2, `found ${hard.length}`)
  assert.equal(
    suite.filter(({ prompt }) => claimsOf(prompt).some(({ kind }) => kind === 'colour')).length,
    199,
  )
})
