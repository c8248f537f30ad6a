/**
 * The desktop window itself. Runs wherever Electron's runtime is installed and there is a display, and says loudly when
 * it cannot: everything that can be tested without the runtime is tested beside the code, and what the page makes of the
 * desktop's preload in a browser.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { _electron } from '@playwright/test'
import { createBuilder } from 'vite'

import { answerCall } from '../electron/hosts/answer-call.ts'
import type { WindowCommand } from '../shared/commands.ts'
import { studioMethods } from '../shared/contract.ts'
import type { StudioEvent, StudioMethod } from '../shared/contract.ts'
import { parseRunSpec } from '../shared/run-spec.ts'
import { expect, parts, startRun, test } from './studio.ts'

const root = join(import.meta.dirname, '..')

/** The path of Electron's runtime, or why the window cannot be opened here. Asks the package's files: to ask the package itself would start a download. */
function findRuntime(): { readonly path: string } | { readonly missing: string } {
  const folder = join(root, 'node_modules', 'electron')
  const nameFile = join(folder, 'path.txt')
  if (!existsSync(nameFile))
    return { missing: "Electron's runtime is not installed (it could not be downloaded)" }
  const path = join(folder, 'dist', readFileSync(nameFile, 'utf8'))
  if (!existsSync(path)) return { missing: `Electron's runtime is not at ${path}` }
  const display = process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY ?? ''
  if (process.platform === 'linux' && display === '') return { missing: 'there is no display' }
  return { path }
}

const runtime = findRuntime()

test('the desktop window runs the studio, sandboxed, and may do nothing else', async ({ folder }) => {
  if ('missing' in runtime) {
    console.log(`\n*** SKIPPED: the test of the desktop window, because ${runtime.missing}. ***\n`)
    test.skip(true, runtime.missing)
    return
  }
  const builder = await createBuilder({
    configFile: join(root, 'electron', 'hosts', 'desktop', 'vite.config.ts'),
    logLevel: 'error',
  })
  await builder.buildApp()
  const app = await _electron.launch({
    executablePath: runtime.path,
    args: [root, '--library', join(folder, 'library'), ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })
  try {
    const page = await app.firstWindow()
    await expect(parts(page).prompt).toBeVisible()
    expect(page.url()).toMatch(/^app:\/\/studio\//)

    const keys = await page.evaluate(() => Object.keys(window as unknown as { studio: object }).length > 0)
    expect(keys).toBe(true)
    const exposed = await page.evaluate(() =>
      Object.keys((window as unknown as { studio: object }).studio).sort(),
    )
    const more = ['onEvent', 'onCommand', 'chooseFolder', 'pathOf', 'dragOut']
    expect(exposed).toEqual([...studioMethods, ...more].sort())
    const may = await page.evaluate(async () => ({
      require: 'require' in window || 'process' in window,
      opened: window.open('https://example.com/') !== null,
      file: await fetch('file:///etc/passwd').then(
        () => true,
        () => false,
      ),
      network: await fetch('https://example.com/').then(
        () => true,
        () => false,
      ),
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
        () => true,
        () => false,
      ),
    }))
    expect(may).toEqual({ require: false, opened: false, file: false, network: false, camera: false })
    await page.evaluate(() => {
      location.href = 'https://example.com/'
    })
    expect(page.url()).toMatch(/^app:\/\/studio\//)

    const preferences = await app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      const contents = window?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      return contents.getLastWebPreferences()
    })
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })

    await startRun(page, { prompt: 'two red stars in night', candidates: 2, steps: 4, baselines: '2' })
    await expect(page.getByText('Done, 4 images')).toBeVisible()
    await expect(parts(page).strip.locator('img')).toHaveCount(2)

    await app.evaluate(({ Menu }) => {
      Menu.getApplicationMenu()?.getMenuItemById('gallery')?.click()
    })
    await expect(page.getByRole('button', { name: 'Gallery' })).toHaveAttribute('aria-current', 'page')
    await page.keyboard.press('Control+,')
    await page.getByRole('radiogroup', { name: 'Theme' }).getByLabel('Light').check({ force: true })
    await expect.poll(() => app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('light')
  } finally {
    await app.close()
  }
})

