/**
 * The plots of the report: a line plot over a logarithmic axis, and a list of dots. Plain SVG without script; its own
 * background, light or dark as the reader prefers.
 */

import type { Estimate } from './statistics.ts'

/** One line: its points by x, each with its interval, drawn as a band. */
export type Series = {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: Estimate }[]
}

export type LinePlot = {
  readonly title: string
  /** Read out in place of the picture. */
  readonly description: string
  /** Logarithmic; ticks stand at the points. */
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
}

export type DotPlot = {
  readonly title: string
  readonly description: string
  readonly xLabel: string
  readonly rows: readonly { readonly label: string; readonly value: Estimate; readonly strong?: boolean }[]
  /** Drawn as a line across, e.g. the figure without search. */
  readonly reference?: { readonly label: string; readonly x: number }
}

const width = 720
const palette = ['#2f7de1', '#e07a1f', '#1f9d6b', '#a05fd0', '#d64550']

const style = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 }
  .strong { font-weight: 600 }
  .note { fill: #57606a }
  .paper { fill: #ffffff }
  .grid { stroke: #d8dee4; stroke-width: 1 }
  .axis { stroke: #57606a; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .note { fill: #9aa4ae }
    .paper { fill: #0d1117 }
    .grid { stroke: #30363d }
    .axis { stroke: #9aa4ae }
  }`

/** A whole SVG document. */
export function linePlot({ title, description, xLabel, yLabel, series }: LinePlot): string {
  const height = 420
  const box = { left: 68, right: width - 24, top: 74, bottom: height - 58 }
  const points = series.flatMap((one) => one.points)
  const xs = [...new Set(points.map(({ x }) => x))].sort((a, b) => a - b)
  const xAt = logScale(xs[0] ?? 1, xs.at(-1) ?? 1, box.left + 14, box.right - 14)
  const ticks = niceTicks(
    Math.min(...points.map(({ y }) => y.low)),
    Math.max(...points.map(({ y }) => y.high)),
  )
  const yAt = linearScale(ticks[0] ?? 0, ticks.at(-1) ?? 1, box.bottom, box.top)

  const body: string[] = []
  for (const tick of ticks) {
    body.push(line('grid', box.left, yAt(tick), box.right, yAt(tick)))
    body.push(text(box.left - 8, yAt(tick) + 4, String(tick), 'note', 'end'))
  }
  body.push(line('axis', box.left, box.bottom, box.right, box.bottom))
  let labelled = -Infinity
  for (const x of xs) {
    body.push(line('axis', xAt(x), box.bottom, xAt(x), box.bottom + 5))
    // A label that would run into its neighbour is left out; its tick stays.
    if (xAt(x) - labelled < 34) continue
    labelled = xAt(x)
    body.push(text(xAt(x), box.bottom + 20, String(rounded(x)), 'note', 'middle'))
  }
  series.forEach(({ points: own }, i) => {
    const colour = palette[i % palette.length] ?? ''
    const sorted = [...own].sort((a, b) => a.x - b.x)
    const upper = sorted.map(({ x, y }) => at(xAt(x), yAt(y.high)))
    const lower = sorted.map(({ x, y }) => at(xAt(x), yAt(y.low))).reverse()
    body.push(`<polygon points="${[...upper, ...lower].join(' ')}" fill="${colour}" fill-opacity="0.16"/>`)
    const middle = sorted.map(({ x, y }) => at(xAt(x), yAt(y.mean))).join(' ')
    body.push(`<polyline points="${middle}" fill="none" stroke="${colour}" stroke-width="2.5"/>`)
    for (const { x, y } of sorted) body.push(dot(xAt(x), yAt(y.mean), colour))
  })
  body.push(legend(series.map(({ name }) => name)))
  body.push(text((box.left + box.right) / 2, height - 16, xLabel, '', 'middle'))
  const turn = `transform="rotate(-90 18 ${(box.top + box.bottom) / 2})"`
  body.push(text(18, (box.top + box.bottom) / 2, yLabel, '', 'middle', turn))
  return svg(height, title, description, body)
}

/** A whole SVG document. */
export function dotPlot({ title, description, xLabel, rows, reference }: DotPlot): string {
  const rowHeight = 28
  const top = 64
  const height = top + rows.length * rowHeight + 66
  const bottom = height - 62
  const left = 24 + Math.max(...rows.map(({ label }) => label.length)) * 7.8
  const values = rows.flatMap(({ value }) => [value.low, value.high])
  const ticks = niceTicks(
    Math.min(...values, reference?.x ?? Infinity),
    Math.max(...values, reference?.x ?? -Infinity),
  )
  const xAt = linearScale(ticks[0] ?? 0, ticks.at(-1) ?? 1, left + 12, width - 30)

  const body: string[] = []
  for (const tick of ticks) {
    body.push(line('grid', xAt(tick), top - 8, xAt(tick), bottom))
    body.push(text(xAt(tick), bottom + 18, String(tick), 'note', 'middle'))
  }
  if (reference !== undefined) {
    body.push(line('axis', xAt(reference.x), top - 8, xAt(reference.x), bottom, 'stroke-dasharray="4 4"'))
    body.push(text(xAt(reference.x), top - 14, reference.label, 'note', 'middle'))
  }
  rows.forEach(({ label, value, strong }, i) => {
    const y = top + (i + 0.5) * rowHeight
    const colour = palette[strong === true ? 1 : 0] ?? ''
    body.push(text(left, y + 4, label, strong === true ? 'strong' : '', 'end'))
    const span = `x1="${xAt(value.low).toFixed(1)}" x2="${xAt(value.high).toFixed(1)}" y1="${y}" y2="${y}"`
    body.push(`<line ${span} stroke="${colour}" stroke-width="3" stroke-opacity="0.45"/>`)
    body.push(dot(xAt(value.mean), y, colour))
  })
  body.push(text((left + width) / 2, height - 16, xLabel, '', 'middle'))
  return svg(height, title, description, body)
}

function svg(height: number, title: string, description: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${escaped(title)}</title>`,
    `<desc id="d">${escaped(description)}</desc>`,
    `<style>${style}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    text(24, 28, title, 'title'),
    ...body,
    '</svg>\n',
  ].join('\n')
}

function legend(names: readonly string[]): string {
  let x = 24
  return names
    .map((name, i) => {
      const colour = palette[i % palette.length] ?? ''
      const mark = `<rect x="${x}" y="45" width="14" height="4" rx="2" fill="${colour}"/>`
      const label = text(x + 20, 51, name, '')
      x += 44 + name.length * 7
      return mark + label
    })
    .join('\n')
}

/** Round figures that enclose the range, five or so. */
function niceTicks(low: number, high: number): readonly number[] {
  const span = high - low || Math.abs(high) || 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => span / one <= 6) ?? 10 * power
  const first = Math.floor(low / step + 1e-9)
  const last = Math.ceil(high / step - 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => rounded((first + i) * step))
}

const rounded = (value: number): number => Number(value.toPrecision(6))

const linearScale = (low: number, high: number, from: number, to: number) => (value: number) =>
  from + ((value - low) / (high - low || 1)) * (to - from)

const logScale = (low: number, high: number, from: number, to: number) => {
  const scale = linearScale(Math.log(low), Math.log(high), from, to)
  return (value: number) => scale(Math.log(value))
}

const at = (x: number, y: number): string => `${x.toFixed(1)},${y.toFixed(1)}`

const dot = (x: number, y: number, colour: string): string =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colour}"/>`

const line = (name: string, x1: number, y1: number, x2: number, y2: number, more = ''): string =>
  `<line class="${name}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${more}/>`

function text(x: number, y: number, content: string, name: string, anchor = 'start', more = ''): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`
  return `<text class="${name}" ${place} ${more}>${escaped(content)}</text>`
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
