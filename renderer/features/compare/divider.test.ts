import assert from 'node:assert/strict'
import test from 'node:test'

import { dividerAfterKey, dividerAt } from './divider.ts'

test('the divider follows the pointer and stops at the edges', () => {
  assert.equal(dividerAt(150, 100, 200), 25)
  assert.equal(dividerAt(0, 100, 200), 0)
  assert.equal(dividerAt(900, 100, 200), 100)
  assert.equal(dividerAt(5, 0, 0), 50)
})

test('keys move it in small and large strides and to the edges', () => {
  assert.equal(dividerAfterKey(50, 'ArrowLeft', false), 48)
  assert.equal(dividerAfterKey(50, 'ArrowRight', true), 60)
  assert.equal(dividerAfterKey(99, 'ArrowRight', false), 100)
  assert.equal(dividerAfterKey(50, 'Home', false), 0)
  assert.equal(dividerAfterKey(50, 'End', false), 100)
  assert.equal(dividerAfterKey(50, 'Tab', false), null)
})
