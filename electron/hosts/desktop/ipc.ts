/**
 * Calls of a window. One wrapper stands before every channel and looks at who is calling; behind it are exactly the
 * methods of the contract, and the channel on which a window waits for its next events.
 */

import type { IpcMain, IpcMainInvokeEvent } from 'electron'

import {
  channelOf,
  dragChannel,
  eventsChannel,
  folderChannel,
  studioMethods,
} from '../../../shared/contract.ts'
import type { Answer, StudioApi, StudioEvent } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { answerCall } from '../answer-call.ts'
import { openEventFeed } from '../event-feed.ts'
import type { EventFeed, EventSource } from '../event-feed.ts'
import { appOrigin } from './schemes.ts'

type Sender = IpcMainInvokeEvent['sender']

/** Only the top frame of our own page; a frame that has navigated away in the meantime is null. */
export function isOurPage(frame: { readonly origin: string; readonly parent: unknown } | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === appOrigin
}

/**
 * Registers every channel that there is.
 *
 * @param means.chooseFolder asks a person with the system's dialog; null when it was closed
 * @param means.dragOut hands pictures to the system's drag and drop; what they are is not checked yet
 */
export function answerWindows(
  ipcMain: Pick<IpcMain, 'handle'>,
  studio: EventSource & { readonly api: StudioApi },
  means: {
    readonly chooseFolder: (sender: Sender) => Promise<string | null>
    readonly dragOut: (sender: Sender, imageSha256s: unknown) => void
  },
): void {
  for (const method of studioMethods) {
    handle(ipcMain, channelOf(method), (argument) => answerCall(studio.api, method, argument))
  }
  handle(ipcMain, folderChannel, (_argument, sender) => answer(() => means.chooseFolder(sender)))
  handle(ipcMain, dragChannel, (argument, sender) =>
    answer(() => {
      means.dragOut(sender, argument)
      return null
    }),
  )
  const feeds = createWindowFeeds(studio)
  handle(ipcMain, eventsChannel, (isFirst, sender) => feeds.next(sender, isFirst === true))
}

async function answer<Value>(act: () => Value | Promise<Value>): Promise<Answer<Value>> {
  try {
    return { ok: true, value: await act() }
  } catch (error) {
    return { ok: false, error: toErrorData(error) }
  }
}

function handle(
  ipcMain: Pick<IpcMain, 'handle'>,
  channel: string,
  act: (argument: unknown, sender: Sender) => Promise<Answer<unknown>>,
): void {
  ipcMain.handle(channel, async (event, argument: unknown): Promise<Answer<unknown>> => {
    if (isOurPage(event.senderFrame)) return act(argument, event.sender)
    const message = "Expected a call from the studio's own page, found another caller. Close that window."
    return { ok: false, error: { code: 'unauthorised', message } }
  })
}

/**
 * A window asks for its next events when it has dealt with the last ones, so that a window that stands still costs
 * nothing. A page that has just loaded says so, and gets a feed of its own that begins with the live runs.
 */
function createWindowFeeds(source: EventSource) {
  const feeds = new Map<number, EventFeed>()
  const known = new Set<number>()
  const close = (id: number) => {
    feeds.get(id)?.close()
    feeds.delete(id)
  }
  const open = async (sender: Sender): Promise<EventFeed> => {
    const { id } = sender
    if (!known.has(id)) {
      known.add(id)
      sender.once('destroyed', () => {
        close(id)
        known.delete(id)
      })
    }
    const feed = await openEventFeed(source)
    close(id)
    if (known.has(id)) feeds.set(id, feed)
    else feed.close()
    return feed
  }
  return {
    /** Empty when a newer page of this window has taken over. */
    next: (sender: Sender, isFirst: boolean): Promise<Answer<readonly StudioEvent[]>> =>
      answer(async () => {
        const feed = isFirst ? await open(sender) : feeds.get(sender.id)
        return feed === undefined ? [] : feed.next()
      }),
  }
}
