/**
 * `npm test`: every check there is, each as a child process, and one plain closing line.
 *
 * Checks of the whole tree (format, lint, types, dead code) count as one test each, so that the last line tells
 * everything. A failed step does not stop the others.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findChromium, installChromium } from './chromium.ts'

type Counts = { passed: number; failed: number; skipped: number }

const root = fileURLToPath(new URL('..', import.meta.url))
const reports = mkdtempSync(join(tmpdir(), 'goldpan-test-'))
const total: Counts = { passed: 0, failed: 0, skipped: 0 }

/** Runs a package's command line under this Node. */
function run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const path = join(root, 'node_modules', script)
  const result = spawnSync(process.execPath, [path, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  return result.status === 0
}

function add(name: string, counts: Counts): void {
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
  console.log(`-- ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`)
}

function check(name: string, script: string, args: readonly string[]): void {
  const ok = run(script, args)
  add(name, { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 })
}

/** Tests beside the code, with Node's own runner. */
function unitTests(): void {
  const tap = join(reports, 'unit.tap')
  const patterns = ['shared', 'electron', 'renderer', 'build'].map((folder) => `${folder}/**/*.test.ts`)
  const reporters = ['dot', 'tap'].flatMap((name, i) => [
    `--test-reporter=${name}`,
    `--test-reporter-destination=${i === 0 ? 'stdout' : tap}`,
  ])
  const result = spawnSync(process.execPath, ['--test', '--test-timeout=300000', ...reporters, ...patterns], {
    cwd: root,
    stdio: 'inherit',
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
  const ok = run('@playwright/test/cli.js', ['test', '--reporter=list,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    GOLDPAN_CHROMIUM: chromium,
  })
  type Stats = { expected: number; unexpected: number; flaky: number; skipped: number }
  const stats = existsSync(report)
    ? (JSON.parse(readFileSync(report, 'utf8')) as { stats: Stats }).stats
    : { expected: 0, unexpected: 1, flaky: 0, skipped: 0 }
  const failed = stats.unexpected + stats.flaky
  add('browser tests', {
    passed: stats.expected,
    failed: !ok && failed === 0 ? 1 : failed,
    skipped: stats.skipped,
  })
}

try {
  check('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])
  check('types', 'typescript/bin/tsc', ['-p', '.'])
  check('types of the renderer', 'typescript/bin/tsc', ['-p', 'renderer'])
  check('lint, layers and cycles', 'eslint/bin/eslint.js', ['.'])
  check('dead code', 'knip/bin/knip.js', [])
  unitTests()
  browserTests()
} finally {
  rmSync(reports, { recursive: true, force: true })
}

if (total.skipped > 0) console.log(`SKIPPED: ${total.skipped}; see above for what this machine lacks`)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
