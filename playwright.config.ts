import { defineConfig } from '@playwright/test'

import { findChromium } from './build/chromium.ts'

/** What Chromium fetches by itself would be counted as the page's; as root its own sandbox cannot start. */
const quiet = ['quic', 'background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`)
const root = process.getuid?.() === 0

/** Tests of the whole studio: the real core, engine and packs in this process, the real page in a real browser. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Each with a library, a port, an engine and a browser of its own. One test alone leaves half of two cores waiting.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 480_000,
  globalTimeout: 3_600_000,
  // Bounds what hangs, and nothing else: whole runs of real models are waited for, on machines that are busy.
  expect: { timeout: 120_000 },
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
