import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'

import { PackFolders } from './read-packs.ts'
import { PackTokenizer } from './tokenizer.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')
let tokenizer: PackTokenizer

before(async () => {
  const { manifest, ...pack } = await new PackFolders([fixtures]).openImagePack('tiny')
  assert.equal(manifest.kind, 'text_to_image')
  tokenizer = await PackTokenizer.load({ ...pack, manifest })
})

test('a prompt becomes ids, padded with 0 to the length of the encoder', () => {
  const { ids, tokens } = tokenizer.encode('Two RED stars in night')
  assert.equal(tokens, 5)
  assert.equal(ids.length, 16)
  assert.deepEqual([...ids.slice(0, 5)], [3n, 10n, 31n, 41n, 44n])
  assert.ok(ids.slice(5).every((id) => id === 0n))
})

test('a long prompt is cut to the length of the encoder and its true length is told', () => {
  const { ids, tokens } = tokenizer.encode('red '.repeat(500))
  assert.equal(tokens, 500)
  assert.deepEqual(ids, new BigInt64Array(16).fill(10n))
})

test('an empty prompt is all padding', () => {
  const none = new BigInt64Array(16)
  assert.deepEqual(tokenizer.encode(''), { ids: none, attentionMask: none, tokens: 0 })
})

test('words outside the vocabulary are told once, in order, as the person spelt them', () => {
  const check = tokenizer.check('two Zorkish stars over a Grue, zorkish grue!')
  assert.deepEqual(check.unknownWords, ['Zorkish', 'over', 'Grue'])
  assert.equal(check.maxTokens, 16)
})

test('punctuation is not an unknown word, and holds a word together only from inside', () => {
  assert.deepEqual(tokenizer.check('two red stars, in "night"... (large)!').unknownWords, [])
  assert.deepEqual(tokenizer.check("red-blue, don't").unknownWords, ["don't"])
})

test('emoji and right-to-left words are told as unknown, whole', () => {
  const { unknownWords } = tokenizer.check('two 👨‍👩‍👧 stars שלום in مساء night 🔥')
  assert.deepEqual(unknownWords, ['👨‍👩‍👧', 'שלום', 'مساء', '🔥'])
})

test('texts that are hostile to tokenizers are read whole', () => {
  for (const text of ['\u0000red', '\ud800 red', '👩'.repeat(1000), 'a'.repeat(2000), "'-".repeat(1000)]) {
    assert.equal(tokenizer.encode(text).ids.length, 16)
    assert.ok(Array.isArray(tokenizer.check(text).unknownWords))
  }
  const words = Array.from({ length: 500 }, (_, i) => `w${i}`)
  assert.deepEqual(tokenizer.check(words.join(' ')).unknownWords, words)
})
