/** What the page may do: only its own, and never beyond its own host. */

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { rendererFolder } from '../electron/hosts/default-places.ts'
import { expect, parts, startRun, test } from './studio.ts'

test('in a whole run no request leaves the studio, and nothing of the page breaks its own policy', async ({
  page,
  context,
  serve,
}) => {
  const { newestLink, url } = await serve()
  const foreign: string[] = []
  const origin = new URL(url).origin
  context.on('request', (request) => {
    const { protocol, origin: asked } = new URL(request.url())
    if (asked !== origin && protocol !== 'blob:') foreign.push(request.url())
  })
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  await page.goto(newestLink())
  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 4, baselines: '2' })
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: /^Compare with the baseline/ }).click()
  await expect(parts(page).compare).toBeVisible()
  await page.keyboard.press('Escape')
  await page.reload()
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  expect(foreign).toEqual([])
  expect(complaints).toEqual([])
})

test('scripts and styles that were put into the page do not run', async ({ page, folder, serve }) => {
  const appFolder = join(folder, 'app')
  cpSync(rendererFolder, appFolder, { recursive: true })
  const index = join(appFolder, 'index.html')
  const injected =
    '<script>window.inline = 1</script><style>:root{--injected:1}</style>' +
    '<img src="data:image/png;base64,AAAA" onerror="window.attribute = 1">' +
    '<iframe srcdoc="<script>parent.framed = 1</script>"></iframe>' +
    '<script src="http://127.0.0.1:9/x.js"></script><script src="data:text/javascript,window.data=1"></script>'
  writeFileSync(index, readFileSync(index, 'utf8').replace('</body>', `${injected}</body>`))
  const { newestLink } = await serve({ appFolder })
  await page.addInitScript(() => {
    const seen: string[] = []
    Object.assign(window, { violations: seen })
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective))
  })
  await page.goto(newestLink())
  await expect(parts(page).prompt).toBeVisible()
  const ran = await page.evaluate(() =>
    ['inline', 'attribute', 'framed', 'data'].filter((name) => name in window),
  )
  expect(ran).toEqual([])
  expect(
    await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--injected')),
  ).toBe('')
  const violations = new Set(
    await page.evaluate(() => (window as unknown as { violations: string[] }).violations),
  )
  for (const directive of ['script-src-elem', 'style-src-elem', 'img-src'])
    expect(violations).toContain(directive)
})

test('a page that was taken over can neither call out nor make text into code', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).prompt).toBeVisible()
  const outcome = await page.evaluate(async () => {
    const attempt = async (act: () => unknown) => {
      try {
        await act()
        return 'done'
      } catch {
        return 'refused'
      }
    }
    const image = (src: string) =>
      new Promise((resolve, reject) => {
        const element = new Image()
        element.onload = resolve
        element.onerror = reject
        element.src = src
      })
    return {
      fetch: await attempt(() => fetch('http://127.0.0.1:9/')),
      beacon: await attempt(() => fetch('https://example.com/', { mode: 'no-cors' })),
      socket: await attempt(
        () =>
          new Promise((resolve, reject) => {
            const socket = new WebSocket(`ws://${location.host}/api/events`)
            socket.onopen = resolve
            socket.onerror = reject
          }),
      ),
      image: await attempt(() => image('http://127.0.0.1:9/x.png')),
      data: await attempt(() => image('data:image/gif;base64,R0lGODlhAQABAAAAACw=')),
      markup: await attempt(() => (document.createElement('div').innerHTML = '<b>x</b>')),
      script: await attempt(() => (document.createElement('script').text = 'window.x = 1')),
      worker: await attempt(() => new Worker('data:text/javascript,1')),
    }
  })
  expect(outcome).toEqual({
    fetch: 'refused',
    beacon: 'refused',
    socket: 'refused',
    image: 'refused',
    data: 'refused',
    markup: 'refused',
    script: 'refused',
    worker: 'refused',
  })
})

test('another page on this machine can neither show the studio nor call it', async ({
  page,
  context,
  serve,
}) => {
  const studio = await serve()
  await page.goto(studio.newestLink())
  await startRun(page, { prompt: 'a red star in sky', candidates: 1, steps: 2, baselines: '2' })
  await expect(page.getByText(/^Done, 2 images/)).toBeVisible()
  const [candidate] = (await studio.studio.api.run({ runId: 1 })).candidates
  const art = `${studio.url}art/${candidate?.imageSha256 ?? ''}.png`

  // The same browser with the same cookies, on a page of another port: same-site, not same-origin.
  const other = await context.newPage()
  await other.route('http://127.0.0.1:9999/**', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>other</title>' }),
  )
  await other.goto('http://127.0.0.1:9999/')
  const outcome = await other.evaluate(
    async ([url, image]) => {
      const status = async (path: string, init: RequestInit) => {
        try {
          return (await fetch(url + path, init)).status
        } catch {
          return 'refused'
        }
      }
      const shown = await new Promise((resolve) => {
        const element = new Image()
        element.onload = () => {
          resolve('shown')
        }
        element.onerror = () => {
          resolve('refused')
        }
        element.src = image
      })
      const headers = { 'content-type': 'application/json' }
      return {
        page: await status('', {}),
        call: await status('api/runs', { method: 'POST', headers }),
        simple: await status('api/runs', { method: 'POST', body: '{}' }),
        shown,
      }
    },
    [studio.url, art] as const,
  )
  expect(outcome).toEqual({ page: 'refused', call: 'refused', simple: 'refused', shown: 'refused' })
  const blind = await other.evaluate(
    (url) =>
      fetch(url, { method: 'POST', mode: 'no-cors', body: '{}' }).then(
        () => 'sent',
        () => 'refused',
      ),
    `${studio.url}api/session`,
  )
  expect(blind).toBe('refused')
  const framed = await other.evaluate(
    (url) =>
      new Promise<boolean>((resolve) => {
        const frame = document.createElement('iframe')
        frame.onload = () => {
          try {
            resolve(frame.contentDocument !== null)
          } catch {
            resolve(false)
          }
        }
        frame.src = url
        document.body.append(frame)
      }),
    studio.url,
  )
  expect(framed).toBe(false)
  await other.goto(studio.newestLink())
  await expect(parts(other).prompt).toBeVisible()
})

test('a file that misses its target does not take the place of the studio', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).prompt).toBeVisible()
  const outcome = await page.evaluate(() => {
    const refused = (kind: string, fill: (carried: DataTransfer) => void) => {
      const dataTransfer = new DataTransfer()
      fill(dataTransfer)
      return !document.body.dispatchEvent(
        new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }),
      )
    }
    const file = (carried: DataTransfer) => carried.items.add(new File(['<html>'], 'page.html'))
    const text = (carried: DataTransfer) => carried.setData('text/plain', 'a red star')
    return { file: refused('drop', file), over: refused('dragover', file), text: refused('drop', text) }
  })
  expect(outcome).toEqual({ file: true, over: true, text: false })
})
