import assert from 'node:assert/strict'
import { test } from 'node:test'

import { claimsOf } from './claims.ts'
import type { Thing } from './detections.ts'
import { verdict } from './verdict.ts'

/** A thing by its name, such as `striped red star`. */
const thing = (name: string, x: number, y: number, radius = 15): Thing => {
  const [shape = '', colour = '', texture = ''] = name.split(' ').reverse()
  return { x, y, radius, shape, colour, texture }
}

/** The claims that a picture breaks, as `kind noun`. */
const broken = (prompt: string, things: readonly Thing[], background = 'night'): readonly string[] =>
  verdict(claimsOf(prompt), { things, background }).flatMap(({ claim, holds }) =>
    holds ? [] : [`${claim.kind} ${claim.noun}`],
  )

const prompt = 'two small striped red stars left of a blue ring in night'
const first = thing('striped red star', 30, 40, 12)
const second = thing('striped red star', 30, 80, 12)
const ring = thing('blue ring', 90, 60, 20)
const scene = [first, second, ring]

test('a right picture keeps every claim, in the order of the claims', () => {
  assert.deepEqual(broken(prompt, scene), [])
  const claims = claimsOf(prompt)
  assert.deepEqual(
    verdict(claims, { things: scene, background: 'night' }).map(({ claim }) => claim),
    claims,
  )
})

test('one fault breaks its own claim and no other', () => {
  for (const [fault, things] of [
    ['colour 0', [{ ...first, colour: 'pink' }, second, ring]],
    ['shape 0', [first, { ...second, shape: 'moon' }, ring]],
    ['texture 0', [first, { ...second, texture: '' }, ring]],
    ['size 0', [{ ...first, radius: 18 }, { ...second, radius: 18 }, ring]],
    ['colour 1', [first, second, { ...ring, colour: 'teal' }]],
    ['shape 1', [first, second, { ...ring, shape: 'circle' }]],
    ['texture 1', [first, second, { ...ring, texture: 'dotted' }]],
    ['position 0', [first, second, { ...ring, x: 10 }]],
  ] as const) {
    assert.deepEqual(broken(prompt, things), [fault])
  }
  assert.deepEqual(broken(prompt, scene, 'sky'), ['background 0'])
})

test('a missing or a further thing breaks counts', () => {
  assert.deepEqual(broken(prompt, [first, ring]), ['count 0'])
  // A thing too many, whatever it is, belongs to no noun: every count is wrong.
  assert.deepEqual(broken(prompt, [...scene, thing('striped red star', 30, 110)]), ['count 0', 'count 1'])
  assert.deepEqual(broken(prompt, [...scene, thing('green moon', 30, 110)]), ['count 0', 'count 1'])
})

test('nothing is claimed rightly of a noun that the picture does not show', () => {
  assert.deepEqual(broken(prompt, [first, second]), [
    'position 0',
    'count 1',
    'texture 1',
    'colour 1',
    'shape 1',
  ])
  assert.deepEqual(broken('a red star in night', [thing('blue ring', 64, 64)]), [
    'count 0',
    'texture 0',
    'colour 0',
    'shape 0',
  ])
  assert.deepEqual(broken('a red star in night', []), ['count 0', 'texture 0', 'colour 0', 'shape 0'])
})

test('the texture alone makes no thing answer for a noun', () => {
  assert.deepEqual(broken('a striped red star in night', [thing('striped blue ring', 64, 64)]).length, 4)
})

test('colours exchanged between the nouns break both colours', () => {
  const exchanged = [thing('blue star', 30, 60), thing('red ring', 90, 60)]
  assert.deepEqual(broken('a red star left of a blue ring in night', exchanged), ['colour 0', 'colour 1'])
})

test('where looks decide who is who, the position cannot', () => {
  // "a star" may be either star, but "a red star" only the red one: so the blue star is right of it, not left.
  const pair = [thing('red star', 30, 60), thing('blue star', 90, 60)]
  assert.deepEqual(broken('a star left of a red star in night', pair), ['position 0'])
  assert.deepEqual(broken('a star right of a red star in night', pair), [])
})

test('where looks leave open who is who, the position decides', () => {
  const pair = [thing('red star', 30, 60), thing('red star', 90, 60)]
  assert.deepEqual(broken('a red star right of a star in night', pair), [])
  assert.deepEqual(broken('a red star below a star in night', pair), ['position 0'])
})

test('every counted thing must be clear on its side by three quarters of the radii', () => {
  const at = (x: number) => [thing('red star', 30, 40), thing('red star', x, 80), thing('blue ring', 90, 60)]
  assert.deepEqual(broken('two red stars left of a blue ring in night', at(67)), [])
  assert.deepEqual(broken('two red stars left of a blue ring in night', at(68)), ['position 0'])
})

test('a size is the nearer of small and large for the count and the layout', () => {
  const one = (radius: number) => [thing('red star', 64, 64, radius)]
  assert.deepEqual(broken('a small red star in night', one(23.9)), [])
  assert.deepEqual(broken('a small red star in night', one(24.1)), ['size 0'])
  assert.deepEqual(broken('a large red star in night', one(23.9)), ['size 0'])
  assert.deepEqual(broken('a red star in night', one(50)), [])
  const four = [30, 55, 80, 105].map((y) => thing('red star', 30, y, 12.6))
  assert.deepEqual(broken('four large red stars in night', four), ['size 0'])
  assert.deepEqual(broken('four large red stars left of a blue ring in night', [...four, ring]), [])
})

test('a thing that is left open may have any colour and texture', () => {
  for (const name of ['red star', 'dotted black star']) {
    assert.deepEqual(broken('a star in night', [thing(name, 64, 64)]), [])
  }
  assert.deepEqual(broken('a red star in night', [thing('dotted red star', 64, 64)]), ['texture 0'])
})
