/** The way out: pictures, contact sheet, scores, figure and dossier, as files that other programs read. */

import { readFileSync } from 'node:fs'

import type { Page } from '@playwright/test'
import { parse } from 'csv-parse/sync'
import { decode } from 'fast-png'
import { unzipSync } from 'fflate'

import { readDossier } from '../electron/core/dossier/dossier.ts'
import { readChunks } from '../electron/library/png-chunks.ts'
import { makeRun, openWall } from './gallery-library.ts'
import { expect, expectNoViolations, startRun, test } from './studio.ts'

const form = { prompt: 'two red stars in night', candidates: 3, steps: 3, baselines: '3' }

/** The file that an action saves. */
async function saved(page: Page, act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}

test('a run leaves the studio as pictures, sheet, scores, figure and dossier', async ({ page, serve }) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  await startRun(page, form)
  await expect(page.getByText(/^Done, /)).toBeVisible()
  const pictures = await studio.api.picturesOfRun({ runId: 1 })
  const stage = page.getByRole('region', { name: 'Export: Run 1' })

  await test.step('by keyboard: E opens it, Enter saves all pictures with their recipes, byte for byte', async () => {
    await page.getByRole('heading', { name: form.prompt }).click()
    await page.keyboard.press('e')
    await expect(stage).toBeVisible()
    await expect(stage.getByRole('button', { name: 'Save ZIP of PNGs' })).toBeFocused()
    await expect(stage.getByRole('status')).toHaveText(/ pictures\. Everything/)
    const { name, bytes } = await saved(page, () => page.keyboard.press('Enter'))
    expect(name).toBe('goldpan-run-1.zip')
    const files = unzipSync(bytes)
    expect(Object.keys(files)).toHaveLength(pictures.length)
    for (const { imageSha256, origin } of pictures) {
      if (origin.kind !== 'candidate') continue
      const file = files[`goldpan-1-${origin.arm}-${origin.seq}.png`]
      expect(Buffer.compare(file ?? Buffer.alloc(0), readFileSync(studio.imageFile(imageSha256) ?? ''))).toBe(
        0,
      )
    }
    await expect(stage.getByRole('status')).toHaveText(/^Saved: /)
  })

  await test.step('without metadata there is nothing in a file but its pixels', async () => {
    await stage.getByText('Pixels only').click()
    const { bytes } = await saved(page, () => stage.getByRole('button', { name: 'Save ZIP of PNGs' }).click())
    for (const file of Object.values(unzipSync(bytes))) {
      const kinds = readChunks(file).chunks.map(({ type }) => type)
      expect(kinds.filter((kind) => !['IHDR', 'IDAT', 'IEND'].includes(kind))).toEqual([])
    }
  })

  await test.step('scores are a table with every picture and its score', async () => {
    const { name, bytes } = await saved(page, () => stage.getByRole('button', { name: 'Save CSV' }).click())
    expect(name).toBe('goldpan-run-1-scores.csv')
    const rows = parse<Readonly<Record<string, string>>>(bytes, { columns: true })
    expect(rows.map(({ picture }) => Number(picture))).toEqual(pictures.map(({ id }) => id))
    expect(rows.map((row) => Number(row.clip_score))).toEqual(pictures.map(({ scores }) => scores.clip_score))
  })

  await test.step('contact sheet and figure are pictures, and drawings that hold theirs', async () => {
    const sheet = await saved(page, () =>
      stage.getByRole('button', { name: 'Save contact sheet as PNG' }).click(),
    )
    const { width, data, channels } = decode(sheet.bytes)
    expect(width).toBeGreaterThan(1000)
    // More than paper and text: the pictures were drawn into it.
    const colours = new Set<number>()
    for (let at = 0; at < data.length; at += channels * 7)
      colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0))
    expect(colours.size).toBeGreaterThan(500)
    const svg = await saved(page, () =>
      stage.getByRole('button', { name: 'Save contact sheet as SVG' }).click(),
    )
    expect(svg.bytes.toString().match(/<image /g)).toHaveLength(pictures.length)
    const figure = await saved(page, () => stage.getByRole('button', { name: 'Save figure as SVG' }).click())
    expect(figure.bytes.toString()).toContain(form.prompt)
    const drawn = await saved(page, () => stage.getByRole('button', { name: 'Save figure as PNG' }).click())
    expect(decode(drawn.bytes).width).toBeGreaterThan(1000)
  })

  await test.step('the dossier is sealed and holds the run', async () => {
    const { name, bytes } = await saved(page, () =>
      stage.getByRole('button', { name: 'Save dossier' }).click(),
    )
    expect(name).toBe('goldpan-run-1.dossier.json')
    const { spec, candidates, images } = readDossier(bytes)
    expect(spec.prompt).toBe(form.prompt)
    expect(candidates).toHaveLength(pictures.length)
    expect(Object.keys(images ?? {})).toHaveLength(pictures.length)
  })

  await test.step('nothing stands in the way of anybody, in the dark and in the light', async () => {
    await expectNoViolations(page)
  })

  await test.step('Escape closes it and gives the focus back', async () => {
    await page.keyboard.press('Escape')
    await expect(stage).toBeHidden()
  })
})

test('the figure and the dossier on offer are those of the run that all pictures are of', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await makeRun(studio, 1, 'a red star in sky')
  const [newest] = await makeRun(studio, 1, 'a blue ring in sand')
  await page.goto(newestLink())
  const { grid, selected } = await openWall(page)
  const ways = page.getByRole('region', { name: /^(Figure|Dossier) of run / })

  await page.keyboard.press('Control+a')
  await expect(selected).toHaveCount(4)
  await page.keyboard.press('e')
  await expect(page.getByRole('status').filter({ hasText: '4 pictures. ' })).toBeVisible()
  await expect(ways).toHaveCount(0)
  await page.keyboard.press('Escape')

  await expect(grid).toBeFocused()
  await page.keyboard.press('Home')
  await expect(selected).toHaveAttribute('data-picture', String(newest))
  await page.keyboard.press('e')
  await expect(ways).toHaveCount(2)
  await expect(ways.first()).toHaveAccessibleName('Figure of run 2')
})
