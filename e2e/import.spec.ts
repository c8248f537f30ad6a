/** A person's own models: from a folder to a picture, and back out of the studio. */

import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'

import type { Page } from '@playwright/test'

import { expect, expectPictures, fill, parts, startRun, test, tinyPacks } from './studio.ts'

const fixtures = fileURLToPath(new URL('../models/fixtures', import.meta.url))
const model = (name: string) => join(fixtures, name, 'model')

/** A fixture under a name of its own, as a folder that a person has. */
function folderOf(folder: string, name: string, as: string): string {
  const copy = join(folder, as)
  cpSync(model(name), copy, { recursive: true })
  return copy
}

function models(page: Page) {
  const stage = page.getByRole('region', { name: 'Models', exact: true })
  return {
    stage,
    open: page.getByRole('button', { name: 'Models' }),
    path: stage.getByRole('textbox', { name: 'Or its path on this machine' }),
    start: stage.getByRole('button', { name: 'Import', exact: true }),
    imports: stage.getByRole('region', { name: 'Imports' }),
    installed: stage.getByRole('region', { name: 'Installed models' }),
  }
}

test('folders are imported by path with the keyboard, and searched with', async ({ page, folder, serve }) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await page.evaluate(() => {
    ;(document.activeElement as HTMLElement).blur()
  })
  await page.keyboard.press('l')
  const { stage, path, imports, installed } = models(page)
  await expect(stage).toBeFocused()

  for (const [name, as, what] of [
    ['sd15', 'my diffusion', 'Stable Diffusion'],
    ['clip', 'my clip', 'CLIP'],
  ] as const) {
    await path.fill(folderOf(folder, name, as))
    await path.press('Enter')
    await expect(stage.getByRole('heading', { name: what, exact: true })).toBeFocused()
    await expect(stage.getByRole('textbox', { name: 'Name' })).toHaveValue(as)
    await stage.getByRole('textbox', { name: 'Name' }).press('Enter')
    await expect(imports.getByText('Imported, ready to be searched with').first()).toBeVisible()
    await expect(installed.getByRole('heading', { name: as, exact: true })).toBeVisible()
  }
  await expect(imports.getByText('Imported, ready to be searched with')).toHaveCount(2)

  await page.keyboard.press('Escape')
  await expect(stage).toBeHidden()
  await page.getByRole('combobox', { name: 'Pack' }).selectOption({ label: 'my diffusion' })
  await startRun(page, { prompt: 'a red cube', candidates: 2, steps: 3, baselines: '' })
  await expect(page.getByText(/^Done, 3 images/)).toBeVisible()
  await expectPictures(parts(page).strip, 2)
  const { spec, candidates } = await studio.api.run({ runId: 1 })
  expect(spec.pack).toBe('my-diffusion')
  for (const { scores } of candidates) expect(Number.isFinite(scores.clip_score)).toBe(true)
})

