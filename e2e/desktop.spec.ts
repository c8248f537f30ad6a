/**
 * The desktop window itself. Runs wherever Electron's runtime is installed and there is a display, and says loudly when
 * it cannot: everything that can be tested without the runtime is tested beside the code.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { _electron } from '@playwright/test'
import { createBuilder } from 'vite'

import { studioMethods } from '../shared/contract.ts'
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
    expect(exposed).toEqual([...studioMethods, 'onEvent'].sort())
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
  } finally {
    await app.close()
  }
})
