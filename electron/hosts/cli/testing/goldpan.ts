import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs the command line as a person does, as its own process, to its end. */
export function goldpan(
  args: readonly string[],
  interrupt: { readonly on: RegExp; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' } | null = null,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 240_000,
      env: elsewhere(),
    })
    let stdout = ''
    let stderr = ''
    let interrupted = false
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      if (interrupt?.on.test(stderr) === true && !interrupted) {
        interrupted = true
        child.kill(interrupt.signal)
      }
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** The tester's own library and models are no part of a test; one that needs a library names it. */
function elsewhere(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => name !== 'GOLDPAN_MODELS')
  return { ...Object.fromEntries(others), GOLDPAN_LIBRARY: join(tmpdir(), 'goldpan-no-library') }
}
