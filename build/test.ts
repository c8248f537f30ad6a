/**
 * `npm test`: every check there is, each as a child process, and one plain closing line.
 *
 * Checks of the whole tree (format, lint, types, dead code) count as one test each, so that the last line tells
 * everything. A failed step does not stop the others.
 */

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findChromium, installChromium } from './chromium.ts'

type Counts = { passed: number; failed: number; skipped: number }

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = mkdtempSync(join(tmpdir(), 'goldpan-test-'))
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
// Hundreds of processes of the same files, engines among them: compiled once.
const env = { ...process.env, NODE_COMPILE_CACHE: join(reports, 'compiled') }
const cores = availableParallelism()

const inModules = (script: string): string => join(root, 'node_modules', script)

function add(name: string, counts: Counts): void {
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
  console.log(`-- ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
}

/** A check of the whole tree: its name, and a package's command line. */
type Check = readonly [name: string, script: string, ...args: readonly string[]]

/** Runs a check and says what it said in one piece, so that checks can run beside each other. */
async function check([name, script, ...args]: Check): Promise<void> {
  const child = spawn(process.execPath, [inModules(script), ...args], { cwd: root, env })
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8')
  let said = ''
  child.stdout.on('data', (text: string) => (said += text))
  child.stderr.on('data', (text: string) => (said += text))
  const status = await new Promise((resolve) => child.on('close', resolve).on('error', resolve))
  process.stdout.write(said)
  add(name, { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 })
}

/** Runs checks in their order, as many at once as there are cores. */
async function checkAll(checks: readonly Check[]): Promise<void> {
  const waiting = [...checks]
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(next)
  }
  await Promise.all(Array.from({ length: cores }, lane))
}

/** Tests beside the code, with Node's own runner. */
function unitTests(): void {
  const tap = join(reports, 'unit.tap')
  const patterns = ['shared', 'electron', 'renderer', 'build'].map((folder) => `${folder}/**/*.test.ts`)
  const reporters = ['dot', 'tap'].flatMap((name, i) => [
    `--test-reporter=${name}`,
    `--test-reporter-destination=${i === 0 ? 'stdout' : tap}`,
  ])
  // The runner by itself leaves one core idle: half of a small machine.
  const options = [`--test-concurrency=${cores}`, '--test-timeout=300000', ...reporters]
  const result = spawnSync(process.execPath, ['--test', ...options, ...patterns], {
    ...{ cwd: root, stdio: 'inherit', env },
  })
  const text = existsSync(tap) ? readFileSync(tap, 'utf8') : ''
  const count = (word: string) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  const failed = count('fail') + count('cancelled')
  const brokenRun = result.status !== 0 && failed === 0
  if (failed > 0)
    console.log(
      text
        .split('\n')
        .filter((line) => /^\s*not ok/.test(line))
        .join('\n'),
    )
  add('unit tests', {
    passed: count('pass'),
    failed: brokenRun ? 1 : failed,
    skipped: count('skipped') + count('todo'),
  })
}

/** Tests of the whole studio in a real browser. */
function browserTests(): void {
  if (findChromium() === null) installChromium()
  const chromium = findChromium()
  if (chromium === null) {
    console.log('Expected Chromium for the browser tests, found none and could not install it.')
    add('browser tests', { passed: 0, failed: 1, skipped: 0 })
    return
  }
  const report = join(reports, 'e2e.json')
  const cli = inModules('@playwright/test/cli.js')
  const result = spawnSync(process.execPath, [cli, 'test', '--reporter=list,json'], {
    ...{ cwd: root, stdio: 'inherit' },
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report, GOLDPAN_CHROMIUM: chromium },
  })
  type Stats = { expected: number; unexpected: number; flaky: number; skipped: number }
  const stats = existsSync(report)
    ? (JSON.parse(readFileSync(report, 'utf8')) as { stats: Stats }).stats
    : { expected: 0, unexpected: 1, flaky: 0, skipped: 0 }
  const failed = stats.unexpected + stats.flaky
  add('browser tests', {
    passed: stats.expected,
    failed: result.status !== 0 && failed === 0 ? 1 : failed,
    skipped: stats.skipped,
  })
}

try {
  // The longest first.
  await checkAll([
    ['lint, layers and cycles', 'eslint/bin/eslint.js', '.'],
    ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
    ['types', 'typescript/bin/tsc', '-p', '.'],
    ['types of the renderer', 'typescript/bin/tsc', '-p', 'renderer'],
    ['dead code', 'knip/bin/knip.js'],
  ])
  unitTests()
  browserTests()
} finally {
  rmSync(reports, { recursive: true, force: true })
}

if (total.skipped > 0) console.log(`SKIPPED: ${total.skipped}; see above for what this machine lacks`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
