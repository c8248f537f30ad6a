/** The studio behind the desktop's preload: its answers, which come as data, turned into values and thrown errors. */

import { studioMethods } from '../../shared/contract.ts'
import type { Answer, DesktopPort, StudioApi, StudioBridge } from '../../shared/contract.ts'
import { fromErrorData } from '../../shared/errors.ts'
import { receivedRun, type SentRun } from '../../shared/run-wire.ts'

export function createDesktopBridge(port: DesktopPort): StudioBridge {
  const calls = studioMethods.map((method) => {
    const ask = port[method] as (argument?: unknown) => Promise<Answer<unknown>>
    const call = async (argument?: unknown) => {
      const answer = await ask(argument)
      if (!answer.ok) throw fromErrorData(answer.error, method)
      return answer.value
    }
    return [method, call] as const
  })
  // The table of methods has one shape only in sum.
  const api = Object.fromEntries(calls) as unknown as StudioApi
  return {
    ...api,
    run: async (which) => receivedRun((await api.run(which)) as unknown as SentRun),
    folders: {
      kind: 'desktop',
      async choose() {
        const answer = await port.chooseFolder()
        if (!answer.ok) throw fromErrorData(answer.error, 'chooseFolder')
        return answer.value
      },
      pathOf: (file) => port.pathOf(file),
    },
    onEvent: (listener) => port.onEvent(listener),
    onConnection: () => () => undefined,
    onCommand: (listener) => port.onCommand(listener),
    async dragOut(imageSha256s) {
      const answer = await port.dragOut(imageSha256s)
      if (!answer.ok) throw fromErrorData(answer.error, 'dragOut')
    },
    imageUrl: (imageSha256) => `art://image/${imageSha256}.png`,
  }
}
