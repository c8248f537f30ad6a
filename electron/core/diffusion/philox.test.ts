import assert from 'node:assert/strict'
import { test } from 'node:test'

import { philoxBlock } from './philox.ts'

/** Known answers published with Random123 (kat_vectors, philox4x32 with 10 rounds). */
const knownAnswers = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    block: ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    block: ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    block: ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
  },
] as const

for (const { counter, key, block } of knownAnswers) {
  test(`the block of counter ${counter[0].toString(16)}... is Random123's`, () => {
    const out = new Uint32Array(4)
    philoxBlock(counter, key, out)
    assert.deepEqual(
      [...out].map((word) => word.toString(16).padStart(8, '0')),
      block,
    )
  })
}