test('a dropped folder is sent, its questions are answered, and nothing of the sending stays', async ({
  page,
  folder,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  const source = folderOf(folder, 'sd15', 'bare diffusion')
  rmSync(join(source, 'scheduler'), { recursive: true })
  writeFileSync(join(source, '.hidden'), 'stays where it is')
  await page.goto(newestLink())
  const { open, stage, start, imports } = models(page)
  await open.click()
  await drop(page, source)
  await expect(stage.getByRole('heading', { name: 'Stable Diffusion', exact: true })).toBeVisible()
  const sampler = stage.getByRole('combobox', { name: 'Sampler' })
  await expect(sampler).toHaveValue('pndm')
  await sampler.selectOption('ddim')
  await start.click()
  await expect(imports.getByText('Imported, ready to be searched with')).toBeVisible()
  const pack = (await studio.api.packs()).find(({ id }) => id === 'bare-diffusion')
  expect(pack?.kind === 'text_to_image' && pack.defaults.sampler).toBe('ddim')
  const { modelsFolder } = await studio.api.environment()
  expect(readdirSync(modelsFolder).sort()).toEqual(['.hashes.json', 'bare-diffusion'])

  await test.step('the way by the dialog gives the same', async () => {
    await stage.locator('input[type=file]').setInputFiles(source)
    await expect(stage.getByRole('heading', { name: 'Stable Diffusion', exact: true })).toBeVisible()
    await stage.getByRole('button', { name: 'Not this one' }).click()
    await expect(stage.getByText('Drop the folder of a model here')).toBeVisible()
    await expect.poll(() => readdirSync(modelsFolder).sort()).toEqual(['.hashes.json', 'bare-diffusion'])
  })
})

test('a refusal says which file and what to do, and a removed model comes back', async ({
  page,
  folder,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  const bad = folderOf(folder, 'clip', 'bad')
  writeFileSync(join(bad, 'weights.ckpt'), 'x')
  await page.goto(newestLink())
  const { open, stage, path, start, imports, installed } = models(page)
  await open.click()
  await path.fill(bad)
  await stage.getByRole('button', { name: 'Look inside' }).click()
  await expect(stage.getByRole('alert')).toContainText('weights.ckpt: expected ONNX files')
  const worse = folderOf(folder, 'clip', 'worse')
  writeFileSync(join(worse, 'run.sh'), '')
  await drop(page, worse)
  await expect(stage.getByRole('alert')).toContainText('run.sh: expected ONNX files')
  const { modelsFolder } = await studio.api.environment()
  await expect.poll(() => (existsSync(modelsFolder) ? readdirSync(modelsFolder) : [])).toEqual([])

  rmSync(join(bad, 'weights.ckpt'))
  await path.fill(bad)
  await path.press('Enter')
  await start.click()
  await expect(imports.getByText('Imported, ready to be searched with')).toBeVisible()

  await expect(installed.getByRole('button', { name: 'Remove tiny' })).toHaveCount(0)
  await installed.getByRole('button', { name: 'Remove bad' }).click()
  await installed.getByRole('button', { name: 'Remove', exact: true }).click()
  await expect(installed.getByText('bad was moved aside.')).toBeVisible()
  await expect(installed.getByRole('heading', { name: 'bad', exact: true })).toHaveCount(0)
  await installed.getByRole('button', { name: 'Undo' }).click()
  await expect(installed.getByRole('heading', { name: 'bad', exact: true })).toBeVisible()
})

test('a picture brings its settings back into the form, and goes out with or without them', async ({
  page,
  folder,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  const { prompt, stepsField, candidatesField, strip } = parts(page)
  const form = page.getByRole('form', { name: 'New run' })
  await startRun(page, { prompt: 'two red stars', candidates: 2, steps: 7, baselines: '' })
  await expect(page.getByText(/^Done, 3 images/)).toBeVisible()

  await strip.getByRole('button', { name: /rank 1/ }).click()
  await strip.getByRole('button', { name: /rank 1/ }).press('Enter')
  const loupe = page.getByRole('region', { name: /^Candidate #/ })
  const saved = async (name: string) => {
    const download = page.waitForEvent('download')
    await loupe.getByRole('button', { name }).click()
    const path = join(folder, `${name}.png`)
    await (await download).saveAs(path)
    return path
  }
  const withRecipe = await saved('Save with its recipe')
  const without = await saved('Save without metadata')
  await page.keyboard.press('Escape')
  const [winner] = (await studio.api.run({ runId: 1 })).candidates
  expect(winner).toBeDefined()

  await fill(stepsField, '3')
  await prompt.fill('something else')
  await form.getByLabel('Picture with settings').setInputFiles(withRecipe)
  await expect(prompt).toHaveValue('two red stars')
  await expect(stepsField).toHaveValue('7')
  await expect(candidatesField).toHaveValue('2')
  await expect(form.getByText('Settings of a picture by Goldpan')).toBeVisible()
  await form.getByRole('button', { name: 'Undo' }).click()
  await expect(prompt).toHaveValue('something else')
  await expect(stepsField).toHaveValue('3')

  await form.getByLabel('Picture with settings').setInputFiles(without)
  await expect(form.getByRole('alert')).toContainText(/expected/i)
  await expect(prompt).toHaveValue('something else')

  await test.step('what another program wrote, dropped beside the form', async () => {
    const foreign = join(folder, 'foreign.png')
    const parameters =
      'a blue moon\nNegative prompt: rain\nSteps: 9, Sampler: Euler a, CFG scale: 4, Seed: 77, Size: 512x512, Model: somebody'
    writeFileSync(foreign, withText(readFileSync(without), 'parameters', parameters))
    await dropAt(page, foreign, await page.getByRole('navigation', { name: 'Runs' }).boundingBox())
    await expect(prompt).toHaveValue('a blue moon')
    await expect(stepsField).toHaveValue('9')
    await expect(form.getByText("Settings from a picture's A1111 parameters")).toBeVisible()
    await expect(form.getByText(/somebody/)).toBeVisible()
  })
})

/** A PNG with one more tEXt chunk before its end. */
function withText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  const content = Buffer.from(`tEXt${keyword}\0${text}`, 'latin1')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length - 4)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(content))
  const end = png.length - 12
  return Buffer.concat([png.subarray(0, end), length, content, sum, png.subarray(end)])
}

/** Drops a folder of the disk on the drop target, as the system's file manager does. */
async function drop(page: Page, path: string): Promise<void> {
  await dropAt(
    page,
    path,
    await models(page).stage.getByText('Drop the folder of a model here').boundingBox(),
  )
}

async function dropAt(
  page: Page,
  path: string,
  box: { readonly x: number; readonly y: number } | null,
): Promise<void> {
  if (box === null) throw new Error('Expected a drop target, found none.')
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: box.x + 5, y: box.y + 5, data })
  }
  await session.detach()
}
