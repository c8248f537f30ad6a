/** The wall of everything: what it filters by, sorts by, takes in and gives away, and what it says when it cannot. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Page } from '@playwright/test'

import { makeBigLibrary } from '../build/big-library.ts'
import type { WallQuestion } from '../shared/gallery.ts'
import { inFront, makeRun, openWall, tileOf, wallParts } from './gallery-library.ts'
import { expect, expectNoViolations, fill, test } from './studio.ts'

const newest: WallQuestion['order'] = { by: 'made', descending: true }

test('filters, orders and the size of the tiles, by keyboard and by mouse, come back with a reload', async ({
  page,
  serve,
  folder,
}) => {
  const libraryPath = join(folder, 'library')
  await makeBigLibrary(libraryPath, 400)
  const { newestLink, studio } = await serve({ libraryPath })
  const wall = (question: Partial<WallQuestion>) =>
    studio.api.wall({ filter: {}, order: newest, ...question })
  const all = await wall({})
  await page.goto(newestLink())
  const { count, chips, filters, grid } = await openWall(page)
  await expect(count).toHaveText(`${all.length} pictures`)
  const expectShown = async (question: Partial<WallQuestion>) => {
    const ids = await wall(question)
    expect(ids.length).toBeLessThan(all.length)
    const total = `${ids.length} of ${all.length} pictures`
    await expect(count).toHaveText(total)
    if (ids[0] !== undefined) await expect(tileOf(page, ids[0])).toBeVisible()
  }

  // By keyboard: words, stars, a score, dates.
  await fill(page.getByRole('searchbox', { name: 'Words in the prompt' }), 'red')
  await expectShown({ filter: { text: 'red' } })
  await page.getByRole('radio', { name: 'Any' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expectShown({ filter: { text: 'red', ratingAtLeast: 2 } })
  await chips.filter({ hasText: '2 stars or more' }).focus()
  await page.keyboard.press('Enter')
  await expect(grid).toBeFocused()
  await expectShown({ filter: { text: 'red' } })
  await page.getByRole('combobox', { name: 'Verifier' }).selectOption('clip_score')
  const half = (await studio.api.pictures({ pictures: all.slice(0, 200) }))
    .flatMap(({ scores }) => (scores.clip_score === undefined ? [] : [scores.clip_score]))
    .sort((one, other) => one - other)
    .at(100)
  const least = Number((half ?? 0).toFixed(3))
  await fill(page.getByRole('textbox', { name: 'Score, at least' }), String(least))
  await expectShown({ filter: { text: 'red', score: { verifier: 'clip_score', least } } })
  await page.getByRole('button', { name: 'Clear filters' }).focus()
  await page.keyboard.press('Enter')
  await expect(count).toHaveText(`${all.length} pictures`)
  await expect(page.getByRole('searchbox')).toHaveValue('')
  await expect(page.getByRole('textbox', { name: 'Score, at least' })).toHaveValue('')
  await expect(grid).toBeFocused()
  await page.getByLabel('Made since').fill('2026-03-01')
  await page.getByLabel('Made until').fill('2026-05-31')
  const spring = {
    from: new Date(2026, 2, 1).toISOString(),
    before: new Date(2026, 5, 1).toISOString(),
  }
  await expectShown({ filter: spring })
  await expect(chips).toHaveText(['Since 2026-03-01', 'Until 2026-05-31'])

  await page.getByRole('button', { name: 'Clear the date' }).click()
  await expect(chips).toHaveCount(0)
  await expect(page.getByLabel('Made until')).toHaveValue('')
  await expect(page.getByLabel('Made since')).toBeFocused()

  // By mouse: flags, arms, algorithms, models, images from outside; then the order and the tiles.
  await filters.getByRole('button', { name: /^Picked/ }).click()
  await filters.getByRole('button', { name: 'Not flagged' }).click()
  await expectShown({ filter: { flags: ['pick', 'none'] } })
  await filters.getByRole('button', { name: 'Baselines' }).click()
  await expectShown({ filter: { flags: ['pick', 'none'], arms: ['baseline'] } })
  await filters.getByRole('button', { name: /^From outside/ }).click()
  await expectShown({ filter: { flags: ['pick', 'none'], origin: 'outside' } })
  await chips.filter({ hasText: 'From outside' }).click()
  await filters.getByRole('button', { name: 'Zero-order search' }).click()
  await chips.filter({ hasText: 'Picked' }).click()
  await chips.filter({ hasText: 'Not flagged' }).click()
  await expectShown({ filter: { algorithms: ['zero_order_search'] } })
  await page.getByText('Drafts and paths too').click()
  const drafts = await wall({ filter: { algorithms: ['zero_order_search'], unfinished: true } })
  await expect(count).toHaveText(`${drafts.length} pictures`)
  await chips.filter({ hasText: 'Drafts too' }).click()
  await page.getByRole('combobox', { name: 'Sort by' }).selectOption('score clip_score')
  const best = await wall({
    filter: { algorithms: ['zero_order_search'] },
    order: { by: 'score', verifier: 'clip_score', descending: true },
  })
  // Until then the keys act on the order that is still seen.
  await expect(grid).toHaveAttribute('aria-busy', 'false')
  await grid.press('Home')
  await expect.poll(() => inFront(page)).toBe(best[0])
  await page.getByRole('button', { name: 'Largest and newest first' }).click()
  const worst = await wall({
    filter: { algorithms: ['zero_order_search'] },
    order: { by: 'score', verifier: 'clip_score', descending: false },
  })
  await expect(grid).toHaveAttribute('aria-busy', 'false')
  await grid.press('Home')
  await expect.poll(() => inFront(page)).toBe(worst[0])

  const widthOf = async () => (await page.getByRole('gridcell').first().boundingBox())?.width ?? 0
  const before = await widthOf()
  await grid.press('+')
  await grid.press('+')
  await expect.poll(widthOf).toBeGreaterThan(before)
  const larger = await widthOf()

  await page.reload()
  await expect(grid).toBeFocused()
  await expect(count).toHaveText(`${worst.length} of ${all.length} pictures`)
  await expect(chips).toHaveText(['Zero-order search'])
  await expect(page.getByRole('combobox', { name: 'Sort by' })).toHaveValue('score clip_score')
  await grid.press('Home')
  await expect.poll(() => inFront(page)).toBe(worst[0])
  expect(await widthOf()).toBe(larger)
  await expectNoViolations(page)
})

/** Files as a drop brings them, made in the page: pictures of a colour, and what is no picture. */
async function drop(page: Page, names: readonly string[]): Promise<void> {
  const transfer = await page.evaluateHandle(async (all) => {
    const data = new DataTransfer()
    for (const [index, name] of all.entries()) {
      const canvas = new OffscreenCanvas(40 + index, 24)
      const context = canvas.getContext('2d')
      if (context === null) throw new Error('Expected a canvas, found none.')
      context.fillStyle = `rgb(${index * 60} 90 40)`
      context.fillRect(0, 0, 64, 64)
      const type = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' }[name.split('.').at(-1) ?? '']
      const blob = type === undefined ? new Blob(['no image']) : await canvas.convertToBlob({ type })
      data.items.add(new File([blob], name, { type: type ?? 'text/plain' }))
    }
    return data
  }, names)
  const { grid } = wallParts(page)
  await grid.dispatchEvent('dragover', { dataTransfer: transfer })
  await expect(page.getByText('Drop images to keep them beside yours')).toBeVisible()
  await grid.dispatchEvent('drop', { dataTransfer: transfer })
}

