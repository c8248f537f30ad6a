/** Where the keyboard is while views come and go: always in what is shown. */

import { makeRun } from './gallery-library.ts'
import { expect, parts, test } from './studio.ts'

test('from the prompt through every view the keyboard is in what is shown, and the first arrow in its pictures', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await makeRun(studio, 2)
  await page.goto(newestLink())
  const { prompt, outcome, moreSteps } = parts(page)
  const main = (name: string) => page.getByRole('main', { name, exact: true })
  await expect(outcome).toContainText('Done, 3 images')

  await test.step('Escape leaves the prompt for the run', async () => {
    await page.keyboard.press('/')
    await expect(prompt).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(main('Run')).toBeFocused()
    await page.keyboard.press('ArrowRight')
    await expect(moreSteps.getByRole('button').first()).toBeFocused()
  })

  await test.step('the figure of all runs', async () => {
    await page.keyboard.press('f')
    await expect(main('Figure')).toBeFocused()
    const tile = main('Figure').getByRole('button', { name: /^2 steps/ })
    await expect(tile).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await expect(tile).toBeFocused()
  })

  await test.step('the court, and what is opened over it', async () => {
    await page.keyboard.press('n')
    await expect(main('Run')).toBeFocused()
    await page.keyboard.press('v')
    await expect(main('Court')).toBeFocused()
    const cell = main('Court').getByRole('gridcell').first()
    await expect(cell).toBeVisible()
    await page.keyboard.press('ArrowRight')
    await expect(cell).toBeFocused()
    await page.keyboard.press('Control+,')
    await expect(page.getByRole('region', { name: 'Settings', exact: true })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(cell).toBeFocused()
  })

  await test.step('the models, there and back by their key', async () => {
    await page.keyboard.press('n')
    await expect(main('Run')).toBeFocused()
    await page.keyboard.press('l')
    await expect(page.getByRole('region', { name: 'Models', exact: true })).toBeFocused()
    await page.keyboard.press('l')
    await expect(main('Run')).toBeFocused()
  })

  await test.step('a pointer that pressed a view has its focus left where it is', async () => {
    const figure = page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Figure' })
    await figure.click()
    await expect(main('Figure')).toBeVisible()
    await expect(figure).toBeFocused()
  })
})
