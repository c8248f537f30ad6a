/**
 * Writes the README's picture: a finished run in the real gallery, at 1440 x 900. Run by hand after a change of the
 * window:
 *
 *     node_modules/node/bin/node e2e/readme-picture.ts ["PROMPT"] [SEED] [FILE]
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { chromium } from '@playwright/test'

import { findChromium } from '../build/chromium.ts'
import { openStudio } from '../electron/core/studio.ts'
import { startBrowserHost } from '../electron/hosts/browser/server.ts'
import { bundledPacks, rendererFolder } from '../electron/hosts/default-places.ts'
import { runSpecSchema } from '../shared/run-spec.ts'

const defaultFile = join(import.meta.dirname, '..', 'build', 'readme', 'gallery.png')
const [prompt = 'two red stars in night', seed = '7', file = defaultFile] = process.argv.slice(2)

const folder = mkdtempSync(join(tmpdir(), 'goldpan-picture-'))
const studio = await openStudio({
  libraryPath: join(folder, 'Goldpan'),
  packFolders: [bundledPacks],
  host: 'browser',
})
// The picture shows where a person's library lies, not where this one does.
const environment = { ...(await studio.api.environment()), libraryPath: '~/Goldpan' }
const shown = { ...studio, api: { ...studio.api, environment: () => Promise.resolve(environment) } }
const host = await startBrowserHost({ studio: shown, appFolder: rendererFolder, onLink: () => undefined })
const browser = await chromium.launch({
  executablePath: findChromium() ?? '',
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
try {
  const packs = await studio.api.packs()
  const pack = packs.find((one) => one.kind === 'text_to_image' && one.problem === null)
  if (pack?.kind !== 'text_to_image') throw new Error('Expected a usable pack in models/packs, found none.')
  const earlier = pack.examplePrompts.filter((example) => example !== prompt).slice(0, 3)
  for (const [index, text] of [...earlier, prompt].entries()) {
    const { runId } = await studio.api.startRun(
      runSpecSchema.parse({
        ...{
          prompt: text,
          pack: pack.id,
          guide: ['clip_score'],
          heldOut: [],
          algorithm: 'random_search',
          candidates: 8,
        },
        ...pack.defaults,
        ...{ baselines: [5, 20, 80, 8 * pack.defaults.steps], seed: text === prompt ? seed : String(index) },
      }),
    )
    await studio.whenEnded(runId)
  }

  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    reducedMotion: 'reduce',
  })
  await page.goto(host.link)
  await page.getByText(/^Done, /).waitFor()
  await page.getByRole('button', { name: 'Use these settings' }).click()
  await page.waitForFunction(() =>
    [...document.images].every(({ complete, loading }) => complete || loading === 'lazy'),
  )
  await page.evaluate(() => {
    for (const animation of document.getAnimations()) animation.finish()
  })
  mkdirSync(dirname(file), { recursive: true })
  await page.screenshot({ path: file })
  process.stdout.write(`${file}\n`)
} finally {
  await browser.close()
  await host.close()
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
}
