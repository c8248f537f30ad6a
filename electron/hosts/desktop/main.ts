/** The desktop host: lifecycle, one window, and the studio behind it. Everything with a decision in it is beside this file. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeImage,
  nativeTheme,
  Notification,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  utilityProcess,
} from 'electron'
import type { WebContents } from 'electron'

import type { WindowCommand } from '../../../shared/commands.ts'
import { commandChannel } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { openStudio } from '../../core/studio.ts'
import type { Studio } from '../../core/studio.ts'
import { graderSettings } from '../../grader/settings.ts'
import { bundledPacks, defaultLibraryPath, defaultModelsFolder, rendererFolder } from '../default-places.ts'
import { createFileServer } from '../serve-files.ts'
import { createDragOut } from './drag-out.ts'
import { answerWindows } from './ipc.ts'
import { lockDownApp, lockDownSession } from './lock-down.ts'
import { menuTemplate } from './menu.ts'
import { createOrderlyQuit } from './orderly-quit.ts'
import { tellEnd } from './run-notices.ts'
import { appOrigin, customSchemes, serveSchemes } from './schemes.ts'
import { utilityEngine } from './utility-engine.ts'
import { parsePlace, windowOptions } from './window.ts'
import { watchWork } from './work-watch.ts'

/** Longest wait for a run to be put away when the program quits. */
const quitLimitMs = 5_000

/** Width of what hangs on the pointer while a picture is dragged, in device-independent pixels. */
const dragIconWidth = 96

const development = !app.isPackaged

lockDownApp(app)
protocol.registerSchemesAsPrivileged(customSchemes)

if (app.requestSingleInstanceLock()) void start()
else app.quit()

async function start(): Promise<void> {
  await app.whenReady()
  // Notifications on Windows belong to a program by this name.
  if (process.platform === 'win32') app.setAppUserModelId('Goldpan')
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
    const draggedFolder = mkdtempSync(join(app.getPath('temp'), 'goldpan-dragged-'))
    app.on(
      'before-quit',
      createOrderlyQuit({
        close: () => {
          rmSync(draggedFolder, { recursive: true, force: true })
          return studio.close()
        },
        exit: (code) => {
          app.exit(code)
        },
        limitMs: quitLimitMs,
      }),
    )
    await followTheme(studio)
    run(studio, draggedFolder)
  } catch (error) {
    dialog.showErrorBox('Goldpan cannot start', toErrorData(error).message)
    app.exit(1)
  }
}

function run(studio: Studio, draggedFolder: string): void {
  lockDownSession(session.defaultSession)
  serveSchemes(protocol, createFileServer({ appFolder: rendererFolder, images: studio }))
  const dragOut = createDragOut({
    folder: draggedFolder,
    imageFile: (sha256) => studio.imageFile(sha256),
    iconOf: (file) => nativeImage.createFromPath(file).resize({ width: dragIconWidth }),
  })
  answerWindows(ipcMain, studio, { chooseFolder, dragOut })
  showWork(studio)
  showMenu(studio)

  openWindow()
  app.on('second-instance', () => {
    bringUp()
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

/** Shows the window, or opens one, which then opens at the run that was asked for. */
function bringUp(command: WindowCommand | null = null): void {
  const [window] = BrowserWindow.getAllWindows()
  if (window === undefined) return openWindow(command?.kind === 'open-run' ? `#run=${command.runId}` : '')
  if (window.isMinimized()) window.restore()
  window.focus()
  if (command !== null) window.webContents.send(commandChannel, command)
}

async function chooseFolder(sender: WebContents): Promise<string | null> {
  const window = BrowserWindow.fromWebContents(sender)
  const options = { title: 'Folder of a model', properties: ['openDirectory' as const] }
  const asked = window === null ? dialog.showOpenDialog(options) : dialog.showOpenDialog(window, options)
  return (await asked).filePaths[0] ?? null
}

/** Menus, scroll bars and the page follow the person's choice, or the system where there is none. */
async function followTheme(studio: Studio): Promise<void> {
  const follow = async () => {
    nativeTheme.themeSource = (await studio.api.preferences()).theme
  }
  studio.onEvent(({ kind }) => {
    // While the studio closes it need not answer.
    if (kind === 'preferences-changed') follow().catch(() => undefined)
  })
  await follow()
}

/** The menu lists the newest runs, so it is made again whenever one begins. */
function showMenu(studio: Studio): void {
  const show = async () => {
    const runs = await studio.api.runs()
    const template = menuTemplate({ mac: process.platform === 'darwin', development, runs, send: bringUp })
    Menu.setApplicationMenu(Menu.buildFromTemplate(template))
  }
  const showAgain = () => {
    show().catch(() => undefined)
  }
  watchWork(studio, { onBegin: showAgain })
  showAgain()
}

function openWindow(address = ''): void {
  const placeFile = join(app.getPath('userData'), 'window.json')
  const place = parsePlace(readText(placeFile), screen.getAllDisplays())
  const preload = join(import.meta.dirname, 'preload.cjs')
  const dark = nativeTheme.shouldUseDarkColors
  const window = new BrowserWindow(windowOptions({ preload, development, place, dark }))
  if (place?.maximized === true) window.maximize()
  if (place?.fullScreen === true) window.setFullScreen(true)
  window.once('ready-to-show', () => {
    window.show()
  })
  window.on('close', () => {
    const text = JSON.stringify({
      bounds: window.getNormalBounds(),
      maximized: window.isMaximized(),
      fullScreen: window.isFullScreen(),
    })
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
  void window.loadURL(`${appOrigin}/${address}`)
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

/**
 * While something runs: progress on the taskbar, and the computer stays awake. When a run ends and nobody looks: a
 * notification, and after a failure a red taskbar until somebody does.
 */
function showWork(studio: Studio): void {
  let blocker: number | null = null
  const shownOnes = new Set<Notification>()
  watchWork(studio, {
    onWork(fraction) {
      for (const window of BrowserWindow.getAllWindows()) window.setProgressBar(fraction ?? -1)
      if (fraction !== null) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
      else if (blocker !== null) {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
    },
    onEnd(runId) {
      const means = {
        isWatched: () => BrowserWindow.getFocusedWindow() !== null,
        notify(body: string) {
          if (!Notification.isSupported()) return
          const notification = new Notification({ title: 'Goldpan', body, silent: true })
          // Held until it goes, because a collected one no longer hears a click.
          shownOnes.add(notification)
          notification.once('close', () => shownOnes.delete(notification))
          notification.once('click', () => {
            shownOnes.delete(notification)
            bringUp({ kind: 'open-run', runId })
          })
          notification.show()
        },
        alarm() {
          for (const window of BrowserWindow.getAllWindows()) {
            window.setProgressBar(1, { mode: 'error' })
            window.once('focus', () => {
              window.setProgressBar(-1)
            })
          }
        },
      }
      // While the studio closes it need not answer.
      tellEnd(studio.api, runId, means).catch(() => undefined)
    },
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