/** A picture of one colour out of the clipboard, onto what has the focus. */
async function paste(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(30, 30)
    canvas.getContext('2d')?.fillRect(0, 0, 15, 15)
    const data = new DataTransfer()
    data.items.add(new File([await canvas.convertToBlob()], 'pasted.png', { type: 'image/png' }))
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
    document.activeElement?.dispatchEvent(event)
  })
}

test('images are dropped in as PNG, JPEG and WebP, what is none is named; a picture is dragged out', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  await page.getByRole('button', { name: 'Gallery' }).click()
  const { grid, tiles, count } = wallParts(page)
  await expect(page.getByText('Every picture that you make comes here by itself.')).toBeVisible()
  await expectNoViolations(page)

  await drop(page, ['red.png', 'green.jpg', 'notes.txt', 'blue.webp'])
  await expect(tiles).toHaveCount(3)
  await expect(page.getByText('1 picture could not be added.')).toBeVisible()
  await expect(page.getByText(/notes\.txt: Expected a PNG, JPEG or WebP image/)).toBeVisible()
  await expect(count).toHaveText(/^3 pictures/)
  await page.getByRole('button', { name: 'Close this list' }).click()
  await expect(grid).toBeFocused()
  const kept = await studio.api.pictures({ pictures: await studio.api.wall({ filter: {}, order: newest }) })
  expect(
    kept
      .map(
        ({ origin, width, height }) => `${origin.kind === 'outside' ? origin.name : ''} ${width} ${height}`,
      )
      .sort(),
  ).toEqual(['blue.webp 43 24', 'green.jpg 41 24', 'red.png 40 24'])

  await paste(page)
  await expect(tiles).toHaveCount(4)
  await expect(page.getByRole('gridcell', { name: 'pasted.png' })).toBeVisible()

  // Out again: the drag carries the file itself, under a name.
  const [first] = kept
  if (first === undefined) throw new Error('Expected a picture, found none.')
  const transfer = await page.evaluateHandle(() => new DataTransfer())
  await tileOf(page, first.id).dispatchEvent('dragstart', { dataTransfer: transfer })
  const carried = await transfer.evaluate((data) => data.getData('DownloadURL'))
  const [, type, name, url] = /^([^:]+):([^:]+):(.+)$/.exec(carried) ?? []
  expect([type, name]).toEqual(['image/png', `goldpan-outside-${-first.id}.png`])
  const head = await page.evaluate(
    async (address) => [...new Uint8Array(await (await fetch(address)).arrayBuffer())].slice(1, 4),
    url ?? '',
  )
  expect(String.fromCharCode(...head)).toBe('PNG')
})

