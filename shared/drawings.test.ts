import assert from 'node:assert/strict'
import { test } from 'node:test'

import { contactSheet } from './contact-sheet.ts'
import { figureDrawing } from './figure-drawing.ts'
import { escaped } from './svg.ts'

const image = { url: 'data:image/png;base64,AAAA', width: 128, height: 96 }
const hostile = '<script>alert("1")</script> & \u0007]]>'

const sheet = (count: number, columns = 5) =>
  contactSheet(
    Array.from({ length: count }, (_, i) => ({
      ...{ image, caption: [hostile, '.731'] as const, stars: i % 6, picked: i === 1 },
    })),
    { title: hostile, subtitle: 'seven pictures', columns, paper: 'light', captions: true },
  )

/** Opening tags and closing ones match, each text is escaped: what an XML reader asks for. */
function expectWellFormed(svg: string): void {
  const open: string[] = []
  for (const [, closing, name, selfClosing] of svg.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (closing === '/') assert.equal(open.pop(), name)
    else if (selfClosing === '') open.push(name ?? '')
  }
  assert.deepEqual(open, [])
  assert.ok(!svg.includes('<script'))
  assert.ok(!svg.includes('\u0007'))
}

test('what is drawn is markup of ours only, whatever the prompt says', () => {
  expectWellFormed(sheet(7))
  expectWellFormed(
    figureDrawing(
      {
        ...{ title: hostile, subtitle: hostile, verdict: hostile },
        halves: [
          { title: 'More steps', columns: [] },
          {
            title: hostile,
            columns: [
              { name: hostile, costs: ['8 NFE', '1 s'], image, score: '.7', delta: '+.1', winner: true },
              { name: 'best of 2', costs: ['', ''], image: null, score: '', delta: '', winner: false },
            ],
          },
        ],
      },
      'dark',
    ),
  )
  assert.equal(escaped('a<b>&"\u0000c'), 'a&lt;b&gt;&amp;&quot;c')
})

test('a sheet has a place for every picture, in rows of its columns', () => {
  const places = [...sheet(7, 3).matchAll(/<image [^>]*? x="(\d+)" y="(\d+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ])
  assert.equal(places.length, 7)
  assert.equal(new Set(places.map(([x]) => x)).size, 3)
  assert.equal(new Set(places.map(([, y]) => y)).size, 3)
  const [, height] = /height="(\d+)" viewBox/.exec(sheet(7, 3)) ?? []
  assert.ok(Math.max(...places.map(([, y = 0]) => y)) + 240 < Number(height))
})
