/** What a trial run may take: a deadline, a share of the machine's memory, and an end whenever a person cancels it. */

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { promisify } from 'node:util'

import { StudioError } from '../../shared/errors.ts'
import { importCancelled } from '../packs/import/safe-copy.ts'

/** Share of the machine's memory, or of the container's, that a model may take. */
const memoryShare = 0.8
const watchEveryMs = 50

/** Bytes that a model may take on this machine. */
export function usualMemoryLimit(): number {
  const constrained = process.constrainedMemory()
  // Without a bound of its own a container reports none, 0, or a number beyond any machine.
  return memoryShare * (constrained > 0 ? Math.min(constrained, totalmem()) : totalmem())
}

/**
 * Watches the process of a trial run until `end` is called.
 *
 * @param pid of the process; undefined before it is started
 * @returns `exceeded`, which rejects with `engine_stalled` at the deadline, `out_of_memory` at the limit, `cancelled` when
 *   the signal is aborted; and the largest resident memory so far, in bytes, null where the system does not tell
 */
export function watchTrial(
  pid: () => number | undefined,
  limits: {
    /** Of the whole trial, in milliseconds. */
    readonly deadlineMs: number
    /** Resident memory, in bytes. */
    readonly memoryLimit: number
    readonly signal: AbortSignal | undefined
  },
): { readonly exceeded: Promise<never>; peakBytes(): number | null; end(): void } {
  const { deadlineMs, memoryLimit, signal } = limits
  const { promise: exceeded, reject } = Promise.withResolvers<never>()
  // What ends the trial first is thrown; this promise alone is nobody's error.
  exceeded.catch(() => undefined)
  let peak: number | null = null
  let ended = false

  const deadline = setTimeout(() => {
    const message = `The model did not answer within ${Math.round(deadlineMs / 1000)} s of its trial run and was ended. It may never end, or this machine may be too slow for it.`
    reject(new StudioError('engine_stalled', message))
  }, deadlineMs)
  const cancel = (): void => {
    reject(importCancelled())
  }
  if (signal?.aborted === true) cancel()
  signal?.addEventListener('abort', cancel)

  const look = async (): Promise<void> => {
    const process = pid()
    const bytes = process === undefined ? null : await residentBytes(process)
    if (ended) return
    if (bytes !== null) peak = Math.max(peak ?? 0, bytes)
    if (peak !== null && peak > memoryLimit) {
      const message = `The model took more than ${gigabytes(memoryLimit)} of memory in its trial run and was ended. Expected at most ${memoryShare * 100} % of what this machine has; choose a smaller model, or one in float16.`
      reject(new StudioError('out_of_memory', message))
      return
    }
    timer = setTimeout(() => void look(), watchEveryMs)
  }
  let timer = setTimeout(() => void look(), watchEveryMs)

  return {
    exceeded,
    peakBytes: () => peak,
    end() {
      ended = true
      clearTimeout(timer)
      clearTimeout(deadline)
      signal?.removeEventListener('abort', cancel)
    },
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

const run = promisify(execFile)

/** Resident memory of a process, in bytes; null for one that is gone, and where the system does not tell. */
async function residentBytes(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') {
      // In kilobytes, whatever the size of a page.
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
      return kilobytes === undefined ? null : Number(kilobytes) * 1024
    }
    if (process.platform === 'win32') {
      const { stdout } = await run('tasklist', ['/fi', `pid eq ${pid}`, '/fo', 'csv', '/nh'])
      const kilobytes = stdout.trim().split('","').at(-1)?.replace(/\D/g, '') ?? ''
      return kilobytes === '' ? null : Number(kilobytes) * 1024
    }
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)])
    const kilobytes = Number(stdout.trim())
    return kilobytes > 0 ? kilobytes * 1024 : null
  } catch {
    return null
  }
}
