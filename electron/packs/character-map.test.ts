import assert from 'node:assert/strict'
import { test } from 'node:test'

import { characterMap } from './character-map.ts'

/** A map of one key, the letter A, in the form of sentencepiece. */
function mapOfA(replacement: string, value = 0): string {
  const trie = new Uint32Array(512)
  const [children, leaf] = [0x100, 1]
  trie[0] = children << 10
  const node = children ^ 0x41
  // The byte that leads here, the mark of a value, and how far that is.
  trie[node] = 0x41 | (1 << 8) | (leaf << 10)
  trie[node ^ leaf] = 0x80000000 + value
  const length = Buffer.alloc(4)
  length.writeUInt32LE(trie.byteLength)
  return Buffer.concat([length, Buffer.from(trie.buffer), Buffer.from(`${replacement}\0`)]).toString('base64')
}

test('what the map knows is replaced, everything else stays', () => {
  const map = characterMap(mapOfA('ö!'))
  assert.equal(map('A 👩‍🚀 cAt é\u200b'), 'ö! 👩‍🚀 cö!t é\u200b')
  assert.equal(map(''), '')
  assert.equal(characterMap(mapOfA(''))('bAAb'), 'bb')
})

test('a text that is no Unicode, and a value beyond the replacements, harm nothing', () => {
  assert.equal(characterMap(mapOfA('x'))('\ud800A'), '\ufffdx')
  assert.equal(characterMap(mapOfA('x', 999))('bAb'), 'bb')
})

test('maps of another form are refused, and those that make long texts of short ones', () => {
  const tooLong = Buffer.from([255, 255, 255, 0, 1, 2, 3, 4]).toString('base64')
  for (const map of ['', 'AAA=', tooLong, mapOfA('x'.repeat(257))]) {
    assert.throws(() => characterMap(map), RangeError)
  }
  assert.equal(characterMap(mapOfA('x'.repeat(256)))('A').length, 256)
})
