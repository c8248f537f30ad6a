import { defineConfig } from '@playwright/test'

import { findChromium } from './build/chromium.ts'

/** What Chromium fetches by itself would be counted as the page's; as root its own sandbox cannot start. */
const quiet = ['quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`)
const root = process.getuid?.() === 0

/** Tests of the whole studio: the real core, engine and packs in this process, the real page in a real browser. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // One engine and one browser at a time: the tests share the machine's cores.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 240_000,
  globalTimeout: 1_800_000,
  expect: { timeout: 60_000 },
  reporter: 'list',
  use: {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: findChromium() ?? '',
      args: ['--disable-gpu', '--no-first-run', ...quiet, ...(root ? ['--no-sandbox'] : [])],
    },
  },
})
