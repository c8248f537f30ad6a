/** The window: its preferences, its place on the screen, and what happens when its page stands still or dies. */

import type { BrowserWindowConstructorOptions, Display, Rectangle, WebPreferences } from 'electron'

/** The ground of both rooms (renderer/styles/tokens.css), so that a window does not flash while it loads. */
const ground = { dark: '#131313', light: '#ececec' }
const defaultSize = { width: 1440, height: 900 }
const minSize = { minWidth: 880, minHeight: 600 }

/** Every preference of Electron's security checklist, also those whose default is right, and the two that fetch things. */
export function webPreferences(preload: string, development: boolean): WebPreferences {
  return {
    preload,
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
    // The spell checker would download its dictionaries.
    spellcheck: false,
    devTools: development,
  }
}

/** Options of the studio's window; shown by the caller when the first picture is ready. */
export function windowOptions(options: {
  readonly preload: string
  readonly development: boolean
  readonly place: WindowPlace | null
  readonly dark: boolean
}): BrowserWindowConstructorOptions {
  return {
    ...defaultSize,
    ...minSize,
    ...options.place?.bounds,
    show: false,
    title: 'Goldpan',
    backgroundColor: options.dark ? ground.dark : ground.light,
    autoHideMenuBar: true,
    webPreferences: webPreferences(options.preload, options.development),
  }
}

/** Where a window was when it was last closed. */
export type WindowPlace = {
  /** Of the window when it is neither maximised nor full screen. */
  readonly bounds: Rectangle
  readonly maximized: boolean
  readonly fullScreen: boolean
}

/** Reads a remembered place. Null, and so the default, for anything else than a place that a screen still shows. */
export function parsePlace(text: string, displays: readonly Pick<Display, 'workArea'>[]): WindowPlace | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || !('bounds' in value) || !('maximized' in value))
    return null
  const { bounds, maximized } = value
  const fullScreen = 'fullScreen' in value && value.fullScreen === true
  if (!isRectangle(bounds) || typeof maximized !== 'boolean') return null
  return displays.some(({ workArea }) => overlaps(bounds, workArea))
    ? { bounds, maximized, fullScreen }
    : null
}

function isRectangle(value: unknown): value is Rectangle {
  if (typeof value !== 'object' || value === null) return false
  const sides = value as Readonly<Record<string, unknown>>
  return ['x', 'y', 'width', 'height'].every((side) => Number.isInteger(sides[side]))
}

/** Whether enough of a window is on a screen to be taken hold of, in device-independent pixels. */
function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const handle = 100
  return (
    window.width >= minSize.minWidth &&
    window.height >= minSize.minHeight &&
    window.x + window.width >= screen.x + handle &&
    window.x <= screen.x + screen.width - handle &&
    window.y >= screen.y &&
    window.y <= screen.y + screen.height - handle
  )
}
