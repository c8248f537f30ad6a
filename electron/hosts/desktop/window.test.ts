import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { parsePlace, webPreferences, windowOptions } from './window.ts'

test('the preferences are those of the security checklist', () => {
  assert.deepEqual(webPreferences('/preload.cjs', false), {
    preload: '/preload.cjs',
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    devTools: false,
  })
})

test('a window opens unseen, on the ground of its room, at its remembered place or at the default size', () => {
  const options = { preload: '/preload.cjs', development: false, dark: true }
  const fresh = windowOptions({ ...options, place: null })
  assert.equal(fresh.show, false)
  assert.equal(fresh.width, 1440)
  assert.equal(fresh.x, undefined)
  const bounds = { x: 5, y: 6, width: 1000, height: 700 }
  const again = windowOptions({ ...options, place: { bounds, maximized: false, fullScreen: false } })
  assert.deepEqual({ x: again.x, y: again.y, width: again.width, height: again.height }, bounds)

  const tokens = readFileSync(new URL('../../../renderer/styles/tokens.css', import.meta.url), 'utf8')
  const light = windowOptions({ ...options, place: null, dark: false })
  assert.ok(tokens.includes(`--ground: light-dark(${light.backgroundColor}, ${fresh.backgroundColor});`))
})

test('a remembered place is taken only when a screen still shows it', () => {
  const displays = [
    { workArea: { x: 0, y: 0, width: 1920, height: 1080 } },
    { workArea: { x: 1920, y: 0, width: 1280, height: 1024 } },
  ]
  const read = (bounds: unknown, maximized: unknown = false) =>
    parsePlace(JSON.stringify({ bounds, maximized }), displays)
  const second = { x: 2000, y: 40, width: 1000, height: 700 }
  assert.deepEqual(read(second, true), { bounds: second, maximized: true, fullScreen: false })
  const full = JSON.stringify({ bounds: second, maximized: false, fullScreen: true })
  assert.equal(parsePlace(full, displays)?.fullScreen, true)
  assert.equal(read({ ...second, x: 5000 }), null)
  assert.equal(read({ ...second, y: -300 }), null)
  assert.equal(read({ ...second, width: 10 }), null)
  assert.equal(read({ ...second, height: 1.5 }), null)
  assert.equal(read({ ...second, x: null }), null)
  assert.equal(read(second, 'yes'), null)
  assert.equal(read([]), null)
  for (const text of ['', '{', 'null', '7', '[]', '{}']) assert.equal(parsePlace(text, displays), null, text)
})
