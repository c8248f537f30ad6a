import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'

import type { App, Session, WebContents } from 'electron'

import { lockDownApp, lockDownContents, lockDownSession } from './lock-down.ts'

function fakeContents() {
  return Object.assign(new EventEmitter(), {
    openHandler: (): { action: string } => ({ action: 'allow' }),
    setWindowOpenHandler(handler: () => { action: string }) {
      this.openHandler = handler
    },
  })
}

test('no page navigates, is redirected, opens a window or attaches a webview', () => {
  const contents = fakeContents()
  lockDownContents(contents as unknown as WebContents)
  for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
    let prevented = false
    contents.emit(name, { preventDefault: () => (prevented = true) })
    assert.ok(prevented, name)
  }
  assert.deepEqual(contents.openHandler(), { action: 'deny' })
})

test('every permission is refused in all three places, but for copying text', () => {
  let request: ((contents: null, permission: string, answer: (granted: boolean) => void) => void) | undefined
  let check: ((contents: null, permission: string) => boolean) | undefined
  let device: (() => boolean) | undefined
  let onRequest: ((details: { url: string }, answer: (response: unknown) => void) => void) | undefined
  lockDownSession({
    setPermissionRequestHandler: (handler: typeof request) => (request = handler),
    setPermissionCheckHandler: (handler: typeof check) => (check = handler),
    setDevicePermissionHandler: (handler: typeof device) => (device = handler),
    webRequest: {
      onBeforeRequest: (handler: typeof onRequest) => (onRequest = handler),
    },
  } as unknown as Session)

  const granted = (permission: string) => {
    let answer: boolean | undefined
    request?.(null, permission, (value) => (answer = value))
    return [answer, check?.(null, permission)]
  }
  const refused = [
    'media',
    'geolocation',
    'notifications',
    'midi',
    'openExternal',
    'fullscreen',
    'clipboard-read',
  ]
  for (const permission of [...refused, 'hid', 'serial', 'usb', 'fileSystem', 'unknown', '']) {
    assert.deepEqual(granted(permission), [false, false], permission)
  }
  assert.deepEqual(granted('clipboard-sanitized-write'), [true, true])
  assert.equal(device?.(), false)

  const cancelled = (url: string) => {
    let response: unknown
    onRequest?.({ url }, (value) => (response = value))
    return (response as { cancel: boolean }).cancel
  }
  const foreign = [
    'http://127.0.0.1/',
    'https://example.com/',
    'ws://localhost:1/',
    'wss://a/',
    'ftp://a/',
    'file:///etc',
  ]
  for (const url of [...foreign, 'chrome://gpu/', 'filesystem:app://studio/x']) assert.ok(cancelled(url), url)
  for (const url of ['app://studio/', 'art://image/0.png', 'blob:app://studio/1'])
    assert.ok(!cancelled(url), url)
})

test('the app is sandboxed, looks up no name, and locks every page down as it appears', () => {
  const switches: string[][] = []
  const app = Object.assign(new EventEmitter(), {
    sandboxed: false,
    enableSandbox() {
      this.sandboxed = true
    },
    commandLine: { appendSwitch: (...one: string[]) => switches.push(one) },
  })
  lockDownApp(app as unknown as App)
  assert.ok(app.sandboxed)
  assert.deepEqual(switches, [['host-resolver-rules', 'MAP * ~NOTFOUND'], ['disable-background-networking']])
  const contents = fakeContents()
  app.emit('web-contents-created', {}, contents)
  assert.deepEqual(contents.openHandler(), { action: 'deny' })
})
