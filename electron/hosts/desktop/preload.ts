/** What a page of the desktop sees of the studio: one function a method, and events. Bundled into one sandboxed file. */

import { contextBridge, ipcRenderer, webUtils } from 'electron'

import {
  channelOf,
  commandChannel,
  dragChannel,
  eventsChannel,
  folderChannel,
  studioMethods,
} from '../../../shared/contract.ts'
import type { WindowCommand } from '../../../shared/commands.ts'
import type { Answer, StudioEvent } from '../../../shared/contract.ts'

const listeners = new Set<(event: StudioEvent) => void>()
let waiting = false

const calls = studioMethods.map((method) => [
  method,
  (argument?: unknown): Promise<unknown> => ipcRenderer.invoke(channelOf(method), argument),
])

contextBridge.exposeInMainWorld('studio', {
  ...Object.fromEntries(calls),
  chooseFolder: (): Promise<unknown> => ipcRenderer.invoke(folderChannel),
  dragOut: (imageSha256s: readonly string[]): Promise<unknown> =>
    ipcRenderer.invoke(dragChannel, imageSha256s),
  onCommand(listener: (command: WindowCommand) => void) {
    const tell = (_event: unknown, command: WindowCommand) => listener(command)
    ipcRenderer.on(commandChannel, tell)
    return () => {
      ipcRenderer.off(commandChannel, tell)
    }
  },
  pathOf: (file: File) => webUtils.getPathForFile(file),
  onEvent(listener: (event: StudioEvent) => void) {
    listeners.add(listener)
    if (!waiting) void waitForEvents()
    return () => listeners.delete(listener)
  },
})

/** Asks for the next events again and again: the main process keeps only the newest state for a slow page. */
async function waitForEvents(): Promise<void> {
  waiting = true
  for (let isFirst = true; ; isFirst = false) {
    const answer = (await ipcRenderer.invoke(eventsChannel, isFirst)) as Answer<readonly StudioEvent[]>
    if (!answer.ok || answer.value.length === 0) return
    for (const event of answer.value) for (const listener of listeners) listener(event)
  }
}
