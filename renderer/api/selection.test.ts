import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSelection } from './selection.ts'

const order = [5, 3, 9, 1, 7]
const seen = ({ snapshot }: ReturnType<typeof createSelection>) => ({
  selected: [...snapshot().selected],
  active: snapshot().active,
})

test('a range goes from where it began, both ways, however often it is moved', () => {
  const selection = createSelection()
  selection.choose(9)
  selection.extend(7, order)
  assert.deepEqual(seen(selection), { selected: [9, 1, 7], active: 7 })
  selection.extend(5, order)
  assert.deepEqual(seen(selection), { selected: [5, 3, 9], active: 5 })
})

test('a picture can be added and taken out; the one in front is always among the selected', () => {
  const selection = createSelection()
  selection.choose(3)
  selection.toggle(7)
  assert.deepEqual(seen(selection), { selected: [3, 7], active: 7 })
  selection.toggle(7)
  assert.deepEqual(seen(selection), { selected: [3], active: 3 })
  selection.toggle(3)
  assert.deepEqual(seen(selection), { selected: [], active: null })
})

test('a range whose beginning is no longer shown begins anew', () => {
  const selection = createSelection()
  selection.choose(100)
  selection.extend(1, order)
  assert.deepEqual(seen(selection), { selected: [1], active: 1 })
})
