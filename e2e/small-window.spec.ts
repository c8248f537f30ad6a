/** A window of 400 px, which is also a laptop at 400 %: nothing scrolls sideways but strips. */

import { expect, startRun, test } from './studio.ts'

test.use({ viewport: { width: 400, height: 800 } })

test('no view is wider than a window of 400 px, and the figure says what it is before the first run', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  const views = page.getByRole('banner')
  await views.getByRole('button', { name: 'Figure' }).click()
  await expect(page.getByText(/^A row for each prompt/)).toBeVisible()
  await views.getByRole('button', { name: 'Create' }).click()

  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 4, baselines: '2' })
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  for (const name of ['Create', 'Gallery', 'Figure', 'Duel', 'Court', 'Models', 'Settings']) {
    await views.getByRole('button', { name }).click()
    await expect(views.getByRole('button', { name })).toHaveAttribute('aria-current', 'page')
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, name).toBe(400)
    // These two cover the window, the bar included.
    if (name === 'Models' || name === 'Settings') await page.keyboard.press('Escape')
  }
})
