/**
 * The wall with thousands of pictures: it draws and asks for what is on the screen, and reaches every one. The times of a
 * hundred thousand are measured by build/wall-figures.ts.
 */

import { join } from 'node:path'

import { makeBigLibrary } from '../build/big-library.ts'
import { inFront, openWall, tileOf, wallOf } from './gallery-library.ts'
import { expect, test } from './studio.ts'

test('thousands of pictures: few are drawn, details are asked for what is seen, the last is one key away', async ({
  page,
  serve,
  folder,
}) => {
  const libraryPath = join(folder, 'library')
  await makeBigLibrary(libraryPath, 5000)
  const { newestLink, studio } = await serve({ libraryPath })
  const ids = await wallOf(studio)
  expect(ids.length).toBeGreaterThan(3000)
  let asked = 0
  page.on('request', (request) => {
    if (!request.url().endsWith('/api/pictures')) return
    asked += (request.postDataJSON() as { readonly pictures: readonly number[] }).pictures.length
  })
  await page.goto(newestLink())
  const { grid, tiles, selected, count } = await openWall(page)
  await expect(count).toHaveText(`${ids.length.toLocaleString('en')} pictures`)
  await expect(tiles.first().locator('img')).toBeVisible()
  const screen = await tiles.count()
  expect(screen).toBeGreaterThan(20)
  expect(screen).toBeLessThan(150)
  const columns = Number(await grid.getAttribute('aria-colcount'))
  await expect(grid).toHaveAttribute('aria-rowcount', String(Math.ceil(ids.length / columns)))

  // Home and End, and the way between them.
  await grid.press('End')
  expect(await inFront(page)).toBe(ids.at(-1))
  await expect(tileOf(page, ids.at(-1) ?? 0)).toBeInViewport({ ratio: 0.9 })
  await expect(tileOf(page, ids.at(-1) ?? 0).locator('img')).toBeVisible()
  await grid.press('Home')
  expect(await inFront(page)).toBe(ids[0])
  await grid.press('PageDown')
  await grid.press('PageDown')
  await grid.press('ArrowRight')
  const front = await inFront(page)
  expect(ids.indexOf(front ?? 0) % columns).toBe(1)
  await expect(tileOf(page, front ?? 0)).toBeInViewport({ ratio: 0.9 })

  // Through all of it in a hundred leaps: nothing piles up, and what flew past was not asked about.
  asked = 0
  await grid.evaluate(async (wall) => {
    for (let leap = 0; leap <= 100; leap++) {
      wall.scrollTop = ((wall.scrollHeight - wall.clientHeight) * leap) / 100
      await new Promise((resolve) => requestAnimationFrame(resolve))
    }
  })
  await expect(tileOf(page, ids.at(-1) ?? 0).locator('img')).toBeVisible()
  expect(await tiles.count()).toBeLessThan(150)
  expect(asked).toBeLessThan(1000)
  // The one in front is still there, although it is far from what is seen.
  await expect(tileOf(page, front ?? 0)).toHaveCount(1)
  await expect(grid).toBeFocused()
  await grid.press('ArrowRight')
  await expect(tileOf(page, (await inFront(page)) ?? 0)).toBeInViewport({ ratio: 0.9 })

  // All of them at once, marked and unmarked.
  await grid.press('Control+a')
  await expect(count).toContainText(`${ids.length.toLocaleString('en')} selected`)
  await grid.press('5')
  await expect.poll(async () => (await wallOf(studio, { ratingAtLeast: 5 })).length).toBe(ids.length)
  await grid.press('Control+z')
  await expect.poll(async () => (await wallOf(studio, { ratingAtLeast: 5 })).length).toBeLessThan(ids.length)
  await grid.press('Escape')
  await expect(selected).toHaveCount(1)
})
