/** The engine as Electron's utility process: the same entry and messages as under Node's fork. */

import type { UtilityProcess, utilityProcess } from 'electron'

import { engineEnvironment, killsForMemory } from '../../engine/engine-port.ts'
import type { LaunchEngine } from '../../engine/engine-port.ts'

const stderrKept = 4096

/** A launcher for `openStudio`; usable once the app is ready. */
export function utilityEngine(fork: typeof utilityProcess.fork): LaunchEngine {
  return (entry) => {
    const child = fork(entry, [], {
      serviceName: 'Goldpan engine',
      stdio: ['ignore', 'ignore', 'pipe'],
      env: engineEnvironment(process.env),
    })
    const stderr = keepLast(child)
    const killsBefore = killsForMemory()
    return {
      // Not known before the process has started.
      get pid() {
        return child.pid
      },
      post: (message) => {
        child.postMessage(message)
      },
      onMessage: (listener) => child.on('message', listener),
      onExit: (listener) => {
        // Electron reports code 0 also for a process that it has killed: the code says nothing about "done".
        child.once('exit', (code) => {
          const outOfMemory = killsForMemory() > killsBefore
          listener({ code, signal: null, stderr: stderr(), outOfMemory })
        })
      },
      kill: () => {
        child.kill()
      },
    }
  }
}

/** Collects the end of what a process writes to its standard error, and the report of a fatal error of its V8. */
function keepLast(child: UtilityProcess): () => string {
  let text = ''
  const add = (more: string) => {
    text = (text + more).slice(-stderrKept)
  }
  child.stderr?.on('data', (chunk: Buffer) => {
    add(chunk.toString('utf8'))
  })
  child.on('error', (type, location) => {
    add(`${type} at ${location}\n`)
  })
  return () => text
}
