/**
 * Quitting in the middle of a run: the first request to quit closes the studio, which keeps everything finished, and
 * then the program ends; at the latest after the limit, because a quit that hangs is answered with a kill.
 */

export type OrderlyQuit = (event: { preventDefault(): void }) => void

/**
 * @param options.close closes the studio; a rejection does not keep the program open
 * @param options.exit ends the program without asking again: 0 in good order, 1 when the limit cut it short
 * @param options.limitMs longest wait for `close`, in milliseconds
 */
export function createOrderlyQuit(options: {
  readonly close: () => Promise<void>
  readonly exit: (code: number) => void
  readonly limitMs: number
}): OrderlyQuit {
  let closing = false
  const closeAndExit = async () => {
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<number>((resolve) => {
      timer = setTimeout(resolve, options.limitMs, 1)
    })
    const closed = options.close().then(
      () => 0,
      () => 1,
    )
    const code = await Promise.race([closed, limit])
    clearTimeout(timer)
    options.exit(code)
  }
  return (event) => {
    event.preventDefault()
    if (closing) return
    closing = true
    void closeAndExit()
  }
}
