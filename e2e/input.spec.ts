/** Prompts and packs that are not as they should be, as a person meets them. */

import { cpSync, truncateSync } from 'node:fs'
import { join } from 'node:path'

import { bundledPacks } from '../electron/hosts/default-places.ts'
import { expect, parts, startRun, test } from './studio.ts'

const small = { candidates: 1, steps: 2, baselines: '2' }

test('a word that the pack does not know is noted, and the run is made', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, { ...small, prompt: 'two red dragons in night' })
  await expect(page.getByText('The pack does not know: dragons. It will be passed over.')).toBeVisible()
  await expect(page.getByText(/^Done, 2 images/)).toBeVisible()
})

test('an empty prompt and numbers out of range are said at their fields, and nothing is started', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const { prompt, run } = parts(page)
  await expect(run).toBeEnabled()
  await prompt.focus()
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/say what the image should show/)).toBeVisible()
  await expect(prompt).toBeFocused()
  await startRun(page, { ...small, candidates: 0, prompt: 'a red star in sky' })
  await expect(page.getByText(/whole number from 1 to 4096, found 0/)).toBeVisible()
  await expect(parts(page).candidatesField).toHaveAttribute('aria-invalid', 'true')
  expect(await studio.api.runs()).toEqual([])
})

test('a prompt of a hundred thousand characters is refused at its field, and the page stays quick', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const { prompt, run } = parts(page)
  await expect(run).toBeEnabled()
  await prompt.fill('star '.repeat(20_000))
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/at most 2000 characters, found \d+; shorten it/)).toBeVisible()
  await prompt.fill('a red star in sky')
  await expect(page.getByText(/shorten it/)).toBeHidden()
  expect(await studio.api.runs()).toEqual([])
})

const hostile = [
  '<img src=x onerror="window.hacked=1"> red star',
  '\u202Eנגמה red star \u2066sky',
  '👩‍🚀🏳️‍🌈 a red star in sky',
  `'; DROP TABLE runs; -- {{red}} star`,
]

test('markup, reversed writing, joined emoji and quotes are kept and shown as they were written', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  for (const [index, prompt] of hostile.entries()) {
    await startRun(page, { ...small, prompt })
    await expect(page.getByRole('heading', { level: 2 }).filter({ hasText: prompt })).toBeVisible()
    await expect(page.getByText(/^Done, 2 images/)).toBeVisible()
    expect((await studio.api.run({ runId: index + 1 })).spec.prompt).toBe(prompt)
  }
  await expect(parts(page).runs).toHaveCount(hostile.length)
  expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
})

test('a pack with an altered file is shown as damaged, with the reason, and cannot be run', async ({
  page,
  folder,
  serve,
}) => {
  const packs = join(folder, 'packs')
  cpSync(bundledPacks, packs, { recursive: true })
  truncateSync(join(packs, 'scenes', 'tokenizer', 'tokenizer.json'), 20)
  const { newestLink, studio } = await serve({ packFolders: [packs] })
  await page.goto(newestLink())
  const pack = page.getByRole('combobox', { name: 'Pack' })
  await expect(pack).toContainText('Scenes (damaged)')
  await parts(page).prompt.fill('a red star in sky')
  // An intact pack stands in for it until it is asked for by name.
  await expect(pack).not.toHaveValue('scenes')
  await expect(parts(page).run).toBeEnabled()
  await pack.selectOption('scenes')
  await expect(page.getByText(/tokenizer\.json/).first()).toBeVisible()
  await page.keyboard.press('Control+Enter')
  await expect(parts(page).run).toBeDisabled()
  expect(await studio.api.runs()).toEqual([])
})

test('no pack at all is said, not shown as an empty form', async ({ page, folder, serve }) => {
  const { newestLink } = await serve({ packFolders: [join(folder, 'no-packs')] })
  await page.goto(newestLink())
  await expect(page.getByText(/No pack that makes images is installed/)).toBeVisible()
  await expect(parts(page).run).toBeDisabled()
})
