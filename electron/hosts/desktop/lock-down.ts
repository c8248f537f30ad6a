/** What no page of this program may do, whatever it is: Electron's security checklist where it is not a preference. */

import type { App, Session, WebContents } from 'electron'

/** Everything that a session could fetch besides our two schemes. */
const foreignAddresses = ['http://*/*', 'https://*/*', 'ws://*/*', 'wss://*/*', 'ftp://*/*', 'file:///*']

/** Copying a seed is the one thing beyond a page's own means that ours needs. */
const allowedPermission = 'clipboard-sanitized-write'

/** Before the app is ready: every window is sandboxed, no name is ever looked up, nothing is fetched in the background. */
export function lockDownApp(app: Pick<App, 'enableSandbox' | 'commandLine' | 'on'>): void {
  app.enableSandbox()
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP * ~NOTFOUND')
  app.commandLine.appendSwitch('disable-background-networking')
  app.on('web-contents-created', (_event, contents) => {
    lockDownContents(contents)
  })
}

/** Electron grants every permission unless told otherwise, and asks in three places. */
export function lockDownSession(
  session: Pick<
    Session,
    'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'
  > & { readonly webRequest: Pick<Session['webRequest'], 'onBeforeRequest'> },
): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => {
    answer(permission === allowedPermission)
  })
  session.setPermissionCheckHandler((_contents, permission) => permission === allowedPermission)
  session.setDevicePermissionHandler(() => false)
  session.webRequest.onBeforeRequest({ urls: foreignAddresses }, (_details, answer) => {
    answer({ cancel: true })
  })
}

/** A window shows the page that it was opened with, and opens nothing. */
export function lockDownContents(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => {
    event.preventDefault()
  })
  contents.on('will-frame-navigate', (event) => {
    event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => {
    event.preventDefault()
  })
}
