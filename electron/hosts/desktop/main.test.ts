import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { Answer } from '../../../shared/contract.ts'
import { openStudio } from '../../core/studio.ts'
import { rendererFolder } from '../default-places.ts'
import * as electron from './testing/recorded-electron.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-desktop-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const library = join(folder, 'library')
electron.app.userData = folder
process.argv.push('--library', library)
electron.standInForElectron()

const ourFrame = { origin: 'app://studio', parent: null }
const invoke = (channel: string) =>
  electron.handlers.get(`studio:${channel}`)?.({ senderFrame: ourFrame }) as Promise<Answer<unknown>>

/** Loads the program once more, as another start of it would. */
const start = (again: number) => import(`./main.ts?start=${again}`)

/** Waits until something asked of Electron has come about. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a library that is open elsewhere is told in a box, and the program ends with 1', async () => {
  const other = await openStudio({ libraryPath: library, packFolders: [], host: 'cli' })
  await start(1)
  await until(() => electron.exitCodes.length > 0)
  await other.close()
  assert.deepEqual(electron.exitCodes.splice(0), [1])
  assert.equal(electron.errorBoxes.length, 1)
  assert.equal(electron.BrowserWindow.all.length, 0)
})

test('a second instance ends at once and opens nothing', async () => {
  electron.app.firstInstance = false
  await start(2)
  assert.deepEqual(electron.exitCodes.splice(0), [0])
  assert.equal(electron.handlers.size, 0)
  electron.app.firstInstance = true
})

test('the program locks itself down before it is ready, and opens one window on its own page', async (t) => {
  // The page itself is the renderer's; here any will do.
  if (!existsSync(join(rendererFolder, 'index.html'))) {
    mkdirSync(rendererFolder, { recursive: true })
    writeFileSync(join(rendererFolder, 'index.html'), '<!doctype html>')
    t.after(() => {
      rmSync(join(rendererFolder, 'index.html'))
    })
  }
  electron.asked.length = 0
  await start(3)
  await until(() => electron.BrowserWindow.all.length > 0)
  const ready = electron.asked.indexOf('ready')
  for (const step of ['enableSandbox', 'switch host-resolver-rules', 'schemes app art', 'lock']) {
    const place = electron.asked.indexOf(step)
    assert.ok(place >= 0 && place < ready, step)
  }
  for (const step of [
    'permission requests',
    'permission checks',
    'device permissions',
    'network filter',
    'menu',
  ]) {
    assert.ok(electron.asked.includes(step), step)
  }

  const [window] = electron.BrowserWindow.all
  assert.equal(window?.url, 'app://studio/')
  assert.equal(window.options.webPreferences.sandbox, true)
  assert.equal(window.options.webPreferences.contextIsolation, true)
  assert.deepEqual(window.webContents.windowOpenHandler?.(), { action: 'deny' })
  assert.ok(!window.shown)
  window.emit('ready-to-show')
  assert.ok(window.shown)
})

test('the studio answers the window, and its page comes over app:', async () => {
  const environment = await invoke('environment')
  assert.ok(environment.ok)
  assert.deepEqual((environment.value as { host: string; libraryPath: string }).host, 'desktop')
  assert.deepEqual((environment.value as { libraryPath: string }).libraryPath, library)
  assert.deepEqual(await invoke('runs'), { ok: true, value: [] })
  assert.deepEqual([...electron.schemes.keys()].sort(), ['app', 'art'])
  const page = await electron.schemes.get('app')?.(new Request('app://studio/'))
  assert.equal(page?.status, 200)
  const image = await electron.schemes.get('art')?.(new Request(`art://image/${'0'.repeat(64)}.png`))
  assert.equal(image?.status, 404)
})

test('starting it again brings the window to the front', () => {
  electron.app.emit('second-instance')
  assert.ok(electron.asked.includes('focus'))
})

test('a page that died is offered again, and the window remembers its place', async () => {
  const [window] = electron.BrowserWindow.all
  window?.webContents.emit('render-process-gone', {}, { reason: 'crashed' })
  await until(() => electron.asked.includes('reload'))
  window?.emit('close')
  const place = JSON.parse(readFileSync(join(folder, 'window.json'), 'utf8')) as unknown
  assert.deepEqual(place, { bounds: { x: 10, y: 20, width: 1200, height: 800 }, maximized: false })
})

test('quitting closes the studio, so that the library is free again', async () => {
  electron.app.emit('window-all-closed')
  await until(() => electron.exitCodes.length > 0)
  assert.deepEqual(electron.exitCodes, [0])
  const next = await openStudio({ libraryPath: library, packFolders: [], host: 'cli' })
  await next.close()
})
