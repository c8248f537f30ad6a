/**
 * Stands in for the `electron` module where its runtime cannot be had: it takes down what the desktop host asks of it,
 * and lets a test play window, taskbar and person. What Electron itself does with it is not tested by this.
 */

import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { registerHooks } from 'node:module'

/** Makes `import ... from 'electron'` give this module, in this process. */
export function standInForElectron(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'electron' ? { url: import.meta.url, shortCircuit: true } : next(specifier, context),
  })
}

/** Everything that was asked, in order: `name argument`. */
export const asked: string[] = []

type Handler = (event: unknown, argument?: unknown) => unknown
export const handlers = new Map<string, Handler>()
export const schemes = new Map<string, (request: Request) => Promise<Response>>()
export const exitCodes: number[] = []
export const errorBoxes: string[] = []

class RecordedApp extends EventEmitter {
  readonly isPackaged = false
  readonly commandLine = { appendSwitch: (name: string) => asked.push(`switch ${name}`) }
  userData = ''
  firstInstance = true
  enableSandbox() {
    asked.push('enableSandbox')
  }
  requestSingleInstanceLock() {
    asked.push('lock')
    return this.firstInstance
  }
  async whenReady() {
    asked.push('ready')
    return Promise.resolve()
  }
  getPath() {
    return this.userData
  }
  quit() {
    asked.push('quit')
    const event = { prevented: false, preventDefault: () => (event.prevented = true) }
    this.emit('before-quit', event)
    if (!event.prevented) this.exit(0)
  }
  exit(code: number) {
    exitCodes.push(code)
    this.emit('exited')
  }
}
export const app = new RecordedApp()

class RecordedContents extends EventEmitter {
  readonly id: number
  windowOpenHandler: (() => { action: string }) | null = null
  readonly sent: [string, unknown][] = []
  readonly dragged: { readonly files: readonly string[]; readonly icon: unknown }[] = []
  constructor(id: number) {
    super()
    this.id = id
  }
  setWindowOpenHandler(handler: () => { action: string }) {
    this.windowOpenHandler = handler
  }
  reload() {
    asked.push('reload')
  }
  send(channel: string, message: unknown) {
    this.sent.push([channel, message])
  }
  startDrag(item: (typeof this.dragged)[number]) {
    this.dragged.push(item)
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly all: BrowserWindow[] = []
  static focused: BrowserWindow | null = null
  static getAllWindows() {
    return BrowserWindow.all
  }
  static getFocusedWindow() {
    return BrowserWindow.focused
  }
  readonly options: {
    readonly webPreferences: Readonly<Record<string, unknown>>
    readonly show: boolean
    readonly backgroundColor: string
  }
  readonly webContents = new RecordedContents(BrowserWindow.all.length + 1)
  readonly progress: (number | string)[] = []
  url = ''
  shown = false
  constructor(options: BrowserWindow['options']) {
    super()
    this.options = options
    BrowserWindow.all.push(this)
    app.emit('web-contents-created', {}, this.webContents)
  }
  async loadURL(url: string) {
    this.url = url
    return Promise.resolve()
  }
  show() {
    this.shown = true
  }
  maximize() {
    asked.push('maximize')
  }
  isMaximized() {
    return false
  }
  isFullScreen() {
    return true
  }
  setFullScreen() {
    asked.push('full screen')
  }
  isMinimized() {
    return false
  }
  isDestroyed() {
    return false
  }
  focus() {
    asked.push('focus')
  }
  getNormalBounds() {
    return { x: 10, y: 20, width: 1200, height: 800 }
  }
  setProgressBar(fraction: number, options?: { readonly mode: string }) {
    this.progress.push(options === undefined ? fraction : options.mode)
  }
}

export const dialog = {
  showErrorBox: (_title: string, text: string) => errorBoxes.push(text),
  showMessageBox: () => Promise.resolve({ response: 0 }),
  showOpenDialog: () => Promise.resolve({ canceled: false, filePaths: ['/models/chosen'] }),
}
export const ipcMain = {
  handle: (channel: string, handler: Handler) => handlers.set(channel, handler),
}
export type MenuItem = {
  readonly id?: string
  readonly label?: string
  readonly role?: string
  readonly submenu?: readonly MenuItem[]
  readonly click?: () => void
}
export const Menu = {
  /** The one that is shown. */
  shown: [] as readonly MenuItem[],
  setApplicationMenu(menu: readonly MenuItem[]) {
    asked.push('menu')
    Menu.shown = menu
  },
  buildFromTemplate: (template: readonly MenuItem[]) => template,
}
export const nativeTheme = { themeSource: 'system', shouldUseDarkColors: true }
export const nativeImage = {
  createFromPath: (file: string) => ({ resize: (size: object) => ({ file, ...size }) }),
}
export class Notification extends EventEmitter {
  static readonly all: Notification[] = []
  static isSupported() {
    return true
  }
  readonly options: { readonly title: string; readonly body: string; readonly silent: boolean }
  constructor(options: Notification['options']) {
    super()
    this.options = options
  }
  show() {
    Notification.all.push(this)
  }
}
let blockers = 0
export const powerSaveBlocker = {
  start: (kind: string) => {
    asked.push(`awake ${kind}`)
    return ++blockers
  },
  stop: (id: number) => asked.push(`asleep ${id}`),
}
export const protocol = {
  registerSchemesAsPrivileged: (list: readonly { scheme: string }[]) =>
    asked.push(`schemes ${list.map(({ scheme }) => scheme).join(' ')}`),
  handle: (scheme: string, handler: (request: Request) => Promise<Response>) => schemes.set(scheme, handler),
}
export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1920, height: 1080 } }],
}
export const session = {
  defaultSession: {
    setPermissionRequestHandler: () => asked.push('permission requests'),
    setPermissionCheckHandler: () => asked.push('permission checks'),
    setDevicePermissionHandler: () => asked.push('device permissions'),
    webRequest: { onBeforeRequest: () => asked.push('network filter') },
  },
}
/** Electron's fork, played by Node's: the two differ in names and in the environment, not in what crosses. */
export const utilityProcess = {
  fork: (entry: string, _args: readonly string[], options: { readonly env: NodeJS.ProcessEnv }) => {
    const child = fork(entry, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
      env: options.env,
    })
    return Object.assign(child, { postMessage: (message: object) => child.send(message, () => undefined) })
  },
}

/** The other side: what a preload gets. */
export const exposed = new Map<string, unknown>()
export const contextBridge = {
  exposeInMainWorld: (name: string, value: unknown) => exposed.set(name, value),
}
export const webUtils = { getPathForFile: (file: File) => `/dropped/${file.name}` }
const pageListeners = new EventEmitter()
/** Sends to the page, as the main process does. */
export const sendToPage = (channel: string, message: unknown) => pageListeners.emit(channel, {}, message)
export const ipcRenderer = {
  on: (channel: string, listener: (event: unknown, message: unknown) => void) =>
    pageListeners.on(channel, listener),
  off: (channel: string, listener: (event: unknown, message: unknown) => void) =>
    pageListeners.off(channel, listener),
  invoke: (channel: string, argument?: unknown) =>
    Promise.resolve(handlers.get(channel)?.({ senderFrame: null }, argument)),
}
