/**
 * Photographs every main view for the documentation, at 1280 x 800 and 1920 x 1080, light and dark, from a library that
 * it fills with real runs, marks, boards and votes. Run by hand after a change of the window:
 *
 *     node_modules/node/bin/node e2e/screenshots.ts [FOLDER] [VIEW...]
 *
 * The renderer must be built (npm test does it). Takes about five minutes on two cores.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium } from '@playwright/test'
import type { Page } from '@playwright/test'

import { findChromium } from '../build/chromium.ts'
import { openStudio } from '../electron/core/studio.ts'
import type { Studio } from '../electron/core/studio.ts'
import { startBrowserHost } from '../electron/hosts/browser/server.ts'
import { bundledPacks, rendererFolder } from '../electron/hosts/default-places.ts'
import type { RunSpecInput } from '../shared/run-spec.ts'
import { runSpecSchema } from '../shared/run-spec.ts'

const docs = join(import.meta.dirname, '..', 'docs', 'screenshots')
const [target = docs, ...only] = process.argv.slice(2)

const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
]
const themes = ['dark', 'light'] as const

/** How to get to each view from the newest run; keys, as a person would. */
const views: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async create(page) {
    await page.getByRole('button', { name: 'Use these settings' }).click()
  },
  async tree(page) {
    // The newest run is a random search, whose tree is a fan; the one before it has rounds.
    await page.locator('body').press(']')
    await page.getByRole('main').getByText('Zero-order search', { exact: true }).waitFor()
    await page.locator('body').press('t')
  },
  async gallery(page) {
    await page.locator('body').press('g')
    await page.getByRole('grid').or(page.getByRole('listbox')).first().waitFor()
  },
  async loupe(page) {
    await page.locator('body').press('g')
    await page.locator('[role=gridcell], [role=option]').nth(3).click()
    await page.keyboard.press('Space')
  },
  async survey(page) {
    await page.locator('body').press('g')
    const tiles = page.locator('[role=gridcell], [role=option]')
    await tiles.nth(0).click()
    for (const place of [1, 2, 3]) await tiles.nth(place).click({ modifiers: ['ControlOrMeta'] })
    await page.keyboard.press('c')
  },
  async figure(page) {
    await page.locator('body').press('f')
  },
  async compare(page) {
    await page.locator('body').press('c')
  },
  async duel(page) {
    await page.locator('body').press('d')
  },
  async court(page) {
    await page.locator('body').press('v')
  },
  async export(page) {
    await page.locator('body').press('e')
  },
  async models(page) {
    await page.locator('body').press('l')
  },
  async settings(page) {
    await page.keyboard.press('ControlOrMeta+,')
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    await page.getByText(/^Trying each device/).waitFor({ state: 'hidden' })
  },
}

