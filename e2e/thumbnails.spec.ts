/** Tiles load pictures at their own size, and what shows a picture for its own sake loads all of it. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Locator } from '@playwright/test'

import { openWall, tileOf, wallOf } from './gallery-library.ts'
import { plant } from './plant.ts'
import { expect, parts, test } from './studio.ts'

/** Pixels of a picture that has been decoded, by its file. */
const widthOf = (image: Locator) =>
  expect.poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth))

async function plantLarge(libraryPath: string, count: number): Promise<void> {
  await plant(libraryPath, { candidates: count }, count, (seq) => ({ clip_score: seq / 10 }), 1024)
}

test('tiles decode a small copy of a large picture, the loupe the picture itself', async ({
  page,
  serve,
  folder,
}) => {
  const libraryPath = join(folder, 'library')
  await plantLarge(libraryPath, 2)
  const { newestLink } = await serve({ libraryPath })
  await page.goto(newestLink())
  const { strip } = parts(page)
  await expect(strip.locator('img')).toHaveCount(2)
  for (const image of await strip.locator('img').all()) await widthOf(image).toBe(256)

  const { tiles, loupe } = await openWall(page)
  await expect(tiles).toHaveCount(2)
  for (const tile of await tiles.all()) await widthOf(tile.locator('img')).toBe(256)
  // As large as a tile can be, and back.
  const size = page.getByRole('slider', { name: /^Size of the pictures/ })
  await size.press('End')
  await widthOf(tiles.first().locator('img')).toBe(512)
  await size.press('Home')
  await widthOf(tiles.first().locator('img')).toBe(256)

  await tiles.first().dblclick()
  await widthOf(loupe.locator('[data-pane] img')).toBe(1024)
  const film = loupe.getByRole('group', { name: 'Filmstrip' }).locator('img')
  await expect(film).toHaveCount(2)
  for (const frame of await film.all()) await widthOf(frame).toBe(256)
  await page.keyboard.press('Escape')
})

test('a large picture whose file is gone is told to be missing, and the others are shown', async ({
  page,
  serve,
  folder,
}) => {
  const libraryPath = join(folder, 'library')
  await plantLarge(libraryPath, 2)
  const { newestLink, studio } = await serve({ libraryPath })
  const [first, second] = await studio.api.pictures({ pictures: await wallOf(studio) })
  if (first === undefined || second === undefined) throw new Error('Expected two pictures, found fewer.')
  rmSync(studio.imageFile(first.imageSha256) ?? '')
  await page.goto(newestLink())
  await openWall(page)
  await expect(tileOf(page, first.id).getByText('File missing')).toBeVisible()
  await widthOf(tileOf(page, second.id).locator('img')).toBe(256)
})

test('on a screen of twice the pixels a tile decodes a copy of twice the pixels', async ({
  browser,
  serve,
  folder,
}) => {
  const libraryPath = join(folder, 'library')
  await plantLarge(libraryPath, 1)
  const { newestLink } = await serve({ libraryPath })
  const page = await browser.newPage({ deviceScaleFactor: 2 })
  await page.goto(newestLink())
  const { tiles } = await openWall(page)
  await widthOf(tiles.first().locator('img')).toBe(512)
  await page.close()
})

test('what has scrolled out of the document is asked for no longer', async ({ page, serve, folder }) => {
  const libraryPath = join(folder, 'library')
  await plantLarge(libraryPath, 1)
  const { newestLink } = await serve({ libraryPath })
  // A thumbnail that takes for ever.
  await page.route('**/art/*?side=*', () => undefined)
  await page.goto(newestLink())
  const { tiles } = await openWall(page)
  await expect(tiles.first().locator('img')).toHaveAttribute('src', /side=256$/)
  const given = page.waitForEvent('requestfailed', (request) => request.url().endsWith('?side=256'))
  await page.getByRole('searchbox').fill('nothing has this prompt')
  await expect(tiles).toHaveCount(0)
  await given
})
