/**
 * `node build/wall-figures.ts [FOLDER [WINDOW]]`: how the gallery's wall does with a large library in the real window, as JSON.
 * FOLDER is what build/big-library.ts has made; without it one of 100,000 candidates is made and taken away again. WINDOW
 * is a built window, the one of the last `npm start` or `npm test` unless told otherwise.
 *
 * Times are in milliseconds, in Chromium without a graphics processor. `first_paint`: from the navigation to the first
 * picture on the screen, decoded. `long_tasks`: of the page's main thread, from 50 ms on, while the whole wall is
 * scrolled; other work on the machine makes them longer, so `cpu` beside them is what the longest task has computed.
 * `heap` and `nodes`: after garbage collection, before the scrolling and after each time. `details_asked`:
 * pictures whose details were asked for in the last scroll through all of them.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { chromium } from '@playwright/test'
import type { CDPSession, Page } from '@playwright/test'

import { openStudio } from '../electron/core/studio.ts'
import { startBrowserHost } from '../electron/hosts/browser/server.ts'
import { bundledPacks, rendererFolder } from '../electron/hosts/default-places.ts'
import { makeBigLibrary } from './big-library.ts'
import { findChromium } from './chromium.ts'

const scrolls = 3
/** Frames in which the whole wall goes by, each of them far further than a screen. */
const framesOfScroll = 600

const [given, appFolder = rendererFolder] = process.argv.slice(2)
const own = given === undefined ? mkdtempSync(join(tmpdir(), 'goldpan-wall-')) : null
const libraryPath = given ?? join(own ?? '', 'Goldpan')
if (own !== null) await makeBigLibrary(libraryPath, 100_000)

const studio = await openStudio({ libraryPath, packFolders: [bundledPacks], host: 'browser', grader: null })
const host = await startBrowserHost({ studio, appFolder, onLink: () => undefined })
const browser = await chromium.launch({
  executablePath: findChromium() ?? '',
  args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.addInitScript(watchLongTasks)
  await page.goto(host.link)
  await page.getByRole('navigation', { name: 'Views' }).waitFor()
  await page.keyboard.press('g')
  await firstPicture(page)
  // Drafts and paths too: every row of the library. A reload keeps the filter.
  await page.getByText('Drafts and paths too').click()
  await page.getByRole('button', { name: 'Drafts too: take this filter off' }).waitFor()

  const paints: number[] = []
  for (let time = 0; time < 5; time++) {
    await page.reload()
    paints.push(await firstPicture(page))
  }
  const asked: number[] = []
  page.on('request', (request) => {
    if (!request.url().endsWith('/api/pictures')) return
    asked.push((request.postDataJSON() as { readonly pictures: readonly number[] }).pictures.length)
  })

  const session = await page.context().newCDPSession(page)
  const states = [await stateOf(session)]
  await page.evaluate(() => window.longTasks.splice(0))
  const trace = await startTrace(session)
  for (let time = 0; time < scrolls; time++) {
    asked.length = 0
    await scrollThrough(page, framesOfScroll)
    states.push(await stateOf(session))
  }
  const longTasks = await page.evaluate(() => window.longTasks.splice(0))
  const cpu = await trace.longestTask()

  const keys: number[] = []
  for (const key of ['Home', 'End', 'Home', 'ArrowDown', 'ArrowRight', 'PageDown', 'p', 'Control+a']) {
    const from = performance.now()
    await page.keyboard.press(key)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))))
    keys.push(Math.round(performance.now() - from))
  }
  const keyTasks = await page.evaluate(() => window.longTasks.splice(0))
  const order = { by: 'made', descending: true } as const
  const { length } = await studio.api.wall({ filter: { unfinished: true }, order })
  process.stdout.write(
    `${JSON.stringify({
      pictures: length,
      first_paint: paints.map(Math.round),
      long_tasks: { count: longTasks.length, longest: Math.round(Math.max(0, ...longTasks)), cpu },
      heap_mb: states.map(({ heap }) => Number((heap / 1e6).toFixed(1))),
      nodes: states.map(({ nodes }) => nodes),
      details_asked: asked.reduce((sum, count) => sum + count, 0),
      keys_ms: keys,
      longest_task_of_keys: Math.round(Math.max(0, ...keyTasks)),
    })}\n`,
  )
} finally {
  await browser.close()
  await host.close()
  await studio.close()
  if (own !== null) rmSync(own, { recursive: true, force: true })
}

declare global {
  interface Window {
    /** Durations of the main thread's long tasks, in milliseconds. */
    longTasks: number[]
  }
}

function watchLongTasks(): void {
  window.longTasks = []
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longTasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })
}

/** Milliseconds from the navigation until a picture of the wall has been decoded and drawn. */
async function firstPicture(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          const images = [...document.querySelectorAll<HTMLImageElement>('[role="gridcell"] img')]
          if (images.some(({ complete, naturalWidth }) => complete && naturalWidth > 0))
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now())))
          else requestAnimationFrame(look)
        }
        look()
      }),
  )
}

/** From the first picture to the last and back, a step each frame. */
async function scrollThrough(page: Page, frames: number): Promise<void> {
  await page.evaluate(
    (count) =>
      new Promise<void>((resolve) => {
        const wall = document.querySelector('[role="grid"]')
        if (wall === null) throw new Error('Expected the wall, found none.')
        let frame = 0
        const step = () => {
          const way = frame / count
          wall.scrollTop = (wall.scrollHeight - wall.clientHeight) * (way < 0.5 ? 2 * way : 2 - 2 * way)
          frame++
          if (frame <= count) requestAnimationFrame(step)
          else setTimeout(resolve, 500)
        }
        step()
      }),
    frames,
  )
}

type TraceEvent = {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Of a task: computing time in microseconds. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

async function startTrace(session: CDPSession): Promise<{ longestTask(): Promise<number> }> {
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel'] },
  })
  return {
    async longestTask() {
      const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
      await session.send('Tracing.end')
      await complete
      const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
      const main = events.filter(
        ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
      )
      const mains = new Set(main.map(threadOf))
      const tasks = events.filter((event) => mains.has(threadOf(event)) && event.name.endsWith('RunTask'))
      if (tasks.length === 0) throw new Error('Expected tasks in the trace, found none.')
      return Math.round(tasks.reduce((most, { tdur = 0 }) => Math.max(most, tdur), 0) / 1000)
    },
  }
}

async function stateOf(session: CDPSession): Promise<{ readonly heap: number; readonly nodes: number }> {
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  const { nodes } = await session.send('Memory.getDOMCounters')
  return { heap: usedSize, nodes }
}
