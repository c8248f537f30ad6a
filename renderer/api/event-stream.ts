/** Server-sent events read from a fetch body: EventSource cannot carry a bearer. */

/** Takes the text of a stream piece by piece, gives the `data` of every event that has become complete. */
export type EventParser = (text: string) => readonly string[]

/** Longest event that is waited for, in UTF-16 units: a stream without an end of line must not fill the memory. */
const maxEventLength = 4_000_000

/**
 * A parser for one stream. Comments and fields other than `data` are passed over.
 *
 * @throws Error when an event grows beyond four million characters
 */
export function createEventParser(): EventParser {
  let rest = ''
  return (text) => {
    rest += text
    const blocks = rest.split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    if (rest.length > maxEventLength) {
      throw new Error(`Expected an event of at most ${maxEventLength} characters, found no end of it.`)
    }
    return blocks.map(dataOf).filter((data) => data !== '')
  }
}

function dataOf(block: string): string {
  return block
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).replace(/^ /, ''))
    .join('\n')
}

/** Waits before the next attempt to connect, in milliseconds: 0.5 s doubling to 8 s. */
export function backOffMs(failures: number): number {
  return Math.min(8_000, 500 * 2 ** Math.min(failures, 10))
}
