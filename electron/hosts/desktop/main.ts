/** The desktop host: lifecycle, one window, and the studio behind it. Everything with a decision in it is beside this file. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  utilityProcess,
} from 'electron'

import { toErrorData } from '../../../shared/errors.ts'
import { openStudio } from '../../core/studio.ts'
import type { Studio } from '../../core/studio.ts'
import { graderSettings } from '../../grader/settings.ts'
import { bundledPacks, defaultLibraryPath, defaultModelsFolder, rendererFolder } from '../default-places.ts'
import { createFileServer } from '../serve-files.ts'
import { answerWindows } from './ipc.ts'
import { lockDownApp, lockDownSession } from './lock-down.ts'
import { menuTemplate } from './menu.ts'
import { createOrderlyQuit } from './orderly-quit.ts'
import { appOrigin, customSchemes, serveSchemes } from './schemes.ts'
import { utilityEngine } from './utility-engine.ts'
import { parsePlace, windowOptions } from './window.ts'
import { watchWork } from './work-watch.ts'

/** Longest wait for a run to be put away when the program quits. */
const quitLimitMs = 5_000

const development = !app.isPackaged

lockDownApp(app)
protocol.registerSchemesAsPrivileged(customSchemes)

if (app.requestSingleInstanceLock()) void start()
else app.quit()

async function start(): Promise<void> {
  await app.whenReady()
  try {
    const libraryPath = libraryArgument() ?? defaultLibraryPath()
    const studio = await openStudio({
      libraryPath,
      packFolders: [bundledPacks],
      modelsFolder: defaultModelsFolder(libraryPath),
      host: 'desktop',
      grader: graderSettings(process.env),
      launchEngine: utilityEngine((entry, args, options) => utilityProcess.fork(entry, args, options)),
    })
    app.on(
      'before-quit',
      createOrderlyQuit({
        close: () => studio.close(),
        exit: (code) => {
          app.exit(code)
        },
        limitMs: quitLimitMs,
      }),
    )
    run(studio)
  } catch (error) {
    dialog.showErrorBox('Goldpan cannot start', toErrorData(error).message)
    app.exit(1)
  }
}

function run(studio: Studio): void {
  lockDownSession(session.defaultSession)
  serveSchemes(
    protocol,
    createFileServer({ appFolder: rendererFolder, imageFile: (sha256) => studio.imageFile(sha256) }),
  )
  answerWindows(ipcMain, studio, async (sender) => {
    const window = BrowserWindow.fromWebContents(sender)
    const options = { title: 'Folder of a model', properties: ['openDirectory' as const] }
    const asked = window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options)
    return (await asked).filePaths[0] ?? null
  })
  showWork(studio)
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate({ mac: process.platform === 'darwin', development })),
  )

  openWindow()
  app.on('second-instance', () => {
    const [window] = BrowserWindow.getAllWindows()
    if (window === undefined) return openWindow()
    if (window.isMinimized()) window.restore()
    window.focus()
  })
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) openWindow()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      app.quit()
    })
  }
}

function openWindow(): void {
  const placeFile = join(app.getPath('userData'), 'window.json')
  const place = parsePlace(readText(placeFile), screen.getAllDisplays())
  const preload = join(import.meta.dirname, 'preload.cjs')
  const window = new BrowserWindow(windowOptions({ preload, development, place }))
  if (place?.maximized === true) window.maximize()
  window.once('ready-to-show', () => {
    window.show()
  })
  window.on('close', () => {
    const text = JSON.stringify({ bounds: window.getNormalBounds(), maximized: window.isMaximized() })
    try {
      writeFileSync(placeFile, text)
    } catch {
      // A place that cannot be remembered is no reason to keep a window open.
    }
  })
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') void offerReload(window, `The window's page has stopped (${reason}).`)
  })
  window.on('unresponsive', () => void offerReload(window, "The window's page does not answer."))
  void window.loadURL(`${appOrigin}/`)
}

/** The window is only a view: its page can be loaded again in the middle of a run. */
async function offerReload(window: BrowserWindow, what: string): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'warning',
    message: what,
    detail: 'Runs go on, and everything finished is kept.',
    buttons: ['Load it again', 'Wait'],
  })
  if (response === 0 && !window.isDestroyed()) window.webContents.reload()
}

/** While something runs: progress on the taskbar, and the computer stays awake. */
function showWork(studio: Studio): void {
  let blocker: number | null = null
  watchWork(studio, (fraction) => {
    for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(fraction ?? -1)
    if (fraction !== null) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  })
}

/** `--library DIR`, as on the command line; Chromium's own switches stand beside it. */
function libraryArgument(): string | undefined {
  const { values } = parseArgs({
    args: process.argv.slice(1),
    options: { library: { type: 'string' } },
    strict: false,
  })
  return typeof values.library === 'string' ? values.library : undefined
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
