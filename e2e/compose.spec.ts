/** Composing runs: prompt files, presets, seeds, what a run will take, and the form as it was left. */

import type { Page } from '@playwright/test'

import { expect, expectNoViolations, fill, guideByClip, parts, test, tinyPacks, unfold } from './studio.ts'

/** Fills in the form for runs of a moment. */
async function composeSmall(page: Page): Promise<void> {
  const { run, candidatesField, stepsField, baselinesField } = parts(page)
  await expect(run).toBeEnabled()
  await guideByClip(page)
  await unfold(page, 'Parameters', 'Sampling', 'Baselines')
  await fill(candidatesField, '1')
  await fill(stepsField, '2')
  await fill(baselinesField, '')
  const equal = page.getByRole('switch', { name: /^Equal cost/ })
  if (await equal.isChecked()) await equal.uncheck()
}

const table = `prompt,seed,steps,Category
a red star in sky,7,,colour
blue ring in night,,0,colour
"two red stars, in night",,3,count
נגמה <img src=x onerror="window.hacked=1">,9,,text
`

test('a table of prompts is read, said by line what is wrong, and queued one run a row, all by keyboard', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await composeSmall(page)
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Prompt file…' }).focus()
  await page.keyboard.press('Enter')
  await (await chooser).setFiles({ name: 'drawbench.csv', mimeType: 'text/csv', buffer: Buffer.from(table) })

  const file = page.getByRole('region', { name: 'Prompts of a file' })
  await expect(file.getByRole('heading')).toHaveText('4 prompts in drawbench.csv')
  await expect(file.getByText('steps: expected a whole number from 1 to 1000, found 0')).toBeVisible()
  await expect(file.getByRole('status')).toHaveText(
    '1 cannot be run as they are; the others can. Passed over: Category.',
  )
  await expect(parts(page).plan).toHaveText(/^3 images, 7 NFE/)
  await expectNoViolations(page)

  // One Tab stop, arrows inside; what is removed leaves the focus in its place.
  await file.getByRole('button', { name: 'Leave out line 2' }).focus()
  await page.keyboard.press('ArrowDown')
  await expect(file.getByRole('button', { name: 'Leave out line 3' })).toBeFocused()
  await page.keyboard.press('Delete')
  await expect(file.getByRole('button', { name: 'Leave out line 4' })).toBeFocused()
  await expect(file.getByRole('status')).toHaveText(/^One run for each/)
  await expect(parts(page).run).toHaveText(/^Run 3 prompts/)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeVisible()
  await expect(page.getByText('Queued 3 runs')).toBeVisible()
  await expect.poll(async () => (await studio.api.progress()).length).toBe(0)
  const runs = (await studio.api.runs()).toReversed()
  expect(runs.map(({ spec }) => [spec.prompt, spec.steps])).toEqual([
    ['a red star in sky', 2],
    ['two red stars, in night', 3],
    ['נגמה <img src=x onerror="window.hacked=1">', 2],
  ])
  expect([runs[0]?.spec.seed, runs[2]?.spec.seed]).toEqual(['7', '9'])
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
})

test('a text file dropped on the form is a batch; a row that the studio refuses stays with its reason; all is undone at once', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await composeSmall(page)
  // Long enough that the others wait.
  const { runId } = await studio.api.startRun({
    ...{ prompt: 'a star', pack: 'tiny-slow', guide: ['clip_score'], heldOut: [], baselines: [], seed: '1' },
    ...{ algorithm: 'random_search', candidates: 40, sampler: 'euler', schedule: 'linear' },
    ...{ steps: 30, guidance: 2 },
  })
  const drop = (name: string, text: string) =>
    page
      .evaluateHandle(
        ([fileName, content]) => {
          const transfer = new DataTransfer()
          transfer.items.add(new File([content ?? ''], fileName ?? '', { type: 'text/plain' }))
          return transfer
        },
        [name, text],
      )
      .then((dataTransfer) =>
        page.getByRole('form', { name: 'New run' }).dispatchEvent('drop', { dataTransfer }),
      )
  await drop('empty.txt', '# nothing\n')
  await expect(page.getByRole('alert')).toHaveText(/expected a prompt a line, found none/)
  await drop('many.txt', 'star\n'.repeat(1001))
  await expect(page.getByRole('alert')).toHaveText(/at most 1000 prompts, found more; split the file/)

  // A device that is not there is known to the studio alone.
  await drop('prompts.csv', 'prompt,device\n# not a comment here,\na ring,dml\na heart,\n')
  const file = page.getByRole('region', { name: 'Prompts of a file' })
  await expect(file.getByRole('heading')).toHaveText('3 prompts in prompts.csv')
  await parts(page).run.click()
  await expect(file.getByRole('heading')).toHaveText('1 prompt in prompts.csv')
  await expect(file.getByText(/DirectML/)).toBeVisible()
  expect((await studio.api.runs()).map(({ spec }) => spec.prompt)).toEqual([
    'a heart',
    '# not a comment here',
    'a star',
  ])
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect
    .poll(async () => (await studio.api.runs()).map(({ status }) => status.kind))
    .toEqual(['cancelled', 'cancelled', 'running'])
  await studio.api.cancelRun({ runId })
  await file.getByRole('button', { name: 'Put the file away' }).click()
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeFocused()
  // With its last line a file is away, too.
  await drop('one.txt', 'a star')
  await file.getByRole('button', { name: 'Leave out line 1' }).press('Delete')
  await expect(page.getByRole('textbox', { name: 'Prompt' })).toBeFocused()
})

