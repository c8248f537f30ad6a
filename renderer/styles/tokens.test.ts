import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

type Theme = 'dark' | 'light'
/** Linear-light red, green, blue in [0, 1]. */
type Colour = readonly [number, number, number]

const themes: readonly Theme[] = ['dark', 'light']
const source = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8')

/** What a block of declarations says of custom properties. */
function declarations(css: string): Map<string, string> {
  return new Map(
    [...css.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

const moreContrast = /@media \(prefers-contrast: more\) \{([^@]*)\n\}/.exec(source)?.[1] ?? ''
const usual = declarations(source.slice(0, source.indexOf('@media')))
const palettes = {
  usual,
  'more contrast': new Map([...usual, ...declarations(moreContrast)]),
}

/** The colour of a token, laid over `under` where it lets through. */
function colour(
  tokens: ReadonlyMap<string, string>,
  theme: Theme,
  name: string,
  under: Colour = [1, 1, 1],
): Colour {
  const value = tokens.get(name) ?? assert.fail(`no token ${name}`)
  const reference = /^var\((--[\w-]+)\)$/.exec(value)?.[1]
  if (reference !== undefined) return colour(tokens, theme, reference, under)
  const both = /^light-dark\((#\w+|rgb\([^)]*\)), (#\w+|rgb\([^)]*\))\)$/.exec(value)
  const text = both === null ? value : ((theme === 'light' ? both[1] : both[2]) ?? '')
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(text)
  const [red, green, blue, alpha = '100'] =
    hex?.slice(1).map((part) => String(parseInt(part, 16))) ??
    /^rgb\((\d+) (\d+) (\d+) \/ (\d+)%\)$/.exec(text)?.slice(1) ??
    assert.fail(`${name}: expected #rrggbb or rgb(r g b / a%), found ${text}`)
  const part = Number(alpha) / 100
  const mix = (top: string | undefined, bottom: number) =>
    linear((part * Number(top)) / 255 + (1 - part) * encoded(bottom))
  return [mix(red, under[0]), mix(green, under[1]), mix(blue, under[2])]
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const encoded = (value: number) => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)

/** Relative luminance and contrast of WCAG 2.2. */
const luminance = ([red, green, blue]: Colour) => 0.2126 * red + 0.7152 * green + 0.0722 * blue
function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const surfaces = ['--ground', '--panel', '--raised', '--raised-hover', '--field']
/** Where controls and plots stand; `--raised-hover` is a state of a control itself. */
const places = ['--ground', '--panel', '--raised', '--field']

/** Which token is read against which, and how much contrast that takes. */
const pairs: readonly { readonly what: string; readonly on: readonly string[]; readonly least: number }[] = [
  ...['--text', '--text-dim', '--text-faint', '--gold-bright', '--fault'].map((what) => ({
    what,
    on: surfaces,
    least: 4.5,
  })),
  { what: '--text', on: ['--gold-deep', '--fault-deep'], least: 4.5 },
  { what: '--text-dim', on: ['--gold-deep', '--fault-deep'], least: 4.5 },
  { what: '--fault', on: ['--fault-deep'], least: 4.5 },
  { what: '--gold-bright', on: ['--gold-deep'], least: 4.5 },
  { what: '--on-gold', on: ['--gold', '--gold-bright'], least: 4.5 },
  { what: '--on-well', on: ['--well'], least: 4.5 },
  { what: '--well-edge', on: ['--well'], least: 3 },
  { what: '--on-picture', on: ['--veil'], least: 4.5 },
  { what: '--on-picture-dim', on: ['--veil'], least: 4.5 },
  ...['--flag-pick', '--flag-reject', '--star', '--star-off'].map((what) => ({
    what,
    on: ['--veil'],
    least: 3,
  })),
  ...['--edge', '--line-strong', '--focus', '--gold', '--star-on-surface'].map((what) => ({
    what,
    on: places,
    least: 3,
  })),
  { what: '--focus', on: ['--raised-hover', '--gold-deep', '--fault-deep'], least: 3 },
  ...[1, 2, 3, 4, 5, 6].flatMap((step) => [
    { what: `--on-scale-${step}`, on: [`--scale-${step}`], least: 4.5 },
    { what: `--series-${step}`, on: places, least: 3 },
  ]),
  { what: '--series-baseline', on: places, least: 3 },
]

for (const [palette, tokens] of Object.entries(palettes)) {
  for (const theme of themes) {
    test(`${theme}, ${palette}: text has 4.5:1, edges, marks and lines 3:1, on all that they stand on`, () => {
      const found = pairs.flatMap(({ what, on, least }) =>
        on.map((surface) => {
          const under = colour(tokens, theme, surface)
          const ratio = contrast(colour(tokens, theme, what, under), under)
          return { pair: `${what} on ${surface}`, ratio, least }
        }),
      )
      const short = found.filter(({ ratio, least }) => ratio < least)
      assert.deepEqual(short, [])
    })
  }
}

test('greys are neutral, and both themes have the same tokens', () => {
  for (const name of [...surfaces, '--well', '--text', '--text-dim', '--text-faint', '--edge', '--line']) {
    for (const theme of themes) {
      const [red, green, blue] = colour(usual, theme, name)
      assert.ok(red === green && green === blue, `${name}, ${theme}`)
    }
  }
})

test('a higher score is always further from the ground, in lightness alone', () => {
  for (const theme of themes) {
    const ground = luminance(colour(usual, theme, '--ground'))
    const away = [1, 2, 3, 4, 5, 6].map((step) =>
      Math.abs(luminance(colour(usual, theme, `--scale-${step}`)) - ground),
    )
    assert.deepEqual(
      away,
      away.toSorted((a, b) => a - b),
    )
  }
})

/** Machado, Oliveira, Fernandes 2009, severity 1: what eyes without one kind of cone see, in linear light. */
const eyes = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}

/** Oklab (Ottosson 2020), in which equal distances look equal; 0.02 is just seen. */
function oklab([red, green, blue]: Colour): Colour {
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

test('any two series differ by 0.08 in Oklab, for every kind of eye', () => {
  for (const theme of themes) {
    const series = [1, 2, 3, 4, 5, 6].map((step) => colour(usual, theme, `--series-${step}`))
    for (const [eye, m] of Object.entries(eyes)) {
      const seen = series.map(([r, g, b]) => {
        const row = (at: number) => (m[at] ?? 0) * r + (m[at + 1] ?? 0) * g + (m[at + 2] ?? 0) * b
        return oklab([row(0), row(3), row(6)])
      })
      for (const [index, one] of seen.entries()) {
        for (const [offset, other] of seen.slice(index + 1).entries()) {
          const distance = Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2])
          assert.ok(
            distance > 0.08,
            `${theme}, ${eye}: series ${index + 1} and ${index + offset + 2}: ${distance}`,
          )
        }
      }
    }
  }
})

test('no style sheet but tokens.css names a colour, and every token that one uses exists', () => {
  const root = join(import.meta.dirname, '..')
  const sheets = globSync('**/*.css', { cwd: root }).filter((name) => !name.endsWith('tokens.css'))
  assert.ok(sheets.length > 20)
  const code = globSync('**/*.{ts,tsx}', { cwd: root }).map((name) => readFileSync(join(root, name), 'utf8'))
  // Set by components through `style`.
  const set = new Set(
    code.flatMap((text) => [...text.matchAll(/'(--[\w-]+)'/g)].map(([, name = '']) => name)),
  )
  for (const name of sheets) {
    const css = readFileSync(join(root, name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    const literal = /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|lab|color|color-mix)\(|(?<!-)\b(white|black)\b(?!-)/i
    assert.doesNotMatch(css, literal, name)
    const own = declarations(css)
    for (const [, token = ''] of css.matchAll(/var\((--[\w-]+)/g)) {
      assert.ok(usual.has(token) || own.has(token) || set.has(token), `${name}: ${token}`)
    }
  }
})
