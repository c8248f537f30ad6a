import assert from 'node:assert/strict'
import { test } from 'node:test'

import { labelOfClass, matchingClasses } from './class-names.ts'

const classes = ['red circle', 'red star', 'teal star', 'white shark', 'great white shark']

test('a text names a class whatever its case and spacing, and nothing less or more', () => {
  assert.equal(labelOfClass(classes, 'red star'), 1)
  assert.equal(labelOfClass(classes, '  TEAL\t Star '), 2)
  for (const text of ['', 'star', 'a red star', 'redstar']) assert.equal(labelOfClass(classes, text), null)
})

test('classes are found by the beginnings of their words, in any order', () => {
  assert.deepEqual(matchingClasses(classes, 'st'), ['red star', 'teal star'])
  assert.deepEqual(matchingClasses(classes, 'ST re'), ['red star'])
  assert.deepEqual(matchingClasses(classes, 'shark wh'), ['white shark', 'great white shark'])
  assert.deepEqual(matchingClasses(classes, 'tar'), [])
  assert.deepEqual(matchingClasses(classes, '  '), classes)
})