test('presets say what they do and cost, are taken back by undo, and own ones are kept, by keyboard', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  const { run, prompt, candidatesField, stepsField } = parts(page)
  await expect(run).toBeEnabled()
  await unfold(page, 'Sampling')
  await prompt.fill('a red star')
  await fill(candidatesField, '23')
  await page.getByRole('button', { name: 'Presets…' }).focus()
  await page.keyboard.press('Enter')
  const menu = page.getByRole('dialog', { name: 'Presets' })
  await expect(menu.getByRole('button', { name: /^Draft/ })).toContainText(/4 images, \d+ NFE/)
  await expect(menu.getByRole('button', { name: /^The paper's/ })).toContainText('As the paper ran FLUX')
  await expectNoViolations(page)
  await page.keyboard.press('Tab')
  await expect(menu.getByRole('button', { name: /^Draft/ })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(menu).toBeHidden()
  await expect(candidatesField).toHaveValue('4')
  await expect(prompt).toHaveValue('a red star')
  await expect(page.getByRole('button', { name: 'Presets…' })).toBeFocused()
  await page.keyboard.press('Control+z')
  await expect(candidatesField).toHaveValue('23')
  // Nor does undo bring back what a budget had made of it.
  const budget = page.getByRole('textbox', { name: 'Budget' })
  await fill(budget, '9')
  await expect(candidatesField).toHaveValue('9')
  await page.getByRole('button', { name: 'Presets…' }).click()
  await menu.getByRole('button', { name: /^Draft/ }).click()
  await expect(candidatesField).toHaveValue('4')
  await page.keyboard.press('Control+z')
  await expect(budget).toHaveValue('9')
  await fill(budget, '')
  await expect(candidatesField).toHaveValue('23')

  await fill(stepsField, '11')
  await page.getByRole('button', { name: 'Presets…' }).click()
  await menu.getByRole('textbox').fill('Mine')
  await page.keyboard.press('Enter')
  const mine = menu.getByRole('button', { name: /^Mine/ })
  await expect(mine).toBeVisible()
  await page.keyboard.press('Escape')
  await fill(stepsField, '3')
  await page.reload()
  await expect(stepsField).toHaveValue('3')
  await page.getByRole('button', { name: 'Presets…' }).click()
  await mine.click()
  await expect(stepsField).toHaveValue('11')
  await page.getByRole('button', { name: 'Presets…' }).click()
  await menu.getByRole('button', { name: 'Remove the preset Mine' }).click()
  await expect(mine).toHaveCount(0)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+z')
  await page.getByRole('button', { name: 'Presets…' }).click()
  await expect(mine).toBeVisible()
})

test('the seed is drawn, kept and copied by key and by button, and stepped by arrows', async ({
  page,
  context,
  serve,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await composeSmall(page)
  await unfold(page, 'Seed')
  const seed = page.getByRole('textbox', { name: 'Seed' })
  await fill(seed, '41')
  await seed.press('ArrowUp')
  await expect(seed).toHaveValue('42')
  await page.getByRole('button', { name: 'Keep this seed' }).focus()
  await page.keyboard.press('k')
  await expect(page.getByRole('button', { name: 'Keep this seed' })).toHaveAttribute('aria-pressed', 'true')
  await page.keyboard.press('y')
  await expect(page.getByText('Seed 42 copied.')).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('42')
  await page.keyboard.press('r')
  await expect(seed).not.toHaveValue('42')
  await page.keyboard.press('Control+z')
  await expect(seed).toHaveValue('42')
  await page.getByRole('button', { name: 'Draw a new seed' }).click()
  await expect(seed).not.toHaveValue('42')
  // In a field they are letters.
  await parts(page).prompt.pressSequentially('rky')
  await expect(parts(page).prompt).toHaveValue('rky')
  await fill(seed, '7')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Done, 1 image/)).toBeVisible()
  await expect(seed).toHaveValue('7')
  expect((await studio.api.runs())[0]?.spec.seed).toBe('7')
})

test('a budget in images, NFE or minutes makes the search as large as it allows, and the run ends there', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await composeSmall(page)
  const { candidatesField, stepsField, plan, prompt } = parts(page)
  const budget = page.getByRole('textbox', { name: 'Budget' })
  const unit = page.getByRole('combobox', { name: 'Unit of the budget' })
  // Empty, it shows what the parameters spend.
  await expect(budget).toHaveAttribute('placeholder', '1')
  await fill(budget, '5')
  await expect(candidatesField).toHaveValue('5')
  await expect(plan).toHaveText(/^5 images, 10 NFE/)
  await unit.selectOption('NFE')
  await expect(page.getByText('Expected at least 2 NFE')).toBeHidden()
  await fill(budget, '1')
  await expect(page.getByText(/^Expected at least 2 NFE for the smallest search, found 1/)).toBeVisible()
  await prompt.fill('a red star')
  await page.keyboard.press('Control+Enter')
  await expect(budget).toBeFocused()
  expect(await studio.api.runs()).toEqual([])
  await expectNoViolations(page)

  // It holds while something else changes, and gives way to the algorithm's own number.
  await fill(budget, '7')
  await expect(candidatesField).toHaveValue('3')
  await fill(stepsField, '3')
  await expect(candidatesField).toHaveValue('2')
  await fill(candidatesField, '4')
  await expect(budget).toHaveValue('')
  await expect(budget).toHaveAttribute('placeholder', '12')

  await unit.selectOption('minutes')
  await fill(budget, '15')
  await expect(page.getByText(/^No time is known before a first run/)).toBeVisible()
  await expect(candidatesField).toHaveValue('4')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Done, /)).toBeVisible()
  expect((await studio.api.runs())[0]?.spec.budget).toEqual({ nfe: null, verifierCalls: null, seconds: 900 })

  // Measured now: the search is made for the time, and never goes beyond it.
  await expect(page.getByText(/^At most about .*, by the last such run$/)).toBeVisible()
  await expect.poll(async () => Number(await candidatesField.inputValue())).toBeGreaterThan(4)
  await expect(
    page.getByText(/^Candidates: [\d,]+, .*about .*; it ends at 15 min at the latest/),
  ).toBeVisible()
  await fill(budget, '0.05')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Done, /)).toBeVisible()
  await expect.poll(async () => (await studio.api.runs()).length).toBe(2)
  const [run] = await studio.api.runs()
  expect(run?.spec.budget.seconds).toBe(3)

  // The form is as it was left, budget and all.
  await page.reload()
  await expect(budget).toHaveValue('0.05')
  await expect(unit).toHaveValue('minutes')
})

