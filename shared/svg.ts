/** SVG as text: what the contact sheet and the figure are drawn with, in the window and on the command line alike. */

/** A picture on paper: its pixels as a `data:` URL. */
export type DrawnImage = { readonly url: string; readonly width: number; readonly height: number }

/** Colours of a drawing; those of the window are in renderer/styles/tokens.css. */
export type Paper = {
  readonly ground: string
  readonly text: string
  readonly dim: string
  readonly line: string
  readonly accent: string
}

export const papers = {
  light: { ground: '#ffffff', text: '#1a1a1a', dim: '#5f5f5f', line: '#d0d0d0', accent: '#8a6414' },
  dark: { ground: '#131313', text: '#ececec', dim: '#b0b0b0', line: '#3a3a3a', accent: '#d6ae56' },
} as const satisfies Readonly<Record<string, Paper>>

export type PaperId = keyof typeof papers

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"

/** Text that stands for itself between tags and in attributes; what XML 1.0 has no place for is left out. */
export function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** One element; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content = '',
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join('')
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`
}

/** Letters as people count them. */
const segmenter = new Intl.Segmenter()

export type TextStyle = {
  readonly size: number
  readonly fill: string
  readonly weight?: number
  readonly anchor?: 'start' | 'middle' | 'end'
  /** Characters that there is room for; the rest becomes an ellipsis. */
  readonly most?: number
}

/** A line of text with its baseline at y, figures all of one width. */
export function line(
  text: string,
  x: number,
  y: number,
  { size, fill, weight, anchor, most = Infinity }: TextStyle,
): string {
  const letters = Array.from(segmenter.segment(text.replaceAll(/\s+/g, ' ')), ({ segment }) => segment)
  const cut =
    letters.length > most ? `${letters.slice(0, Math.max(1, most - 1)).join('')}…` : letters.join('')
  const attributes = { x, y, fill, 'font-size': size, 'font-weight': weight, 'text-anchor': anchor }
  return element('text', attributes, escaped(cut))
}

/** A picture, whole, in the middle of a box. */
export function picture({ url }: DrawnImage, x: number, y: number, width: number, height: number): string {
  return element('image', { href: url, x, y, width, height, preserveAspectRatio: 'xMidYMid meet' })
}

/** The whole drawing, `width` x `height` user units on its paper. */
export function drawing(width: number, height: number, paper: Paper, content: readonly string[]): string {
  const frame = element('rect', { width, height, fill: paper.ground })
  return element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}` },
      ...{ 'font-family': font, style: 'font-variant-numeric: tabular-nums' },
    },
    [frame, ...content].join('\n'),
  )
}
