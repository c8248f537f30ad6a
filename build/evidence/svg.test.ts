import assert from 'node:assert/strict'
import { test } from 'node:test'

import { dotPlot, linePlot } from './svg.ts'

const estimate = (mean: number) => ({ mean, low: mean - 3, high: mean + 3, n: 10 })

const line = linePlot({
  title: 'Steps & search <both>',
  description: 'What is drawn.',
  xLabel: 'NFE',
  yLabel: 'accuracy, %',
  series: [
    { name: 'steps', points: [5, 10, 20, 320].map((x) => ({ x, y: estimate(40 + x / 100) })) },
    { name: 'search', points: [20, 80].map((x) => ({ x, y: estimate(x / 2) })) },
  ],
})
const dots = dotPlot({
  title: 'Guides',
  description: 'What is drawn.',
  xLabel: 'accuracy, %',
  rows: [
    { label: 'CLIP score', value: estimate(61) },
    { label: 'Ensemble', value: estimate(77), strong: true },
  ],
  reference: { label: 'no search', x: 50 },
})

/** Fails where tags do not nest or text holds markup: what an XML reader would refuse. */
function requireWellFormed(xml: string): void {
  const open: string[] = []
  for (const [, closing, name, attributes, empty] of xml.matchAll(
    /<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi,
  )) {
    if (closing === '/') assert.equal(open.pop(), name)
    else if (empty !== '/') open.push(name ?? '')
    const keys = [...(attributes ?? '').matchAll(/([\w:-]+)=/g)].map(([, key]) => key)
    assert.equal(new Set(keys).size, keys.length, `an attribute twice in ${name ?? ''}`)
  }
  assert.deepEqual(open, [])
  const between = xml.replace(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi, '')
  assert.doesNotMatch(between, /[<>]|&(?!amp;|lt;|gt;)/)
}

test('plots are well-formed XML, whatever the words', () => {
  requireWellFormed(line)
  requireWellFormed(dots)
  assert.match(line, /<title id="t">Steps &amp; search &lt;both&gt;<\/title>/)
})

test('no coordinate is missing, and all lie on the paper', () => {
  for (const svg of [line, dots]) {
    assert.doesNotMatch(svg, /NaN|Infinity|undefined/)
    const [, height] = /viewBox="0 0 720 ([\d.]+)"/.exec(svg) ?? []
    for (const [, axis, value] of svg.matchAll(/ c?([xy])[12]?="(-?[\d.]+)"/g))
      assert.ok(Number(value) >= 0 && Number(value) <= (axis === 'x' ? 720 : Number(height)))
  }
})

test('the axis is logarithmic: equal factors are equal distances', () => {
  const [x5, x10, x20] = [...line.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x))
  assert.ok(Math.abs((x10 ?? 0) - (x5 ?? 0) - ((x20 ?? 0) - (x10 ?? 0))) < 0.2)
})
