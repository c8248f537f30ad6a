/** Starts library-process.ts, reads what it says, and ends it. */

import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./library-process.ts', import.meta.url))

export type LibraryProcess = {
  readonly pid: number
  /** What the process says, line by line, until it ends. */
  readonly lines: AsyncIterableIterator<unknown>
  /** SIGKILL, then waits until the process is gone. Harmless when it has ended. */
  kill(): Promise<void>
}

/** Starts a task in a process of its own. */
export function startProcess(task: string, ...args: readonly string[]): LibraryProcess {
  const child = spawn(process.execPath, [script, task, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { pid } = child
  if (pid === undefined) throw new Error('the test could not start a process')
  return { pid, lines: linesOf(child), kill: () => kill(child) }
}

async function* linesOf(child: ChildProcess): AsyncIterableIterator<unknown> {
  if (child.stdout === null) return
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Part of Linux's util-linux; absent elsewhere. */
const unshare = 'unshare'

/** Private mounts need root, or a kernel that lets users make their own mount namespace; containers often allow neither. */
const namespaces = [['--mount'], ['--user', '--map-root-user', '--mount']] as const

/** Runs a command in new namespaces of its own; its status is null where there is no `unshare`. */
function spawnIn(namespace: readonly string[], command: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(unshare, [...namespace, ...command], { encoding: 'utf8' })
}

/** The namespace in which this machine lets a process mount something of its own, or null where it does not. */
export const mountNamespace: readonly string[] | null =
  namespaces.find((flags) => {
    return spawnIn(flags, ['mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
  }) ?? null

/**
 * Runs a task to its end after a shell command that mounts something on `$1`, the folder; the mount is seen by that
 * process alone and goes with it.
 *
 * @returns what the task said last
 */
export function runMounted(
  namespace: readonly string[],
  mount: string,
  task: string,
  folder: string,
): unknown {
  const command = `${mount} && exec "$2" "$3" "$4" "$1"`
  const shell = ['sh', '-ec', command, 'sh', folder, process.execPath, script, task]
  const { stdout, stderr } = spawnIn(namespace, shell)
  const last = stdout.trim().split('\n').at(-1) ?? ''
  if (last === '') throw new Error(`the mounted process said nothing: ${stderr}`)
  return JSON.parse(last)
}
