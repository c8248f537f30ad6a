import assert from 'node:assert/strict'
import { test } from 'node:test'

import { claimsOf } from './claims.ts'

test('a prompt with everything claims everything, in reading order', () => {
  assert.deepEqual(claimsOf('two small striped red stars left of a dotted blue ring in night'), [
    { kind: 'count', noun: 0, value: 2 },
    { kind: 'size', noun: 0, value: 'small' },
    { kind: 'texture', noun: 0, value: 'striped' },
    { kind: 'colour', noun: 0, value: 'red' },
    { kind: 'shape', noun: 0, value: 'star' },
    { kind: 'position', noun: 0, value: 'left of' },
    { kind: 'count', noun: 1, value: 1 },
    { kind: 'texture', noun: 1, value: 'dotted' },
    { kind: 'colour', noun: 1, value: 'blue' },
    { kind: 'shape', noun: 1, value: 'ring' },
    { kind: 'background', noun: 0, value: 'night' },
  ])
})

test('a thing without texture claims to be plain, one left open neither texture nor colour', () => {
  assert.deepEqual(claimsOf('a red star above a ring in sky'), [
    { kind: 'count', noun: 0, value: 1 },
    { kind: 'texture', noun: 0, value: '' },
    { kind: 'colour', noun: 0, value: 'red' },
    { kind: 'shape', noun: 0, value: 'star' },
    { kind: 'position', noun: 0, value: 'above' },
    { kind: 'count', noun: 1, value: 1 },
    { kind: 'shape', noun: 1, value: 'ring' },
    { kind: 'background', noun: 0, value: 'sky' },
  ])
})

test('case and spacing do not matter', () => {
  assert.deepEqual(claimsOf('  Two RED stars\n in sky '), claimsOf('two red stars in sky'))
})

for (const [prompt, expected] of [
  ['', /expected a count .*, found the end/],
  ['five red stars in sky', /expected a count \(a, two, three, four\), found "five"/],
  ['two red star in sky', /expected a shape \(circles.*, found "star"/],
  ['a striped star in sky', /expected a colour \(red.*, found "star"/],
  ['a crimson star in sky', /expected a colour or a shape .*, found "crimson"/],
  ['a red star beside a ring in sky', /expected a relation or "in" .*, found "beside"/],
  ['a red star left of two rings in sky', /expected "a" .*, found "two"/],
  ['a red star in space', /expected a background .*, found "space"/],
  ['a red star in sky now', /expected the end, found "now"/],
] as const) {
  test(`refuses "${prompt}" and names the word`, () => {
    assert.throws(() => claimsOf(prompt), { code: 'bad_input', message: expected })
  })
}