test('what came from outside leaves the library again, by undo, button and key, and comes back as it was', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const made = await makeRun(studio, 2)
  await page.goto(newestLink())
  const { tiles, grid } = await openWall(page)
  await expect(tiles).toHaveCount(made.length)
  await drop(page, ['red.png', 'green.png'])
  await expect(tiles).toHaveCount(made.length + 2)
  await expect(page.getByText('Added 2 pictures from outside', { exact: true })).toBeVisible()
  const outside = async () => (await studio.api.facets()).outside
  await grid.press('Control+z')
  await expect(tiles).toHaveCount(made.length)
  expect(await outside()).toBe(0)
  await grid.press('Control+Shift+z')
  await expect(tiles).toHaveCount(made.length + 2)

  // Beside what a run has made, only what came from outside goes; its stars are there when it is back.
  await tileOf(page, -1).click()
  await page.keyboard.press('4')
  await expect(page.getByText('Rated 1 picture 4 stars')).toBeVisible()
  await grid.press('Control+a')
  await page.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(tiles).toHaveCount(made.length)
  await expect(page.getByText('Removed 2 pictures from the library; what runs have made stays')).toBeVisible()
  await expect(grid).toBeFocused()
  await expect(page.getByRole('button', { name: 'Remove', exact: true })).toHaveCount(0)
  await page.keyboard.press('Delete')
  await expect(page.getByText(/^Only images from outside can be removed/)).toBeVisible()
  await page.keyboard.press('Control+z')
  await expect(tiles).toHaveCount(made.length + 2)
  expect((await studio.api.pictures({ pictures: [-1] }))[0]?.rating).toBe(4)

  // In the loupe the next one takes its place, and where there is none the wall is there again.
  await page.getByRole('button', { name: /^From outside/ }).click()
  await expect(tiles).toHaveCount(2)
  await tileOf(page, -2).click()
  await page.keyboard.press('Space')
  const { loupe } = wallParts(page)
  await expect(loupe).toBeVisible()
  await page.keyboard.press('Delete')
  await expect(tiles).toHaveCount(1)
  await expect.poll(() => inFront(page)).toBe(-1)
  await expect(loupe).toBeVisible()
  await page.keyboard.press('Delete')
  await expect(page.getByText('No picture is like that.')).toBeVisible()
  await expect(loupe).toHaveCount(0)
  await expect(grid).toBeFocused()
  await expectNoViolations(page)
})

test('an empty answer, a failed question and a missing file each say so, and how to go on', async ({
  page,
  serve,
  folder,
}) => {
  const { newestLink, studio } = await serve()
  const ids = await makeRun(studio, 2)
  const [picture] = await studio.api.pictures({ pictures: ids })
  const sha256 = picture?.imageSha256 ?? ''
  rmSync(join(folder, 'library', 'images', sha256.slice(0, 2), `${sha256}.png`))
  await page.goto(newestLink())
  const { tiles, grid } = await openWall(page)
  await expect(tiles).toHaveCount(ids.length)
  await expect(tileOf(page, ids[0] ?? 0).getByText('File missing')).toBeVisible()

  await fill(page.getByRole('searchbox'), 'nothing is like this')
  await expect(page.getByText('No picture is like that.')).toBeVisible()
  await expectNoViolations(page)
  await page.getByRole('main', { name: 'Wall' }).getByRole('button', { name: 'Clear filters' }).last().click()
  await expect(tiles).toHaveCount(ids.length)
  await expect(grid).toBeFocused()

  await page.route('**/api/wall', (route) =>
    route.fulfill({ json: { ok: false, error: { code: 'internal', message: 'The disk is gone.' } } }),
  )
  await page.getByRole('button', { name: 'Rejected' }).click()
  const fault = page.getByRole('alert').filter({ hasText: 'The wall cannot be read' })
  await expect(fault).toContainText('The disk is gone.')
  await expectNoViolations(page)
  await page.unroute('**/api/wall')
  await fault.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('No picture is like that.')).toBeVisible()
  await expect(fault).toHaveCount(0)
})

test('pictures of a run that is made meanwhile come in without moving the one in front', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const ids = await makeRun(studio, 12)
  await page.goto(newestLink())
  const { tiles, grid } = await openWall(page)
  for (let time = 0; time < 6; time++) await grid.press('+')
  await grid.press('Home')
  await grid.press('ArrowDown')
  const front = await inFront(page)
  const yOf = async () => (await tileOf(page, front ?? 0).boundingBox())?.y
  const before = await yOf()
  const more = await makeRun(studio, 13, 'a blue heart in paper')
  await expect(grid).toHaveAttribute(
    'aria-rowcount',
    String(Math.ceil((ids.length + more.length) / (await columns(page)))),
  )
  await expect(tiles.first()).toBeAttached()
  expect(await inFront(page)).toBe(front)
  expect(await yOf()).toBe(before)
  await expect(grid).toBeFocused()
})

async function columns(page: Page): Promise<number> {
  return Number(await wallParts(page).grid.getAttribute('aria-colcount'))
}