test('at 1280 x 800 all that most runs need is in sight; the rest folds, says what it holds, and is as it was left', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve({ packFolders: [tinyPacks] })
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(newestLink())
  const { run, prompt, algorithm, plan } = parts(page)
  await expect(run).toBeEnabled()
  const needed = [
    ...[prompt, algorithm, plan, run],
    page.getByRole('combobox', { name: 'Pack' }),
    page.getByRole('textbox', { name: 'Budget' }),
  ]
  for (const part of needed) await expect(part).toBeInViewport({ ratio: 1 })

  const group = (title: string) => page.locator('summary').filter({ hasText: title })
  const baselines = page.getByRole('textbox', { name: /^Baselines/ })
  await expect(baselines).toBeHidden()
  await expect(group('Baselines')).toContainText('5, 20, 80, equal cost')
  await group('Baselines').focus()
  await page.keyboard.press('Enter')
  await fill(baselines, '3, x')
  // What is wrong is not folded away.
  await group('Baselines').click()
  await expect(baselines).toHaveAttribute('aria-invalid', 'true')
  await fill(baselines, '3')
  await group('Baselines').focus()
  await page.keyboard.press('Space')
  await expect(group('Baselines')).toContainText('3, equal cost')
  await expect(group('Baselines')).toBeFocused()

  await group('Seed').click()
  await group('Parameters').click()
  await expectNoViolations(page)
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Seed' })).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Candidates' })).toBeHidden()
  for (const part of needed) await expect(part).toBeInViewport({ ratio: 1 })

  // What a fault has opened stays under the hand that mends it.
  const draftSteps = page.getByRole('textbox', { name: /^Draft steps/ })
  await unfold(page, 'Sampling')
  await fill(parts(page).stepsField, '9')
  await algorithm.selectOption('draft_cull_resume')
  await expect(draftSteps).toBeHidden()
  await fill(parts(page).stepsField, '5')
  await expect(draftSteps).toHaveAttribute('aria-invalid', 'true')
  await fill(draftSteps, '3')
  await expect(draftSteps).toHaveAttribute('aria-invalid', 'false')
  await expect(draftSteps).toBeFocused()
  await group('Parameters').click()
  await expect(draftSteps).toBeHidden()

  // The examples go away with the empty prompt, and the keyboard goes on in what one of them has filled.
  await page.getByRole('list', { name: 'Example prompts' }).getByRole('button').first().press('Enter')
  await expect(prompt).not.toHaveValue('')
  await expect(prompt).toBeFocused()
})

