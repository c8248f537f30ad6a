/** A run's own view: its pictures marked and selected, the hacking alarm, the final image, thousands of candidates. */

import { join } from 'node:path'

import type { Page } from '@playwright/test'

import { hackingAlarm } from '../shared/hacking-alarm.ts'
import { plant } from './plant.ts'
import { expect, expectNoViolations, parts, startRun, test } from './studio.ts'

function tile(page: Page, seq: number) {
  return parts(page).strip.getByRole('button', { name: new RegExp(`^Candidate ${seq}, `) })
}

test('a search that raises its guide while held-out verifiers fall says so, from where on, and shows the pick before', async ({
  page,
  folder,
  serve,
}) => {
  const libraryPath = join(folder, 'library')
  // The better for the aesthetic guide, the worse for the others: as planted as can be.
  await plant(
    libraryPath,
    { candidates: 40, guide: ['aesthetic_score'], heldOut: ['clip_score', 'pick_score'] },
    40,
    (seq) => ({
      aesthetic_score: 5 + seq / 10,
      clip_score: 0.9 - seq / 100,
      pick_score: 21 - seq / 20 + (seq % 3) / 100,
    }),
  )
  // An ordinary one beside it: nobody has to do with anybody.
  await plant(
    libraryPath,
    { candidates: 40, guide: ['aesthetic_score'], heldOut: ['clip_score'] },
    40,
    (seq) => ({
      aesthetic_score: 5 + Math.sin(seq * 12.9898),
      clip_score: 0.8 + Math.cos(seq * 78.233) / 10,
    }),
  )
  const { studio, newestLink } = await serve({ libraryPath })
  const planted = hackingAlarm(await studio.api.run({ runId: 1 }))
  expect(planted?.verifiers).toEqual(['clip_score', 'pick_score'])
  const since = planted?.since ?? -1

  await page.goto(newestLink())
  const alarm = page.getByRole('region', { name: 'Hacking alarm' })
  const curve = page.getByRole('region', { name: 'Score against compute' })
  await expect(parts(page).outcome).toBeVisible()
  await expect(alarm).toHaveCount(0)
  await expect(curve.getByText('hacking alarm')).toHaveCount(0)

  await parts(page).runs.nth(1).click()
  await expect(alarm.getByText(/ Aesthetic rises while CLIP score and PickScore fall\.$/)).toBeVisible()
  await expect(curve.getByRole('img', { name: /hacking alarm from [\d,]+ NFE on$/ })).toBeVisible()
  await expect(curve.getByRole('button', { name: /^CLIP score .*falling$/ })).toBeVisible()
  await curve.getByRole('button', { name: /^PickScore/ }).click()
  await expect(curve.getByRole('heading', { name: 'PickScore' })).toBeVisible()
  await expectNoViolations(page)
  await alarm.getByRole('button', { name: `Show pick #${since}` }).click()
  await expect(tile(page, since)).toBeFocused()
  await expect(tile(page, since)).toHaveAttribute('aria-current', 'true')
})

