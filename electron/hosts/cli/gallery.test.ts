/** The gallery from the command line: pictures, marks, boards, images from outside. */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { encode } from 'fast-png'

import type { Picture } from '../../../shared/gallery.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-gallery-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})
const file = (name: string): string => join(folder, name)

/** What a command prints; its exit code must be 0. */
const say = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await goldpan([...args, '--library', file('library')])
  assert.equal(code, 0, stderr)
  return stdout
}
const listed = async (...args: readonly string[]) =>
  JSON.parse(await say('pictures', ...args, '--json')) as {
    readonly found: number
    readonly pictures: readonly Picture[]
  }

before(async () => {
  await say('search', 'two red stars in night', '--candidates', '3', '--steps', '2', '--baselines', '2')
})

test('pictures are marked by place or number, and found again by their marks', async () => {
  const { pictures } = await listed('--sort', 'clip_score')
  const scores = pictures.map(({ scores: { clip_score } }) => clip_score ?? Number.NaN)
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  )
  const [best, second] = pictures
  assert.equal(
    await say('mark', `${best?.id},1/2`, '--flag', 'pick', '--rating', '4'),
    'Marked 2 pictures.\n',
  )
  const picked = await listed('--flag', 'pick', '--rating', '4')
  assert.ok(picked.pictures.some(({ id }) => id === best?.id))
  assert.ok(picked.pictures.every(({ flag, rating }) => flag === 'pick' && rating === 4))
  await say('mark', String(best?.id), '--flag', 'none')
  assert.ok(!(await listed('--flag', 'pick')).pictures.some(({ id }) => id === best?.id))
  assert.ok(second !== undefined)
  assert.equal(await say('mark', '1/2,1/2', '--rating', '0'), 'Marked 1 picture.\n')
})

test('a board is made by its name, filled, listed and removed', async () => {
  assert.match(await say('board', 'Night sky', '--add', '1/0,1/1'), /^Board 1 has 2 pictures/)
  assert.match(await say('board', 'Night sky', '--take', '1/0'), /^Board 1 has 1 picture\./)
  assert.equal((await listed('--board', '1')).found, 1)
  assert.match(await say('boards'), /Night sky/)
  assert.match(await say('board', 'Night sky', '--remove'), /stay in the library/)
  assert.match(await say('boards'), /No boards yet/)
})

test('a PNG from outside becomes a picture with the prompt that it is given', async () => {
  const data = Uint8Array.from({ length: 32 * 24 * 3 }, (_, i) => i % 251)
  writeFileSync(file('sunset.png'), encode({ width: 32, height: 24, data, channels: 3 }))
  const [, id] =
    /^Picture (-\d+)\.\n$/.exec(await say('add', file('sunset.png'), '--prompt', 'a sunset')) ?? []
  const { pictures } = await listed('--outside')
  assert.deepEqual(
    pictures.map((one) => [String(one.id), one.prompt, one.width, one.origin]),
    [[id, 'a sunset', 32, { kind: 'outside', name: 'sunset.png' }]],
  )
  assert.equal(await say('mark', `${id}`, '--flag', 'reject'), 'Marked 1 picture.\n')
  const [image] = pictures
  const sha256 = image?.imageSha256 ?? ''
  const stored = join(folder, 'library', 'images', sha256.slice(0, 2), `${sha256}.png`)
  assert.ok(existsSync(stored))
  assert.equal(await say('remove', `${id}`), 'Removed 1 picture.\n')
  assert.deepEqual([(await listed('--outside')).found, existsSync(stored)], [0, false])
})

test("what stands in a stranger's file name tells the terminal nothing", async () => {
  const name = file('red\u001b[31m\u0007.png')
  writeFileSync(name, encode({ width: 4, height: 4, data: new Uint8Array(48).fill(9), channels: 3 }))
  await say('add', name)
  const list = await say('pictures', '--outside')
  assert.match(list, /red \[31m \.png/)
  assert.doesNotMatch(list.replaceAll('\n', ''), /\p{Cc}/u)
})

test('scores go into a table, pictures onto a sheet, and never over another file', async () => {
  const files = ['--csv', file('scores.csv'), '--sheet', file('sheet.svg')]
  assert.match(await say('pictures', '--run', '1', ...files), /^Wrote \d of \d pictures/)
  const { found } = await listed('--run', '1')
  assert.equal(readFileSync(file('scores.csv'), 'utf8').trimEnd().split('\r\n').length, found + 1)
  assert.equal(readFileSync(file('sheet.svg'), 'utf8').match(/<image /g)?.length, found)
  const again = await goldpan(['pictures', ...files, '--library', file('library')])
  assert.deepEqual([again.code, again.stdout], [2, ''])
})

test('the figure of a run is drawn with its pictures, on the paper that is asked for', async () => {
  assert.match(await say('figure', '1', file('figure.svg'), '--paper', 'dark'), /^Drew the figure of run 1/)
  const svg = readFileSync(file('figure.svg'), 'utf8')
  assert.match(svg, /two red stars in night/)
  assert.ok((svg.match(/<image /g)?.length ?? 0) >= 3, svg.slice(0, 500))
  const { code, stderr } = await goldpan([
    ...['figure', '1', file('other.svg'), '--paper', 'pink', '--library', file('library')],
  ])
  assert.equal(code, 2)
  assert.match(stderr, /expected light or dark/)
})

test('what is asked for wrongly is told in one line', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['mark', '1'], /expected --flag or --rating/],
    [['mark', '1', '--rating', '6'], /rating/],
    [['mark', 'one', '--flag', 'pick'], /such as 4,7,12\/3/],
    [['mark', '1/99', '--flag', 'pick'], /found none; `show 1`/],
    [['mark', '99', '--flag', 'pick'], /does not have/],
    [['remove', '1'], /expected images from outside, found 1, which run 1 has made/],
    [['board', 'Nowhere', '--remove'], /Expected the name of a board, found "Nowhere"/],
    [['board', 'Nowhere', '--add', '99'], /does not have/],
    [['pictures', '--sort', 'beauty'], /expected one of clip_score/],
    [['pictures', '--limit', '0'], /whole number from 1/],
    [['add', file('nothing.png')], /none that can be read/],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await goldpan([...args, '--library', file('library')])
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, message)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
  assert.match(await say('boards'), /No boards yet/)
})
