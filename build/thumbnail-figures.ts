/**
 * `node build/thumbnail-figures.ts [PICTURES [SIDE]]`: what thumbnails spare a wall of large pictures, a line of JSON for each
 * time that it is shown. Makes a library of 300 pictures of 1024 pixels a side, unless told otherwise, takes it away again,
 * and shows all of them at once in a large window: `whole`, with the pictures themselves in the tiles, as it was before
 * there were thumbnails; `made`, while the thumbnails are made; `kept`, with thumbnails that are there.
 *
 * `seconds`: from the opening of the wall until every tile is decoded. `mbytes`: sent to the page. `decoded_mb`: four bytes
 * for each pixel of what the tiles hold. `renderer_mb`: proportional memory of the page's process, where Linux tells.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'

import { chromium } from '@playwright/test'
import type { Browser } from '@playwright/test'

import { openStudio } from '../electron/core/studio.ts'
import { startBrowserHost } from '../electron/hosts/browser/server.ts'
import { bundledPacks, rendererFolder } from '../electron/hosts/default-places.ts'
import { createCatalogue, openCatalogue } from '../electron/library/catalogue.ts'
import { storeImage } from '../electron/library/image-files.ts'
import { layoutOf, writeMarker } from '../electron/library/layout.ts'
import { insertOutsideImage } from '../electron/library/outside-images.ts'
import { pngOf } from '../electron/library/png-chunks.ts'
import { findChromium } from './chromium.ts'

const pictures = Number(process.argv[2] ?? 300)
const side = Number(process.argv[3] ?? 1024)

const folder = mkdtempSync(join(tmpdir(), 'goldpan-thumbnails-'))
const libraryPath = join(folder, 'library')
await fill()
const studio = await openStudio({ libraryPath, packFolders: [bundledPacks], host: 'browser', grader: null })
try {
  for (const tiles of ['whole', 'whole', 'made', 'kept', 'kept'] as const) {
    const figures = await wall(tiles === 'whole')
    process.stdout.write(`${JSON.stringify({ pictures, side, tiles, ...figures })}\n`)
  }
} finally {
  await studio.close()
  rmSync(folder, { recursive: true, force: true })
}

/** Images from outside with slopes and grain, each another one; packed fast, not tightly. */
async function fill(): Promise<void> {
  const layout = layoutOf(libraryPath)
  mkdirSync(layout.imagesTmp, { recursive: true })
  createCatalogue(layout.catalogue)
  writeMarker(layout)
  const db = openCatalogue(layout, layout.catalogue, () => undefined)
  for (let number = 0; number < pictures; number++) {
    const across = Float64Array.from(
      { length: side * 3 },
      (_, at) => 60 * Math.sin(at / 270 + number + (at % 3)),
    )
    // A row begins with its filter: none.
    const rows = new Uint8Array(side * (side * 3 + 1))
    let state = number + 1
    for (let y = 0; y < side; y++) {
      const down = 128 + 50 * Math.cos(y / 70 + number)
      for (let at = 0; at < side * 3; at++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        rows[y * (side * 3 + 1) + 1 + at] = down + (across[at] ?? 0) + (state >>> 30)
      }
    }
    const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0])
    header.writeUInt32BE(side, 0)
    header.writeUInt32BE(side, 4)
    const png = pngOf([
      { type: 'IHDR', data: header },
      { type: 'IDAT', data: deflateSync(rows, { level: 1 }) },
      { type: 'IEND', data: Buffer.alloc(0) },
    ])
    const sha256 = await storeImage(layout, png)
    const image = { sha256, bytes: png.byteLength, width: side, height: side }
    insertOutsideImage(db, image, { name: `${number}.png`, prompt: '', addedAt: new Date(number) })
  }
  db.close()
}

/** Shows the wall in a new browser, whose caches are empty. */
async function wall(isWhole: boolean) {
  // Its link opens one window, within a minute.
  const host = await startBrowserHost({ studio, appFolder: rendererFolder, onLink: () => undefined })
  const browser = await chromium.launch({
    executablePath: findChromium() ?? '',
    args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 3200, height: 1800 } })
    if (isWhole) {
      await page.addInitScript(() => {
        // The page's tiles as they were: each asks for its picture itself.
        const set = Element.prototype.setAttribute
        Element.prototype.setAttribute = function (name, value) {
          set.call(this, name, name === 'src' ? value.replace(/\?side=\d+$/, '') : value)
        }
      })
    }
    let bytes = 0
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await page.goto(host.link)
    await page.getByRole('navigation', { name: 'Views' }).waitFor()
    const began = performance.now()
    await page.keyboard.press('g')
    await page.getByRole('slider', { name: /^Size of the pictures/ }).press('Home')
    const decoded = await page.evaluate(
      (least) =>
        new Promise<number>((resolve) => {
          const look = () => {
            const images = [...document.querySelectorAll<HTMLImageElement>('[role="gridcell"] img')]
            const ready = images.filter(({ complete, naturalWidth }) => complete && naturalWidth > 0)
            if (ready.length < least || ready.length < images.length) return void setTimeout(look, 20)
            void Promise.all(ready.map((image) => image.decode())).then(() =>
              resolve(ready.reduce((sum, image) => sum + image.naturalWidth * image.naturalHeight * 4, 0)),
            )
          }
          look()
        }),
      pictures,
    )
    const seconds = (performance.now() - began) / 1000
    // Until what has been decoded is also drawn.
    await page.waitForTimeout(500)
    return {
      seconds: Number(seconds.toFixed(2)),
      mbytes: megabytes(bytes),
      decoded_mb: megabytes(decoded),
      renderer_mb: await memoryOf(browser),
    }
  } finally {
    await browser.close()
    await host.close()
  }
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toFixed(1))
}

/** Proportional set size of the largest page process; null where the system does not tell. */
async function memoryOf(browser: Browser): Promise<number | null> {
  if (process.platform !== 'linux') return null
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  const sizes = processInfo
    .filter(({ type, id }) => type === 'renderer' && readdirSync('/proc').includes(String(id)))
    .map(({ id }) => /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))?.[1])
  return megabytes(1024 * Math.max(0, ...sizes.map(Number)))
}
