/** A studio for a test: a temporary library behind the real browser host, and the page as a person meets it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { AxeBuilder } from '@axe-core/playwright'
import { expect, test as base } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

import { openStudio } from '../electron/core/studio.ts'
import type { Studio } from '../electron/core/studio.ts'
import { forkEngine } from '../electron/engine/engine-port.ts'
import type { LaunchEngine } from '../electron/engine/engine-port.ts'
import type { GraderSettings } from '../electron/grader/settings.ts'
import { startBrowserHost } from '../electron/hosts/browser/server.ts'
import { bundledPacks, rendererFolder } from '../electron/hosts/default-places.ts'
import { slownessOf, slowPictures, slowStudio } from './slow-studio.ts'

/** Where the engine's small packs lie, among them some that are slow, or fail. */
export const tinyPacks = fileURLToPath(new URL('../electron/engine/fixtures/packs', import.meta.url))

/** How late the studio answers the windows: a race that only a busy machine loses is found in minutes. */
const slowness = slownessOf(process.env.GOLDPAN_SLOW)

export type OpenStudio = {
  /** The studio itself, never slowed down. */
  readonly studio: Studio
  /** Where the page is, without a code. */
  readonly url: string
  /** The link that stands last in the terminal. */
  readonly newestLink: () => string
  /** Process id of the engine that was started last. */
  readonly enginePid: () => number
  /** Ends host and studio; the library stays for the next one. */
  readonly close: () => Promise<void>
}

export type StudioSettings = {
  readonly libraryPath: string
  readonly packFolders?: readonly string[]
  readonly appFolder?: string
  readonly grader?: GraderSettings
  /** How engines end, for faults that cannot be had otherwise. */
  readonly launchEngine?: LaunchEngine
}

/** Opens a studio and its browser host in this process. */
export async function serveStudio(settings: StudioSettings): Promise<OpenStudio> {
  const { libraryPath, packFolders = [bundledPacks], appFolder = rendererFolder, grader = null } = settings
  const { launchEngine = forkEngine } = settings
  let enginePid: number | undefined
  const studio = await openStudio({
    libraryPath,
    packFolders,
    host: 'browser',
    grader,
    launchEngine: (entry) => {
      const port = launchEngine(entry)
      enginePid = port.pid
      return port
    },
  })
  const links: string[] = []
  const served = slowness === null ? studio : slowStudio(studio, slowness)
  const host = await startBrowserHost({
    ...{ studio: served, appFolder, onLink: (link) => links.push(link) },
    // Links do not grow old here: what a test needs first may take a busy machine more than a minute.
    nowMs: () => 0,
  })
  return {
    studio,
    url: host.url,
    newestLink: () => links.at(-1) ?? host.link,
    enginePid: () => {
      if (enginePid === undefined) throw new Error('Expected a started engine, found none.')
      return enginePid
    },
    close: async () => {
      await host.close()
      await studio.close()
    },
  }
}

type Fixtures = {
  /** An empty folder of this test's own. */
  readonly folder: string
  /** Opens studios that end with the test. */
  readonly serve: (settings?: Partial<StudioSettings>) => Promise<OpenStudio>
}

export const test = base.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what a fixture needs from this pattern
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'goldpan-e2e-'))
    await use(folder)
    rmSync(folder, { recursive: true, force: true })
  },
  /** A defect in drawing fails the test, whatever else was seen of it. */
  page: async ({ page }, use) => {
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    if (slowness !== null) await slowPictures(page, slowness)
    await use(page)
    expect(errors).toEqual([])
    await expect(page.getByText('This view has failed')).toHaveCount(0)
  },
  serve: async ({ folder }, use) => {
    const open: OpenStudio[] = []
    await use(async (settings = {}) => {
      const served = await serveStudio({ libraryPath: join(folder, 'library'), ...settings })
      open.push(served)
      return served
    })
    for (const served of open) await served.close()
  },
})

/** What a person fills in for a run; the rest stays as the form has it. */
export type RunForm = {
  readonly prompt: string
  readonly candidates: number
  readonly steps: number
  readonly baselines: string
  /** CLIP score alone, so that every picture has one score, unless the test chose others before. */
  readonly verifiers?: 'clip' | 'as chosen'
}

