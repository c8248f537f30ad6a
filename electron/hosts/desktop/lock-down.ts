/** What no page of this program may do, whatever it is: Electron's security checklist where it is not a preference. */

import type { App, Session, WebContents } from 'electron'

/** What a session may load: our two schemes, what a page holds in memory, and the developer tools' own files. */
const ownSchemes = ['app:', 'art:', 'blob:', 'data:', 'devtools:']

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
  session.webRequest.onBeforeRequest(({ url }, answer) => {
    answer({ cancel: !ownSchemes.includes(new URL(url).protocol) })
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
