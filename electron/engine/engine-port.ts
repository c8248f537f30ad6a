/** How the owner starts the engine process: one function, so that Electron's utility process fits in beside fork. */

import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** How a process ended, as far as the system tells. */
export type EngineExit = {
  readonly code: number | null
  readonly signal: string | null
  /** The last of what it wrote to its standard error. */
  readonly stderr: string
  /** Whether the system ended it for want of memory, where the system tells. */
  readonly outOfMemory: boolean
}

/** A running engine process, seen from its owner. */
export type EnginePort = {
  readonly pid: number | undefined
  post(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, also when the process could not be started. */
  onExit(listener: (exit: EngineExit) => void): void
  /** Ends the process at once; a SIGTERM or its equal is enough, the engine handles none. */
  kill(): void
}

/** Starts `entry` (a file path) as a process of its own. */
export type LaunchEngine = (entry: string) => EnginePort

const stderrKept = 4096

/** A Node process of the running version, with a channel that carries typed arrays as they are. */
export const forkEngine: LaunchEngine = (entry) => {
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Not the owner's flags: a test runner's or an inspector's would reach the engine.
    execArgv: [],
    env: engineEnvironment(process.env),
  })
  let stderr = ''
  const killsBefore = killsForMemory()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrKept)
  })
  return {
    pid: child.pid,
    // A message to a process that just ended is lost without an error: its exit is told anyway.
    post: (message) => child.send(message as object, () => undefined),
    onMessage: (listener) => child.on('message', listener),
    onExit: (listener) => {
      let told = false
      const tell = (exit: EngineExit): void => {
        if (!told) listener(exit)
        told = true
      }
      child.on('error', (error) => {
        if (child.pid === undefined)
          tell({ code: null, signal: null, stderr: String(error), outOfMemory: false })
      })
      // `close` rather than `exit`: what the process wrote last has then arrived.
      child.on('close', (code, signal) => {
        tell({ code, signal, stderr, outOfMemory: signal === 'SIGKILL' && killsForMemory() > killsBefore })
      })
    },
    kill: () => child.kill('SIGKILL'),
  }
}

/** How often the Linux kernel has ended a process for want of memory since it started; 0 on other systems. */
export function killsForMemory(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/**
 * The environment of the engine: the owner's without the runtime's own variables. One of them lets a model file bring
 * its own session options.
 */
export function engineEnvironment(owner: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(owner).filter(([name]) => !/^(ORT|ONNXRUNTIME)_/i.test(name)))
}
