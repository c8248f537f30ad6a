import assert from 'node:assert/strict'
import test from 'node:test'

import { backOffMs, createEventParser } from './event-stream.ts'

test('events arrive whole however the stream is cut', () => {
  const text = 'data: {"a":1}\n\n: still here\n\ndata: {"b":2}\n\n'
  for (let cut = 0; cut <= text.length; cut++) {
    const parse = createEventParser()
    const events = [...parse(text.slice(0, cut)), ...parse(text.slice(cut))]
    assert.deepEqual(events, ['{"a":1}', '{"b":2}'], `cut at ${cut}`)
  }
})

test('data over several lines is joined, other fields and carriage returns are passed over', () => {
  const parse = createEventParser()
  assert.deepEqual(parse('event: x\r\ndata: one\r\ndata:two\r\n\r\n'), ['one\ntwo'])
})

test('a stream without an end of event is refused before it fills the memory', () => {
  const parse = createEventParser()
  assert.throws(() => {
    for (let piece = 0; piece < 100; piece++) parse('x'.repeat(100_000))
  }, /no end/)
})

test('attempts to connect grow apart, up to eight seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 1000].map(backOffMs), [500, 1000, 2000, 4000, 8000, 8000, 8000])
})
