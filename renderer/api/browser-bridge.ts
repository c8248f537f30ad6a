/** The studio over the loopback interface: what the preload gives the desktop window, made from fetch. */

import { maxPieceBytes } from '../../shared/contract.ts'
import type { Answer, SentFile, StudioBridge, StudioEvent, StudioMethod } from '../../shared/contract.ts'
import { fromErrorData, StudioError } from '../../shared/errors.ts'
import { receivedRun, type SentRun } from '../../shared/run-wire.ts'
import { backOffMs, createEventParser } from './event-stream.ts'

/**
 * A bridge for one tab. The event stream is opened with the first listener and reopened whenever it ends.
 *
 * @param onUnauthorised called once when the studio refuses the token; the bridge is of no use afterwards
 */
export function createBrowserBridge(token: string, onUnauthorised: () => void): StudioBridge {
  const authorization = `Bearer ${token}`
  const eventListeners = new Set<(event: StudioEvent) => void>()
  const connectionListeners = new Set<(connected: boolean) => void>()
  let connected = true
  let refused = false
  const isRefused = () => refused
  let streaming = false

  const setConnected = (now: boolean) => {
    if (now === connected) return
    connected = now
    for (const listener of connectionListeners) listener(now)
  }
  const refuse = () => {
    if (refused) return
    refused = true
    onUnauthorised()
  }

  const call = <Value>(method: StudioMethod, argument?: unknown): Promise<Value> => {
    const body = argument === undefined ? {} : { body: JSON.stringify(argument) }
    return post(method, `/api/${method}`, { ...body, type: 'application/json' })
  }

  const post = async <Value>(
    name: string,
    path: string,
    { type, ...init }: { readonly type: string; readonly body?: BodyInit; readonly signal?: AbortSignal },
  ): Promise<Value> => {
    let response: Response
    try {
      response = await fetch(path, {
        ...{ method: 'POST', headers: { authorization, 'content-type': type } },
        ...init,
      })
    } catch (cause) {
      if (init.signal?.aborted === true) throw new StudioError('cancelled', 'Stopped.', { cause })
      setConnected(false)
      throw new StudioError('internal', 'The studio does not answer. It may have been closed.', { cause })
    }
    setConnected(true)
    if (response.status === 401) refuse()
    const answer = (await response.json()) as Answer<Value>
    if (!answer.ok) throw fromErrorData(answer.error, name)
    return answer.value
  }

  /** In pieces and in order: a page can hold no file of gigabytes, and no request may last for minutes. */
  const send = async (
    files: readonly SentFile[],
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<string> => {
    const { upload } = await call<{ readonly upload: string }>('beginUpload')
    const folder = `upload:${upload}`
    let sent = 0
    try {
      for (const { path, file } of files) {
        let offset = 0
        do {
          const body = await readPiece(path, file, offset)
          const query = new URLSearchParams({ path, offset: String(offset) })
          await post('upload', `/api/upload/${upload}?${query.toString()}`, {
            ...{ body, signal, type: 'application/octet-stream' },
          })
          offset += body.byteLength
          sent += body.byteLength
          onBytes(sent)
        } while (offset < file.size)
      }
      return folder
    } catch (error) {
      await call('discardUpload', { folder }).catch(() => undefined)
      throw error
    }
  }

  const readEvents = async (): Promise<void> => {
    const response = await fetch('/api/events', { headers: { authorization } })
    if (response.status === 401) return refuse()
    if (!response.ok || response.body === null)
      throw new Error(`Expected a stream, found ${response.status}.`)
    setConnected(true)
    const parse = createEventParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const data of parse(value)) {
        const event = JSON.parse(data) as StudioEvent
        for (const listener of eventListeners) listener(event)
      }
    }
  }

  const keepReading = async (): Promise<void> => {
    for (let failures = 0; !isRefused(); failures++) {
      const openedAt = performance.now()
      try {
        await readEvents()
      } catch {
        // Whatever ended the stream, the way on is the same: say so, wait, connect again.
      }
      if (isRefused()) return
      setConnected(false)
      if (performance.now() - openedAt > 5_000) failures = 0
      await new Promise((resolve) => window.setTimeout(resolve, backOffMs(failures)))
    }
  }

  return {
    environment: () => call('environment'),
    devices: () => call('devices'),
    packs: () => call('packs'),
    checkPrompt: (question) => call('checkPrompt', question),
    startRun: (spec) => call('startRun', spec),
    cancelRun: (run) => call('cancelRun', run),
    pauseRun: (run) => call('pauseRun', run),
    resumeRun: (run) => call('resumeRun', run),
    steer: (request) => call('steer', request),
    undoSteering: (run) => call('undoSteering', run),
    lineage: (candidate) => call('lineage', candidate),
    replay: (candidate) => call('replay', candidate),
    runs: () => call('runs'),
    run: async (run) => receivedRun(await call<SentRun>('run', run)),
    readSettings: (picture) => call('readSettings', picture),
    sealRun: (request) => call('sealRun', request),
    exportImage: (request) => call('exportImage', request),
    inspectModel: (place) => call('inspectModel', place),
    importModel: (request) => call('importModel', request),
    cancelImport: (one) => call('cancelImport', one),
    imports: () => call('imports'),
    beginUpload: () => call('beginUpload'),
    discardUpload: (place) => call('discardUpload', place),
    removePack: (pack) => call('removePack', pack),
    restorePack: (pack) => call('restorePack', pack),
    progress: () => call('progress'),
    moveRun: (argument) => call('moveRun', argument),
    preferences: () => call('preferences'),
    setPreferences: (argument) => call('setPreferences', argument),
    wall: (argument) => call('wall', argument),
    facets: () => call('facets'),
    pictures: (argument) => call('pictures', argument),
    picturesOfRun: (argument) => call('picturesOfRun', argument),
    mark: (argument) => call('mark', argument),
    restoreMarks: (argument) => call('restoreMarks', argument),
    boards: () => call('boards'),
    createBoard: (argument) => call('createBoard', argument),
    renameBoard: (argument) => call('renameBoard', argument),
    removeBoard: (argument) => call('removeBoard', argument),
    restoreBoard: (argument) => call('restoreBoard', argument),
    addToBoard: (argument) => call('addToBoard', argument),
    removeFromBoard: (argument) => call('removeFromBoard', argument),
    addPicture: (argument) => call('addPicture', argument),
    removePictures: (argument) => call('removePictures', argument),
    restorePictures: (argument) => call('restorePictures', argument),
    setPrompt: (argument) => call('setPrompt', argument),
    vote: (argument) => call('vote', argument),
    withdrawVote: (argument) => call('withdrawVote', argument),
    votes: (argument) => call('votes', argument),
    court: (argument) => call('court', argument),
    judge: (argument) => call('judge', argument),
    cancelJudging: (argument) => call('cancelJudging', argument),
    judging: () => call('judging'),
    alarms: (argument) => call('alarms', argument),
    personalScorer: () => call('personalScorer'),
    trainPersonalScorer: () => call('trainPersonalScorer'),
    restorePersonalScorer: (argument) => call('restorePersonalScorer', argument),
    diverseWinners: (argument) => call('diverseWinners', argument),
    folders: { kind: 'browser', send },
    onEvent(listener) {
      eventListeners.add(listener)
      if (!streaming) {
        streaming = true
        void keepReading()
      }
      return () => eventListeners.delete(listener)
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      return () => connectionListeners.delete(listener)
    },
    onCommand: () => () => undefined,
    dragOut: null,
    imageUrl: (imageSha256) => `/art/${imageSha256}.png`,
  }
}

async function readPiece(path: string, file: Blob, offset: number): Promise<ArrayBuffer> {
  try {
    return await file.slice(offset, offset + maxPieceBytes).arrayBuffer()
  } catch (cause) {
    const message = `${path}: expected a file that can be read, found that it was changed or taken away. Choose the folder again.`
    throw new StudioError('bad_input', message, { cause })
  }
}
