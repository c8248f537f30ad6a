/** Pictures for tests of the gallery: a real run, and the gallery with the focus on its wall. */

import type { Locator, Page } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import type { PictureId, WallFilter } from '../shared/gallery.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { expect } from './studio.ts'

/** Makes a run of the bundled scenes to its end. @returns its pictures as the wall has them, newest first */
export async function makeRun(
  studio: Studio,
  candidates: number,
  prompt = 'a red star in sky',
): Promise<readonly PictureId[]> {
  const pack = (await studio.api.packs()).find(({ id }) => id === 'scenes')
  if (pack?.kind !== 'text_to_image') throw new Error('Expected the bundled scenes, found none.')
  const spec = runSpecSchema.parse({
    ...{ prompt, pack: pack.id, guide: ['clip_score'], heldOut: [], algorithm: 'random_search', candidates },
    ...pack.defaults,
    ...{ steps: 3, baselines: [2], seed: String(candidates) },
  })
  const { runId } = await studio.api.startRun(spec)
  await studio.whenEnded(runId)
  return wallOf(studio, { run: runId })
}

export function wallOf(studio: Studio, filter: WallFilter = {}): Promise<readonly PictureId[]> {
  return studio.api.wall({ filter, order: { by: 'made', descending: true } })
}

/** Flag and stars of pictures as the library has them, such as `pick 3`. */
export async function marksOf(studio: Studio, pictures: readonly PictureId[]): Promise<readonly string[]> {
  const found = await studio.api.pictures({ pictures })
  return found.map(({ flag, rating }) => `${flag ?? 'none'} ${rating}`)
}

/** The parts of the gallery, by what a person and a screen reader call them. */
export function wallParts(page: Page) {
  const main = page.getByRole('main', { name: 'Wall' })
  return {
    grid: page.getByRole('grid', { name: 'Pictures' }),
    tiles: page.getByRole('gridcell'),
    selected: page.getByRole('gridcell', { selected: true }),
    count: main.getByRole('status').first(),
    chips: page.getByRole('list', { name: 'Filters that are on' }).getByRole('button'),
    filters: page.getByRole('complementary', { name: 'Filters' }),
    boards: page.getByRole('region', { name: 'Boards' }),
    loupe: page.getByRole('region', { name: /, \d[\d,]* of \d/ }),
  }
}

/** Shows the gallery and waits for its pictures; the focus is then on the wall. */
export async function openWall(page: Page): Promise<ReturnType<typeof wallParts>> {
  await expect(page.getByRole('navigation', { name: 'Views' })).toBeVisible()
  await page.keyboard.press('g')
  const parts = wallParts(page)
  await expect(parts.grid).toBeFocused()
  return parts
}

/** The tile of a picture, whether it is drawn or not. */
export function tileOf(page: Page, picture: PictureId): Locator {
  return page.locator(`#wall-picture-${picture}`)
}

/** The picture that the keys act on. */
export async function inFront(page: Page): Promise<PictureId | null> {
  const id = await page.getByRole('grid', { name: 'Pictures' }).getAttribute('aria-activedescendant')
  return id === null ? null : Number(id.replace('wall-picture-', ''))
}
