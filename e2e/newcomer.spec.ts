/**
 * A newcomer's first two minutes, by keyboard alone: start, say what to show, pick three favourites, let two verifiers
 * argue, take the favourites home. How long the walk took is written beside the result; it is no part of what must hold.
 */

import { readFileSync } from 'node:fs'

import type { Locator, Page } from '@playwright/test'
import { unzipSync } from 'fflate'

import { expect, test } from './studio.ts'

/** Presses a key until an element has the focus: what the keyboard alone can reach. */
async function walkTo(page: Page, target: Locator, key = 'Tab'): Promise<void> {
  for (let pressed = 0; pressed < 80; pressed++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press(key)
  }
  await expect(target).toBeFocused({ timeout: 1000 })
}

test('a newcomer starts, picks three favourites, compares two verifiers and exports, with the keyboard', async ({
  page,
  serve,
}, info) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const began = Date.now()

  await test.step('say what the images should show, and run', async () => {
    await expect(page.getByRole('button', { name: /^Run/ })).toBeEnabled()
    await page.keyboard.press('/')
    await page.keyboard.type('two red stars in night')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByText(/^Done, /)).toBeVisible()
  })

  const grid = page.getByRole('grid', { name: 'Pictures', exact: true })
  await test.step('pick three favourites in the gallery', async () => {
    // From the prompt on to the run, where keys are commands again.
    await page.keyboard.press('Escape')
    await page.keyboard.press('g')
    await walkTo(page, grid)
    for (let picked = 0; picked < 3; picked++) {
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('p')
    }
    const picks = async () =>
      (await studio.api.wall({ filter: { flags: ['pick'] }, order: { by: 'made', descending: true } })).length
    await expect.poll(picks).toBe(3)
  })

  await test.step('compare two verifiers: the run judged by all of them, and how far two agree', async () => {
    await page.keyboard.press('n')
    await page.keyboard.press('v')
    const court = page.getByRole('main', { name: 'Court' })
    await walkTo(page, court.getByRole('button', { name: /^Ask for \d+ missing scores/ }))
    await page.keyboard.press('Enter')
    await expect(court.getByRole('button', { name: 'No score is missing' })).toBeVisible()
    await walkTo(page, court.getByRole('radio', { name: 'Orders', exact: true }), 'Shift+Tab')
    await page.keyboard.press('ArrowRight')
    const matrix = court.getByRole('grid', { name: /^Agreement of every two judges/ })
    await walkTo(page, matrix.locator('[tabindex="0"]'))
    await expect(court.getByText(/ agree| disagree/).first()).toBeVisible()
  })

  await test.step('take the favourites home', async () => {
    await page.keyboard.press('g')
    await walkTo(page, page.getByRole('button', { name: /^Picked/ }), 'Shift+Tab')
    await page.keyboard.press('Space')
    await walkTo(page, grid)
    await page.keyboard.press('Control+a')
    await page.keyboard.press('e')
    const save = page.getByRole('button', { name: 'Save ZIP of PNGs' })
    await expect(save).toBeFocused()
    await expect(page.getByRole('status').filter({ hasText: '3 pictures. ' })).toBeVisible()
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
    const files = unzipSync(readFileSync(await download.path()))
    expect(Object.keys(files)).toHaveLength(3)
  })

  const seconds = Math.round((Date.now() - began) / 1000)
  info.annotations.push({ type: 'seconds', description: String(seconds) })
  process.stdout.write(`A newcomer's path took ${seconds} s.\n`)
})
