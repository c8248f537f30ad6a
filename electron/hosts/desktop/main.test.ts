/** The desktop host as it is shipped, bundled, with a stand-in for Electron and the real studio, engine and packs. */

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'

import { decode, encode } from 'fast-png'
import { createBuilder } from 'vite'

import type { Answer, StudioEvent } from '../../../shared/contract.ts'
import type { Environment, RunDetail } from '../../../shared/domain.ts'
import { openStudio } from '../../core/studio.ts'
import { sha256Of } from '../../library/image-files.ts'
import { rendererFolder } from '../default-places.ts'
import * as electron from './testing/recorded-electron.ts'

/** Two folders below the root, as dist/desktop: the program finds packs and page from where it lies. */
mkdirSync(join(rendererFolder, '..'), { recursive: true })
const bundle = mkdtempSync(join(rendererFolder, '..', 'desktop-test-'))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-desktop-'))
const library = join(folder, 'library')
const page = join(rendererFolder, 'index.html')
const pageIsOurs = !existsSync(page)

before(async () => {
  electron.app.userData = folder
  process.argv.push('--library', library)
  electron.standInForElectron()
  if (pageIsOurs) {
    // What the page says does not matter here.
    mkdirSync(rendererFolder, { recursive: true })
    writeFileSync(page, '<!doctype html>')
  }
  const configFile = join(import.meta.dirname, 'vite.config.ts')
  const builder = await createBuilder({ configFile, logLevel: 'error' })
  for (const environment of Object.values(builder.environments)) environment.config.build.outDir = bundle
  await builder.buildApp()
})
after(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(bundle, { recursive: true, force: true })
  if (pageIsOurs) rmSync(page)
})

/** Loads the program once more, as another start of it would. */
const start = (again: number) => import(`${bundle}/main.js?start=${again}`)

async function invoke(channel: string, argument?: unknown): Promise<unknown> {
  const handler = electron.handlers.get(`studio:${channel}`) ?? assert.fail(`no handler for ${channel}`)
  const sender = electron.BrowserWindow.all[0]?.webContents
  const event = { senderFrame: { origin: 'app://studio', parent: null }, sender }
  const answer = (await handler(event, argument)) as Answer<unknown>
  return answer.ok ? answer.value : assert.fail(answer.error.message)
}

/** Waits until something asked of Electron has come about. */
async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('it bundles into main, engine and one preload file that requires only electron', () => {
  const files = readdirSync(bundle)
  for (const name of ['main.js', 'engine-process.js', 'thumbnail-thread.js', 'preload.cjs'])
    assert.ok(files.includes(name), name)
  const text = (name: string) => readFileSync(join(bundle, name), 'utf8')
  const required = [...text('preload.cjs').matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name)
  assert.deepEqual(required, ['"electron"'])
  assert.doesNotMatch(text('preload.cjs'), /^\s*(import|export)\b/m)

  const loads = (name: string, packageName: string) =>
    text(name).includes(`from "${packageName}"`) || text(name).includes(`import("${packageName}")`)
  assert.ok(loads('main.js', 'electron') && loads('main.js', 'better-sqlite3'))
  assert.ok(!loads('main.js', 'onnxruntime-node'))
  assert.ok(loads('engine-process.js', 'onnxruntime-node') && !loads('engine-process.js', 'electron'))
  assert.ok(!loads('thumbnail-thread.js', 'electron') && !loads('thumbnail-thread.js', 'better-sqlite3'))
})

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

test('the program locks itself down before it is ready, and opens one window on its own page', async () => {
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
  assert.equal(window.options.backgroundColor, '#131313')
  assert.equal(window.options.webPreferences.sandbox, true)
  assert.equal(window.options.webPreferences.contextIsolation, true)
  assert.equal(window.options.webPreferences.preload, join(bundle, 'preload.cjs'))
  assert.deepEqual(window.webContents.windowOpenHandler?.(), { action: 'deny' })
  assert.ok(!window.shown)
  window.emit('ready-to-show')
  assert.ok(window.shown)
})

test('the studio answers the window, and its page comes over app:', async () => {
  const environment = (await invoke('environment')) as Environment
  assert.equal(environment.host, 'desktop')
  assert.equal(environment.libraryPath, library)
  assert.deepEqual([...electron.schemes.keys()].sort(), ['app', 'art'])
  const answer = await electron.schemes.get('app')?.(new Request('app://studio/'))
  assert.equal(answer?.status, 200)
})