const folder = mkdtempSync(join(tmpdir(), 'goldpan-screenshots-'))
const studio = await openStudio({
  libraryPath: join(folder, 'Goldpan'),
  packFolders: [bundledPacks],
  host: 'browser',
})
// The pictures show where a person's library lies, not where this one does.
const environment = {
  ...(await studio.api.environment()),
  ...{ libraryPath: '~/Goldpan', modelsFolder: '~/Goldpan/models' },
}
const shown = { ...studio, api: { ...studio.api, environment: () => Promise.resolve(environment) } }
await fillLibrary(studio)
const links: string[] = []
const host = await startBrowserHost({
  studio: shown,
  appFolder: rendererFolder,
  onLink: (link) => links.push(link),
})
const browser = await chromium.launch({
  executablePath: findChromium() ?? '',
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
try {
  mkdirSync(target, { recursive: true })
  for (const theme of themes) {
    for (const size of sizes) {
      const context = await browser.newContext({
        viewport: size,
        colorScheme: theme,
        reducedMotion: 'reduce',
      })
      const page = await context.newPage()
      await page.goto(links.at(-1) ?? host.link)
      await page.getByText(/^Done, /).waitFor()
      for (const [name, go] of Object.entries(views)) {
        if (only.length > 0 && !only.includes(name)) continue
        const file = join(target, `${name}-${size.width}x${size.height}-${theme}.png`)
        await page.goto(`${host.url}#`)
        await page.reload()
        await page.getByText(/^Done, /).waitFor()
        await go(page)
        await settled(page)
        await page.screenshot({ path: file })
        process.stdout.write(`${file}\n`)
      }
      await context.close()
    }
  }
} finally {
  await browser.close()
  await host.close()
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
}

/** Every visible image is there and nothing moves any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(600)
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, loading }) => complete || loading === 'lazy'),
  )
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.finish()
  })
}

/** Runs of several algorithms, one of them guided narrowly, then a person's picks, stars, boards and votes. */
async function fillLibrary({ api, whenEnded }: Studio): Promise<void> {
  const packs = await api.packs()
  const pack = packs.find((one) => one.kind === 'text_to_image' && one.id === 'scenes')
  if (pack?.kind !== 'text_to_image') throw new Error('Expected the pack scenes in models/packs, found none.')
  const panel = { guide: ['clip_score', 'image_reward'], heldOut: ['aesthetic_score', 'pick_score'] }
  const runs: readonly Partial<RunSpecInput>[] = [
    { prompt: 'a large blue heart in paper', algorithm: 'random_search', candidates: 8 },
    {
      ...{ prompt: 'a blue moon above a red ring', algorithm: 'draft_cull_resume', candidates: 12 },
      ...{ survivors: 4, draftSteps: 7 },
    },
    {
      ...{ prompt: 'a striped green square in sky', algorithm: 'random_search', candidates: 8 },
      ...{ guide: ['aesthetic_score'], heldOut: ['clip_score', 'image_reward'] },
    },
    {
      ...{ prompt: 'two yellow triangles in forest', algorithm: 'fk_steering', guide: ['image_reward'] },
      ...{ heldOut: ['clip_score'], particles: 4, interval: 5, strength: 2, potential: 'difference' },
    },
    {
      ...{ prompt: 'two red stars in night', algorithm: 'zero_order_search', rounds: 5 },
      ...{ neighbours: 4, cosine: 0.95, baselines: [5, 20, 100, 400] },
    },
    {
      ...{ prompt: 'three white hearts in meadow', algorithm: 'random_search', candidates: 8 },
      ...{ baselines: [5, 20, 40, 160], seed: '2' },
    },
  ]
  for (const [index, run] of runs.entries()) {
    const { runId } = await api.startRun(
      runSpecSchema.parse({
        ...{ pack: pack.id, ...pack.defaults, ...panel },
        ...{ baselines: [5, 20, 160], seed: String(40 + index) },
        ...run,
        ...(run.algorithm === 'fk_steering' ? { sampler: 'euler_ancestral' } : {}),
      }),
    )
    await whenEnded(runId)
  }
  const idsOf = async (runId: number) => (await api.picturesOfRun({ runId })).map(({ id }) => id)
  const before = await idsOf(runs.length - 1)
  await api.mark({ pictures: before.slice(7, 9), flag: 'reject' })
  await api.mark({ pictures: before.slice(10, 12), rating: 2 })
  const ids = await idsOf(runs.length)
  await api.mark({ pictures: ids.slice(5, 8), flag: 'pick' })
  await api.mark({ pictures: ids.slice(5, 6), rating: 5 })
  await api.mark({ pictures: ids.slice(6, 9), rating: 3 })
  const board = await api.createBoard({ name: 'Night sky' })
  await api.addToBoard({ board: board.id, pictures: ids.slice(0, 6) })
  await api.createBoard({ name: 'For the poster' })
  for (let place = 4; place < 11; place++) {
    const [winner, loser] = [ids[place], ids[place + 1]]
    if (winner !== undefined && loser !== undefined) await api.vote({ winner, loser })
  }
}
