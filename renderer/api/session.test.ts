import assert from 'node:assert/strict'
import test from 'node:test'

import { codeIn } from './session.ts'

const code = 'ZhHCdeev10LK7_nQZI6YzB5WW-qaTLm2OFNi1k0_vxQ'

test('the code is found in a link, in its fragment, or alone', () => {
  for (const pasted of [
    `http://127.0.0.1:39813/#code=${code}`,
    `#code=${code}`,
    ` ${code}\n`,
    `#run=3&code=${code}`,
  ]) {
    assert.equal(codeIn(pasted), code)
  }
})

test('anything else is not taken for a code', () => {
  for (const pasted of ['', 'hello', 'http://127.0.0.1:39813/', '#run=3', 'a b c', 'x'.repeat(200)]) {
    assert.equal(codeIn(pasted), null)
  }
})
