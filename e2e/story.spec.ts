/** From a prompt to a gallery that compares, with the keyboard, and all of it still there tomorrow. */

import { expect, expectPictures, parts, startRun, test } from './studio.ts'

const form = { prompt: 'two red stars in night', candidates: 4, steps: 6, baselines: '3, 6' }
/** 4 candidates, 2 baselines, and the baseline of equal cost: 4 x 6 = 24 steps. */
const images = 7

test('a prompt becomes a gallery of baselines and search with a winner, and stays', async ({
  page,
  serve,
}) => {
  const first = await serve()
  await page.goto(first.newestLink())
  const { moreSteps, search, strip, runs, prompt, compare, divider } = parts(page)
  await expect(page.getByRole('heading', { name: 'Pan the noise for the best image' })).toBeVisible()

  await test.step('compose and run with the keyboard', async () => {
    await startRun(page, form)
    await expect(page.getByText(`Done, ${images} images`)).toBeVisible()
    await expectPictures(moreSteps, 3)
    await expectPictures(strip, 4)
    for (const label of ['3 steps, 3 NFE', '6 steps, 6 NFE', '24 steps, 24 NFE']) {
      await expect(moreSteps.getByRole('button', { name: label })).toBeVisible()
    }
    for (const label of ['first noise, 6 NFE', 'best of 2, 12 NFE', 'best of 4, 24 NFE']) {
      await expect(search.getByRole('button', { name: label })).toBeVisible()
    }
  })

  await test.step('the winner is the candidate with the highest score', async () => {
    const { candidates } = await first.studio.api.run({ runId: 1 })
    const scores = candidates.map(({ scores }) => scores.clip_score ?? Number.NaN)
    expect(scores.every(Number.isFinite)).toBe(true)
    const best = candidates.findIndex(({ scores: { clip_score } }) => clip_score === Math.max(...scores))
    const winner = strip.getByRole('button', { name: /, winner$/ })
    await expect(winner).toHaveCount(1)
    await expect(winner).toHaveAccessibleName(new RegExp(`^Candidate ${best}, rank 1, `))
    await expect(search.getByRole('button', { name: /^best of 4, .*, winner$/ })).toBeVisible()
  })

  await test.step('arrows move in the strip, Enter opens the loupe, Escape brings the focus back', async () => {
    const tiles = strip.getByRole('button', { name: /^Candidate / })
    await tiles.nth(0).focus()
    await page.keyboard.press('ArrowRight')
    await expect(tiles.nth(1)).toBeFocused()
    await page.keyboard.press('End')
    await expect(tiles.nth(3)).toBeFocused()
    await page.keyboard.press('ArrowLeft')
    await expect(tiles.nth(2)).toBeFocused()
    await page.keyboard.press('Enter')
    const loupe = page.getByRole('region', { name: /^Candidate #\d, rank 3 of 4/ })
    await expect(loupe).toBeVisible()
    await expect(loupe.getByText('philox4x32-10')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(loupe).toBeHidden()
    await expect(tiles.nth(2)).toBeFocused()
  })

  await test.step('C opens the pair of equal cost, arrows move its divider, Escape closes it', async () => {
    await page.keyboard.press('c')
    await expect(compare).toBeVisible()
    await expect(compare.getByText('24 NFE', { exact: true })).toHaveCount(2)
    await expect(divider).toBeFocused()
    const before = Number(await divider.getAttribute('aria-valuenow'))
    await page.keyboard.press('ArrowRight')
    await expect.poll(async () => Number(await divider.getAttribute('aria-valuenow'))).toBeGreaterThan(before)
    await page.keyboard.press('Home')
    await expect(divider).toHaveAttribute('aria-valuenow', '0')
    await page.keyboard.press('Escape')
    await expect(compare).toBeHidden()
    await expect(strip.getByRole('button', { name: /^Candidate / }).nth(2)).toBeFocused()
  })

  await test.step('a reload keeps everything', async () => {
    await page.reload()
    await expect(page.getByText(`Done, ${images} images`)).toBeVisible()
    await expectPictures(strip, 4)
    await expect(runs).toHaveCount(1)
    await expect(runs).toHaveAccessibleName(/two red stars in night/)
  })

  await test.step('it is all there after the program was closed and opened again', async () => {
    await first.close()
    const second = await serve()
    await page.goto(second.newestLink())
    await expect(page.getByText(`Done, ${images} images`)).toBeVisible()
    await expectPictures(strip, 4)
    await expectPictures(moreSteps, 3)
  })

  await test.step('an earlier run is opened from the list, and its settings make it again', async () => {
    await startRun(page, { ...form, prompt: 'a blue moon in sky', candidates: 2 })
    await expect(page.getByText('Done, 5 images')).toBeVisible()
    await expect(runs).toHaveCount(2)
    await runs.filter({ hasText: 'two red stars' }).last().click()
    await expect(page.getByText(`Done, ${images} images`)).toBeVisible()
    await page.getByRole('button', { name: 'Use these settings' }).click()
    await expect(prompt).toHaveValue(form.prompt)
    await page.keyboard.press('Control+Enter')
    await expect(runs).toHaveCount(3)
    await expect(page.getByText(`Done, ${images} images`)).toBeVisible()
  })
})