test('every algorithm is drawn, as its parameters have it', async ({ page, serve }) => {
  const { newestLink } = await serve({ packFolders: [tinyPacks] })
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.goto(newestLink())
  const { run, algorithm, candidatesField } = parts(page)
  await expect(run).toBeEnabled()
  await unfold(page, 'Sampling')
  const drawing = page.getByRole('form', { name: 'New run' }).getByRole('img')
  await fill(parts(page).stepsField, '20')
  await fill(candidatesField, '3')
  await expect(drawing).toHaveAccessibleName(
    '3 independent noises, each sampled to an image; the best is kept.',
  )
  await expect(drawing.locator('rect')).toHaveCount(3)
  await algorithm.selectOption('zero_order_search')
  const cosine = page.getByRole('textbox', { name: 'Cosine' })
  // The angle is drawn as an angle: half of the rim over how far it is from the tip.
  const drawnAngle = () =>
    drawing.evaluate((svg) => {
      const number = (selector: string, name: string) =>
        Number(svg.querySelector(selector)?.getAttribute(name))
      const far = number('ellipse', 'cx') - number('line', 'x1')
      return (Math.atan2(number('ellipse', 'ry'), far) * 180) / Math.PI
    })
  expect(await drawnAngle()).toBeCloseTo(18.19, 1)
  await fill(cosine, '0.2')
  await expect(drawing).toHaveAccessibleName(/neighbours at 78\.5° from the pivot/)
  expect(await drawnAngle()).toBeCloseTo(78.46, 1)
  for (const [id, name] of [
    ['search_over_paths', /^2 paths sampled down to noise level 0\.11; in each of 4 rounds/],
    ['first_order_search', /^4 noises on the way up the gradient/],
    ['draft_cull_resume', /are looked at after/],
    ['fk_steering', /^4 particles side by side/],
  ] as const) {
    await algorithm.selectOption(id)
    await expect(drawing).toHaveAccessibleName(name)
    await expect(run).toBeInViewport()
  }
  await fill(page.getByRole('textbox', { name: 'Particles' }), '0')
  await expect(drawing).toHaveCount(0)
})

test('the form comes back as it was left: to the letter after a reload, and in a new window', async ({
  page,
  browser,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  const { run, prompt } = parts(page)
  await expect(run).toBeEnabled()
  await unfold(page, 'Sampling', 'Verifiers')
  await prompt.pressSequentially('a red star in sk')
  await page.reload()
  await expect(prompt).toHaveValue('a red star in sk')
  await fill(parts(page).stepsField, '13')
  await page.getByRole('checkbox', { name: 'DINO class: held out' }).check()
  await expect.poll(async () => (await studio.api.preferences()).draft?.steps).toBe('13')

  // What this version does not know, or what was spoiled, costs that one field.
  const { draft } = await studio.api.preferences()
  await studio.api.setPreferences({ draft: { ...draft, algorithm: 'gone', guidance: 7, extra: [] } })
  const context = await browser.newContext()
  const other = await context.newPage()
  await other.goto(newestLink())
  await expect(parts(other).prompt).toHaveValue('a red star in sk')
  await expect(parts(other).stepsField).toHaveValue('13')
  await expect(parts(other).algorithm).toHaveValue('random_search')
  await expect(other.getByRole('checkbox', { name: 'DINO class: held out' })).toBeChecked()
  await context.close()
})
