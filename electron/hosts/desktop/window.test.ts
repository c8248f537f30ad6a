import assert from 'node:assert/strict'
import { test } from 'node:test'

import { menuTemplate } from './menu.ts'
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

test('a window opens unseen, at its remembered place or at the default size', () => {
  const options = { preload: '/preload.cjs', development: false }
  const fresh = windowOptions({ ...options, place: null })
  assert.equal(fresh.show, false)
  assert.equal(fresh.width, 1440)
  assert.equal(fresh.x, undefined)
  const bounds = { x: 5, y: 6, width: 1000, height: 700 }
  const again = windowOptions({ ...options, place: { bounds, maximized: false } })
  assert.deepEqual({ x: again.x, y: again.y, width: again.width, height: again.height }, bounds)
})

test('a remembered place is taken only when a screen still shows it', () => {
  const displays = [
    { workArea: { x: 0, y: 0, width: 1920, height: 1080 } },
    { workArea: { x: 1920, y: 0, width: 1280, height: 1024 } },
  ]
  const read = (bounds: unknown, maximized: unknown = false) =>
    parsePlace(JSON.stringify({ bounds, maximized }), displays)
  const second = { x: 2000, y: 40, width: 1000, height: 700 }
  assert.deepEqual(read(second, true), { bounds: second, maximized: true })
  assert.equal(read({ ...second, x: 5000 }), null)
  assert.equal(read({ ...second, y: -300 }), null)
  assert.equal(read({ ...second, width: 10 }), null)
  assert.equal(read({ ...second, height: 1.5 }), null)
  assert.equal(read({ ...second, x: null }), null)
  assert.equal(read(second, 'yes'), null)
  assert.equal(read([]), null)
  for (const text of ['', '{', 'null', '7', '[]', '{}']) assert.equal(parsePlace(text, displays), null, text)
})

test('reload and developer tools are in the menu only while developing', () => {
  const text = (development: boolean, mac: boolean) => JSON.stringify(menuTemplate({ development, mac }))
  assert.match(text(true, false), /"reload".*"toggleDevTools"/)
  assert.doesNotMatch(text(false, false), /reload|toggleDevTools/i)
  assert.match(text(false, true), /"appMenu"/)
  assert.match(text(false, false), /"editMenu"/)
})
