/** Finds a Chromium for the browser tests, or gets one: Playwright's own, else Debian's package when root. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { chromium } from '@playwright/test'

const systemPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Path of a Chromium, or null. `GOLDPAN_CHROMIUM` comes first, then Playwright's, then the system's. */
export function findChromium(): string | null {
  const places = [process.env.GOLDPAN_CHROMIUM ?? '', chromium.executablePath(), ...systemPlaces]
  return places.find((place) => place !== '' && existsSync(place)) ?? null
}

/** Tries Playwright's download, then apt. Says in one line what it does. */
export function installChromium(): void {
  console.error('goldpan: fetching Chromium for the browser tests')
  const playwright = join(
    fileURLToPath(new URL('..', import.meta.url)),
    'node_modules',
    '@playwright/test',
    'cli.js',
  )
  const download = spawnSync(process.execPath, [playwright, 'install', 'chromium'], { timeout: 180_000 })
  if (download.status === 0 && findChromium() !== null) return
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return
  console.error("goldpan: installing Debian's chromium package")
  spawnSync('apt-get', ['update'], { timeout: 300_000 })
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
    timeout: 600_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}