/** The parts of the page, by what a person and a screen reader call them. */
export function parts(page: Page) {
  return {
    prompt: page.getByRole('textbox', { name: 'Prompt' }),
    algorithm: page.getByRole('combobox', { name: 'Algorithm' }),
    sampler: page.getByRole('combobox', { name: 'Sampler' }),
    candidatesField: page.getByRole('textbox', { name: 'Candidates' }),
    stepsField: page.getByRole('textbox', { name: 'Steps', exact: true }),
    baselinesField: page.getByRole('textbox', { name: /^Baselines/ }),
    /** What the run will cost, above the button. */
    plan: page.getByText(/ NFE \(.* by search\)$/),
    run: page.getByRole('button', { name: /^Run/ }),
    moreSteps: page.getByRole('region', { name: /^More steps/ }),
    search: page.getByRole('region', { name: /^Search/ }),
    strip: page.getByRole('region', { name: 'Candidates' }),
    outcome: page.getByRole('group', { name: 'Outcome of this run' }),
    monitor: page.getByRole('group', { name: 'Progress of this run' }),
    /** The cards of the earlier runs; the first item of the strip shows all of them. */
    runs: page
      .getByRole('navigation', { name: 'Runs' })
      .getByRole('button')
      .filter({ has: page.locator('bdi') }),
    compare: page.getByRole('region', { name: 'Compare at equal cost' }),
    divider: page.getByRole('slider'),
  }
}

/** Fills in the form with the keyboard alone and starts the run with Ctrl+Enter. */
export async function startRun(page: Page, form: RunForm): Promise<void> {
  const { prompt, candidatesField, stepsField, baselinesField, run } = parts(page)
  // Until the packs are listed the form waits for the defaults of the first.
  await expect(run).toBeEnabled()
  await unfold(page, 'Parameters', 'Sampling', 'Baselines')
  await fill(candidatesField, String(form.candidates))
  await fill(stepsField, String(form.steps))
  await fill(baselinesField, form.baselines)
  if (form.verifiers !== 'as chosen') await guideByClip(page)
  await prompt.fill(form.prompt)
  await page.keyboard.press('Control+Enter')
}

/** Opens groups of the form by their titles, those that are not open yet. The form must be as it was left: await Run. */
export async function unfold(page: Page, ...titles: readonly string[]): Promise<void> {
  for (const title of titles) {
    const group = page.locator('details', { has: page.locator('summary').getByText(title, { exact: true }) })
    if ((await group.getAttribute('open')) === null) await group.locator('summary').press('Enter')
    await expect(group).toHaveAttribute('open')
  }
}

/** Has CLIP score alone guide the next run, and nobody held out: then every picture has one score, and the best wins. */
export async function guideByClip(page: Page): Promise<void> {
  await unfold(page, 'Verifiers')
  const verifiers = page.getByRole('group', { name: 'Verifiers' })
  await verifiers.getByRole('checkbox', { name: 'CLIP score: guide' }).check()
  for (const box of await verifiers.getByRole('checkbox').all()) {
    if ((await box.getAttribute('aria-label')) !== 'CLIP score: guide') await box.uncheck()
  }
}

/** Types a text over what a field holds. */
export async function fill(field: Locator, text: string): Promise<void> {
  await field.focus()
  await field.press('Control+A')
  await field.press('Delete')
  await field.pressSequentially(text)
}

/** Waits until every picture that is shown has been decoded, and none is missing. */
export async function expectPictures(scope: Locator, count: number): Promise<void> {
  const images = scope.locator('img')
  await expect(images).toHaveCount(count)
  for (const image of await images.all()) {
    await expect(image).toHaveJSProperty('complete', true)
    await expect
      .poll(() => image.evaluate((element: HTMLImageElement) => element.naturalWidth))
      .toBeGreaterThan(0)
  }
}

/**
 * Holds the page against axe's rules of accessibility in the dark room, and against those about colours in the light one
 * too: nothing else differs there. Motion is reduced meanwhile: colours that fade in are none yet.
 */
export async function expectNoViolations(page: Page): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    // Colours on their way from one room to the other are nobody's contrast.
    await page.evaluate(() => {
      for (const animation of document.getAnimations()) animation.finish()
    })
    // In this page alone: there are no frames in it, for whose sake a second page would be opened each time.
    const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
    if (colorScheme === 'light') axe.withRules(['color-contrast', 'link-in-text-block'])
    const { violations } = await axe.analyze()
    expect(
      violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
    ).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'no-preference' })
}

export { expect }
