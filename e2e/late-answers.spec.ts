/** Keys that come before the answer to the key before: each is held back here until the test lets it go. */

import type { Page } from '@playwright/test'

import type { StudioMethod } from '../shared/contract.ts'
import { makeRun, marksOf, openWall, tileOf } from './gallery-library.ts'
import { expect, fill, parts, startRun, test } from './studio.ts'

/** Holds back the questions of a page from now on. @returns lets them go, and waits for the next where there was none */
async function holdBack(page: Page, method: StudioMethod): Promise<() => Promise<void>> {
  const url = `**/api/${method}`
  const gate = Promise.withResolvers<undefined>()
  const asked = page.waitForRequest(url)
  await page.route(url, async (route) => {
    await gate.promise
    await route.fallback()
  })
  return async () => {
    const answered = asked.then((request) => request.response())
    gate.resolve(undefined)
    await answered
    await page.unroute(url, undefined)
  }
}

/** Two frames and whatever waited for them: what an answer does has been done. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  )
}

test('keys that follow the choice of a run are of that run, though it is still on its way', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  const earlier = await makeRun(studio, 2, 'a blue moon in sky')
  const newer = await makeRun(studio, 3)
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, 4 images/)).toBeVisible()
  await parts(page)
    .strip.getByRole('button', { name: /^Candidate 1/ })
    .focus()

  // P is of the run that comes, where nothing is selected yet: the one that goes is not marked any more.
  const release = await holdBack(page, 'run')
  await page.keyboard.press(']')
  await page.keyboard.press('p')
  await page.keyboard.press('Shift+X')
  // D asks for the pictures of the run that comes, and is not held up by it.
  await page.keyboard.press('d')
  const duel = page.getByRole('main', { name: 'Duel' })
  await expect(duel.getByText('Run 1, 3 pictures')).toBeVisible()
  await release()
  await page.keyboard.press('n')
  await expect(page.getByText(/^Done, 3 images/)).toBeVisible()
  expect(await marksOf(studio, [...earlier, ...newer])).toEqual([...earlier, ...newer].map(() => 'none 0'))
  expect((await studio.api.run({ runId: 2 })).interventions).toEqual([])
})

test('what was asked for before leads nowhere once the person has gone elsewhere', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await makeRun(studio, 2)
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, 3 images/)).toBeVisible()
  const wall = page.getByRole('main', { name: 'Wall' })

  const pool = await holdBack(page, 'picturesOfRun')
  await page.keyboard.press('d')
  await page.keyboard.press('g')
  await pool()
  await settle(page)
  await expect(wall).toBeVisible()

  await page.keyboard.press('n')
  const started = await holdBack(page, 'startRun')
  await startRun(page, { prompt: 'a red star in sky', candidates: 1, steps: 2, baselines: '' })
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Gallery' }).click()
  await started()
  await expect
    .poll(async () => (await studio.api.runs()).map(({ status }) => status.kind))
    .toEqual(['done', 'done'])
  await expect(wall).toBeVisible()
})

test('Enter on a picture opens its run, though nothing is known of the picture yet', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  const [picture] = await makeRun(studio, 2)
  await page.goto(newestLink())
  const held = await holdBack(page, 'pictures')
  await openWall(page)
  await expect(tileOf(page, picture ?? 0)).toHaveAccessibleName('Loading')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await held()
  await expect(parts(page).strip).toBeVisible()
})

test('a picked picture stays picked in the ranking, whatever the pool was like when the duel began', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  const pictures = await makeRun(studio, 2)
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, 3 images/)).toBeVisible()
  await page.keyboard.press('d')
  const duel = page.getByRole('main', { name: 'Duel' })
  await expect(duel.getByRole('img', { name: 'Picture A' })).toBeVisible()
  await page.keyboard.press('a')
  await page.keyboard.press('q')
  const first = duel.getByRole('listitem').first()
  await first.focus()
  await page.keyboard.press('p')
  await expect(first).toHaveAccessibleName(/picked$/)
  // The pictures as they are by now have come, and nothing is shown ahead of them any more.
  const renewed = page.waitForResponse('**/api/pictures')
  await studio.api.mark({ pictures, rating: 1 })
  await renewed
  await expect(duel.getByRole('listitem', { name: /picked/ })).toHaveCount(1)
  await expect(duel.getByRole('listitem', { name: /1 star/ })).toHaveCount(2)
})

test('who types before the form has come back types into the form as it was left', async ({
  page,
  context,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await fill(parts(page).candidatesField, '9')
  await expect.poll(async () => (await studio.api.preferences()).draft?.candidates).toBe('9')

  const other = await context.newPage()
  const release = await holdBack(other, 'preferences')
  await other.goto(newestLink())
  await parts(other).prompt.pressSequentially('a red star')
  await release()
  await expect(parts(other).candidatesField).toHaveValue('9')
  await expect(parts(other).prompt).toHaveValue('a red star')
  await expect.poll(async () => (await studio.api.preferences()).draft?.prompt).toBe('a red star')
  expect((await studio.api.preferences()).draft?.candidates).toBe('9')
})

test('of two presets that are saved in a row both are kept', async ({ page, serve }) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await page.getByRole('button', { name: 'Presets…' }).click()
  const name = page.getByRole('dialog', { name: 'Presets' }).getByRole('textbox')
  const release = await holdBack(page, 'setPreferences')
  for (const one of ['first', 'second']) {
    await name.fill(one)
    await name.press('Enter')
  }
  await release()
  const kept = async () => (await studio.api.preferences()).presets.map((preset) => preset.name)
  await expect.poll(kept).toEqual(['first', 'second'])
  await page.keyboard.press('Escape')
})