/** What the preload's stand-in in the page lets the test play: events of the studio, and the menu. */
type Played = {
  callStudio(method: StudioMethod, argument: unknown): Promise<unknown>
  tell: ((event: StudioEvent) => void) | undefined
  command: ((command: WindowCommand) => void) | undefined
  dragged: readonly string[] | undefined
}

test("behind the desktop's preload the page does what menus ask, wears the room, and hands pictures to be dragged", async ({
  page,
  serve,
}) => {
  const { studio, url } = await serve()
  await page.exposeFunction('callStudio', (method: StudioMethod, argument: unknown) =>
    answerCall(studio.api, method, argument),
  )
  await page.addInitScript((methods) => {
    const played = window as unknown as Played
    const calls = methods.map((method) => [
      method,
      (argument: unknown) => played.callStudio(method, argument),
    ])
    const studio = {
      ...Object.fromEntries(calls),
      onEvent(listener: (event: StudioEvent) => void) {
        played.tell = listener
        return () => undefined
      },
      onCommand(listener: (command: WindowCommand) => void) {
        played.command = listener
        return () => undefined
      },
      dragOut(images: readonly string[]) {
        played.dragged = images
        return Promise.resolve({ ok: true, value: null })
      },
    } as object
    Object.assign(window, { studio })
  }, studioMethods)
  studio.onEvent((event) => {
    page.evaluate((told) => (window as unknown as Played).tell?.(told), event).catch(() => undefined)
  })
  const menu = (command: WindowCommand) =>
    page.evaluate((asked) => (window as unknown as Played).command?.(asked), command)
  const view = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name })

  await page.goto(url)
  const { prompt, run, outcome } = parts(page)
  await expect(run).toBeEnabled()
  await prompt.fill('')
  await prompt.pressSequentially('a red star')
  await menu({ kind: 'command', command: 'undo' })
  await expect(prompt).not.toHaveValue('a red star')

  await menu({ kind: 'command', command: 'gallery' })
  await expect(view('Gallery')).toHaveAttribute('aria-current', 'page')
  await menu({ kind: 'command', command: 'settings' })
  await expect(page.getByRole('region', { name: 'Settings', exact: true })).toBeVisible()
  await studio.api.setPreferences({ theme: 'light' })
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light')

  const { runId } = await studio.api.startRun(
    parseRunSpec({
      ...{ prompt: 'a red star in sky', pack: 'scenes', guide: ['clip_score'], heldOut: [] },
      ...{ algorithm: 'random_search', candidates: 1, sampler: 'euler', schedule: 'linear', steps: 2 },
      ...{ guidance: 3, baselines: [], seed: '1' },
    }),
  )
  await studio.whenEnded(runId)
  await menu({ kind: 'open-run', runId })
  await expect(view('Create')).toHaveAttribute('aria-current', 'page')
  await expect(outcome).toContainText(/Done, 1 image/)

  // Out of the window the system drags files; within it they are still the selection.
  const board = await studio.api.createBoard({ name: 'Keepers' })
  await menu({ kind: 'command', command: 'gallery' })
  const tile = page.getByRole('gridcell').first()
  await expect(tile.getByRole('img')).toBeVisible()
  const dataTransfer = await page.evaluateHandle(() => new DataTransfer())
  await tile.dispatchEvent('dragstart', { dataTransfer })
  const dragged = () => page.evaluate(() => (window as unknown as Played).dragged)
  await expect.poll(dragged).toHaveLength(1)
  const { candidates, baselines } = await studio.api.run({ runId })
  expect([...candidates, ...baselines].map(({ imageSha256 }) => imageSha256)).toContain(
    (await dragged())?.[0],
  )
  const files = await page.evaluateHandle(() => {
    const carried = new DataTransfer()
    carried.items.add(new File(['copy'], 'goldpan.png', { type: 'image/png' }))
    return carried
  })
  await page.getByRole('button', { name: /^Keepers/ }).dispatchEvent('drop', { dataTransfer: files })
  await expect.poll(async () => (await studio.api.boards())[0]?.pictures).toBe(1)
  expect((await studio.api.facets()).outside).toBe(0)
  expect(board.pictures).toBe(0)
})
