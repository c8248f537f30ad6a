import assert from 'node:assert/strict'
import test from 'node:test'

import { marksInWords } from './marks.ts'

test('flag and stars are said in one line, and nothing is said of nothing', () => {
  assert.equal(marksInWords(null, 0), '')
  assert.equal(marksInWords('pick', 0), 'picked')
  assert.equal(marksInWords(null, 1), '1 star')
  assert.equal(marksInWords('reject', 4), 'rejected, 4 stars')
})
