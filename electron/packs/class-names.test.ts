import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ClassNames } from './class-names.ts'

const names = new ClassNames({
  id: 'objects',
  classes: ['red circle', 'red square', 'blue circle', 'blue square', 'green ring'],
})

test('a prompt is the name of a class, whatever its case and spacing', () => {
  assert.equal(names.labelOf('blue circle'), 2)
  assert.equal(names.labelOf('  Green \t RING'), 4)
  assert.deepEqual(names.check('red circle'), { tokens: 1, maxTokens: 1, unknownWords: [] })
})

test('any other prompt is refused with a few names, their number, and the way to all', () => {
  for (const prompt of ['a red circle', 'redcircle', '', 'constructor']) {
    assert.throws(() => names.check(prompt), {
      code: 'bad_input',
      message: `prompt: expected a class of pack objects: red circle, red square, blue circle, blue square, ... (5 in all), found ${JSON.stringify(prompt)}; \`packs --classes objects\` lists them`,
    })
  }
})