test('a run is made in the utility process and told to the window, the taskbar and the computer', async () => {
  const spec = {
    ...{
      prompt: 'two red stars in night',
      pack: 'scenes',
      guide: ['clip_score'],
      heldOut: [],
      algorithm: 'random_search',
    },
    ...{
      candidates: 2,
      sampler: 'euler',
      schedule: 'linear',
      // Long enough for a report with previews also on a fast machine.
      steps: 60,
      guidance: 3,
      baselines: [2],
      seed: '1',
    },
  }
  const { runId } = (await invoke('startRun', spec)) as { runId: number }
  let told: readonly StudioEvent[] = []
  let run: RunDetail
  for (let isFirst = true; ; isFirst = false) {
    told = [...told, ...((await invoke('next-events', isFirst)) as readonly StudioEvent[])]
    run = (await invoke('run', { runId })) as RunDetail
    if (run.status.kind !== 'queued' && run.status.kind !== 'running') break
  }
  assert.deepEqual(run.status, { kind: 'done' })
  assert.equal(run.finished, 3)
  assert.ok(told.some((event) => event.kind === 'progress' && event.progress.previews.length > 0))

  const [candidate] = run.candidates
  const image = await electron.schemes.get('art')?.(
    new Request(`art://image/${candidate?.imageSha256 ?? ''}.png`),
  )
  assert.equal(image?.headers.get('content-type'), 'image/png')

  await until(() => electron.asked.includes('asleep 1'))
  assert.equal(electron.asked.filter((step) => step === 'awake prevent-app-suspension').length, 1)
  const { progress } = electron.BrowserWindow.all[0] ?? assert.fail('no window')
  assert.equal(progress.at(-1), -1)
  assert.ok(progress.some((fraction) => typeof fraction === 'number' && fraction > 0 && fraction <= 1))

  const dragged = [candidate?.imageSha256]
  await invoke('drag-out', dragged)
  const [file = ''] = electron.BrowserWindow.all[0]?.webContents.dragged.at(-1)?.files ?? []
  assert.deepEqual(readFileSync(file), Buffer.from(await image.arrayBuffer()))
})

test('a thumbnail is made by the bundled thread and served over art:', async () => {
  const png = encode({ width: 300, height: 200, channels: 3, data: new Uint8Array(300 * 200 * 3) })
  await invoke('addPicture', { name: 'large.png', png: Buffer.from(png).toString('base64') })
  const sha256 = sha256Of(png)
  const answer = await electron.schemes.get('art')?.(new Request(`art://image/${sha256}.png?side=256`))
  const { width, height } = decode(new Uint8Array((await answer?.arrayBuffer()) ?? assert.fail('no answer')))
  assert.deepEqual([width, height], [256, 171])
  const [file = ''] = readdirSync(join(library, 'thumbnails'), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.png'),
  )
  assert.equal(basename(file), `${sha256}-256.png`)
})

test('nobody looked when the run ended: a quiet notification says so without the prompt, and opens the run', async () => {
  await until(() => electron.Notification.all.length > 0)
  const [notification] = electron.Notification.all
  assert.deepEqual(notification?.options, {
    title: 'Goldpan',
    body: 'Run 1 is done: 3 images.',
    silent: true,
  })
  notification.emit('click')
  const { sent } = electron.BrowserWindow.all[0]?.webContents ?? assert.fail('no window')
  assert.deepEqual(sent.at(-1), ['studio:command', { kind: 'open-run', runId: 1 }])
})

test('the menu has the new run and sends the window what is chosen', async () => {
  const itemOf = (match: (item: electron.MenuItem) => boolean) => {
    const all = (items: readonly electron.MenuItem[]): readonly electron.MenuItem[] =>
      items.flatMap((item) => [item, ...all(item.submenu ?? [])])
    return all(electron.Menu.shown).find(match)
  }
  await until(() => itemOf(({ label }) => label === '1   two red stars in night') !== undefined)
  itemOf(({ id }) => id === 'gallery')?.click?.()
  const { sent } = electron.BrowserWindow.all[0]?.webContents ?? assert.fail('no window')
  assert.deepEqual(sent.at(-1), ['studio:command', { kind: 'command', command: 'gallery' }])
})

test('the room that a person chooses is that of menus and scroll bars too', async () => {
  assert.equal(electron.nativeTheme.themeSource, 'system')
  await invoke('setPreferences', { theme: 'light' })
  await until(() => electron.nativeTheme.themeSource === 'light')
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
  assert.deepEqual(place, {
    bounds: { x: 10, y: 20, width: 1200, height: 800 },
    maximized: false,
    fullScreen: true,
  })
})

test('quitting closes the studio, so that the library is free again', async () => {
  electron.app.emit('window-all-closed')
  await until(() => electron.exitCodes.length > 0)
  assert.deepEqual(electron.exitCodes, [0])
  assert.ok(!readdirSync(folder).some((name) => name.startsWith('goldpan-dragged-')))
  const next = await openStudio({ libraryPath: library, packFolders: [], host: 'cli' })
  assert.equal((await next.api.runs()).length, 1)
  await next.close()
})