test('pictures of a run are picked, rejected and rated by key, several at once, and undone', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, { prompt: 'two red stars in night', candidates: 6, steps: 3, baselines: '2' })
  await expect(page.getByText(/^Done, 8 images/)).toBeVisible()
  const marksOf = async () => {
    const pictures = await studio.api.picturesOfRun({ runId: 1 })
    return pictures
      .filter(({ origin }) => origin.kind === 'candidate' && origin.arm === 'search')
      .map(({ flag, rating }) => [flag, rating])
  }
  await page.getByRole('radio', { name: 'As drawn' }).check()
  await tile(page, 0).focus()
  await page.keyboard.press('p')
  await page.keyboard.press('3')
  await expect(tile(page, 0)).toHaveAccessibleName(/, picked, 3 stars$/)
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('x')
  await expect(tile(page, 1)).toHaveAccessibleName(/, rejected$/)
  await expect
    .poll(async () => (await marksOf()).slice(0, 2))
    .toEqual([
      ['pick', 3],
      ['reject', 0],
    ])
  await expect(page.getByText('Rejected 1 picture')).toBeVisible()
  await page.keyboard.press('Control+Z')
  await expect(tile(page, 1)).not.toHaveAccessibleName(/rejected/)
  await page.keyboard.press('Control+Shift+Z')
  await expect(tile(page, 1)).toHaveAccessibleName(/, rejected$/)
  await page.keyboard.press('u')
  await expect(tile(page, 1)).not.toHaveAccessibleName(/rejected/)

  await test.step('several, by keys', async () => {
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    const bar = page.getByRole('group', { name: 'Selected pictures' })
    await expect(bar.getByText('3 selected')).toBeVisible()
    await page.keyboard.press('5')
    for (const seq of [1, 2, 3]) await expect(tile(page, seq)).toHaveAccessibleName(/, 5 stars$/)
    await expectNoViolations(page)
    await page.keyboard.press('c')
    await expect(page.getByRole('region', { name: /^Compare/ })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(tile(page, 3)).toBeFocused()
    await page.keyboard.press('Control+A')
    await expect(bar.getByText('6 selected')).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(bar).toHaveCount(0)
  })

  await test.step('several, by mouse', async () => {
    await tile(page, 5).click()
    await tile(page, 4).click({ modifiers: ['ControlOrMeta'] })
    await parts(page)
      .moreSteps.getByRole('button', { name: /^2 steps/ })
      .click({ modifiers: ['ControlOrMeta'] })
    const bar = page.getByRole('group', { name: 'Selected pictures' })
    await expect(bar.getByText('3 selected')).toBeVisible()
    await bar.getByRole('button', { name: 'Select one alone (Escape)' }).click()
    await tile(page, 2).click()
    await tile(page, 5).click({ modifiers: ['Shift'] })
    await expect(bar.getByText('4 selected')).toBeVisible()
    await bar.getByRole('button', { name: 'Court' }).click()
    await expect(parts(page).strip).toBeHidden()
  })

  await page.keyboard.press('n')
  await tile(page, 2).dblclick()
  const loupe = page.getByRole('region', { name: /^Candidate #2, / })
  await loupe.getByRole('button', { name: 'Reject #2 (X)' }).click()
  await expect(loupe.getByRole('button', { name: 'Reject #2 (X)' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('1')
  await expect.poll(async () => (await marksOf())[2]).toEqual(['reject', 1])
  await page.keyboard.press('Escape')

  // The figure of all runs acts as everything else does.
  await page.keyboard.press('f')
  const first = page.getByRole('main', { name: 'Figure' }).getByRole('button', { name: /^first noise, / })
  await first.focus()
  await page.keyboard.press('2')
  await expect(first).toHaveAccessibleName(/, picked, 2 stars$/)
  await page.keyboard.press('Control+Z')
  await expect(first).toHaveAccessibleName(/, picked, 3 stars$/)
})

test('the best so far is seen large, and the final image is a point of the curve', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  const { runId } = await studio.api.startRun({
    ...{ prompt: 'a red star in sky', pack: 'scenes', guide: ['clip_score'], heldOut: [] },
    ...{ algorithm: 'random_search', candidates: 6, sampler: 'euler', schedule: 'linear' },
    ...{ steps: 4, guidance: 3, finalSteps: 8, baselines: [4], seed: '7' },
  })
  await parts(page).runs.first().click()
  await studio.whenEnded(runId)
  const { winner } = await studio.api.run({ runId })
  const best = page.getByRole('region', { name: 'Winner' })
  await expect(best.getByText(`#${winner ?? -1}`)).toBeVisible()
  const curve = page.getByRole('region', { name: 'Score against compute' })
  const plot = curve.getByRole('img', { name: /; final image, 32 NFE: [\d.]+$/ })
  await expect(plot).toBeVisible()
  // On a laptop nothing of the outcome is below the fold.
  await page.setViewportSize({ width: 1280, height: 800 })
  for (const part of [parts(page).moreSteps, parts(page).search, best, plot]) {
    await expect(part).toBeInViewport({ ratio: 1 })
  }
  await best.getByRole('button').click()
  await expect(page.getByRole('region', { name: `Candidate #${winner ?? -1}, rank 1 of 6` })).toBeVisible()
})

test('of a run of many candidates only those near the window are drawn, and every one can be reached', async ({
  page,
  folder,
  serve,
}) => {
  const libraryPath = join(folder, 'library')
  const count = 700
  await plant(libraryPath, { candidates: count }, count, (seq) => ({ clip_score: 0.9 - seq / 1000 }))
  const { newestLink } = await serve({ libraryPath })
  await page.goto(newestLink())
  const { strip } = parts(page)
  await expect(tile(page, 0)).toBeVisible()
  const drawn = () => strip.getByRole('button').count()
  expect(await drawn()).toBeLessThan(count / 2)
  await tile(page, 0).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await expect(tile(page, 0)).toBeFocused()
  await page.keyboard.press('End')
  await expect(tile(page, count - 1)).toBeFocused()
  await expect(tile(page, count - 1)).toBeInViewport()
  expect(await drawn()).toBeLessThan(count / 2)
  for (let press = 0; press < 12; press++) await page.keyboard.press('ArrowUp')
  await page.keyboard.press('ArrowLeft')
  await expect(strip.locator('[aria-current]')).toBeFocused()
  await expect(strip.locator('[aria-current]')).toBeInViewport()

  // The tree of as many is points of colour; the selected one keeps its name.
  await page.keyboard.press('t')
  const tree = page.getByRole('tree')
  await expect(tree.getByRole('treeitem', { selected: true })).toHaveAccessibleName(/^Candidate [56]\d\d, /)
  await tree.press('z')
  await expect(tree.getByRole('treeitem').nth(5)).toBeVisible()
  expect(await tree.getByRole('treeitem').count()).toBeLessThan(200)
})
