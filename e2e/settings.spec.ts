/** Settings: by keyboard and by mouse; the room that is chosen, before the first paint and in every window; notifications. */

import type { Page } from '@playwright/test'

import { expect, expectNoViolations, parts, startRun, test } from './studio.ts'

const themeOf = (page: Page) => page.evaluate(() => document.documentElement.dataset.theme ?? 'system')
const groundOf = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
const grounds = { dark: 'rgb(19, 19, 19)', light: 'rgb(236, 236, 236)' }

/** The parts of the settings, by what they are called. */
function settings(page: Page) {
  const stage = page.getByRole('region', { name: 'Settings', exact: true })
  return {
    stage,
    theme: (label: string) => page.getByRole('radiogroup', { name: 'Theme' }).getByLabel(label),
    notify: page.getByRole('switch', { name: /has ended/ }),
    devices: page.getByRole('radiogroup', { name: 'Device of new runs' }),
    privacy: page.getByRole('region', { name: 'Privacy' }),
    library: page.getByRole('region', { name: 'Library' }),
    about: page.getByRole('region', { name: 'About' }),
  }
}

test('by keyboard alone: opened while typing, the room changes at once and stays, Escape gives the focus back', async ({
  page,
  context,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  const { stage, theme, devices } = settings(page)
  await parts(page).prompt.focus()
  await page.keyboard.press('Control+,')
  await expect(stage).toBeFocused()

  expect([await themeOf(page), await groundOf(page)]).toEqual(['system', grounds.dark])
  // Close, then the theme: two stops.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(theme('As the system')).toBeFocused()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect(theme('Light')).toBeChecked()
  await expect.poll(() => groundOf(page)).toBe(grounds.light)
  expect((await studio.api.preferences()).theme).toBe('light')

  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await expect.poll(async () => (await studio.api.preferences()).notifyAtEnd).toBe(false)
  await expect(settings(page).notify).not.toBeChecked()

  await expect(devices.getByRole('radio').first()).toBeVisible()
  await page.keyboard.press('Tab')
  await expect(devices.getByRole('radio', { name: /^CPU/ })).toBeFocused()
  await page.keyboard.press('Escape')
  await expect(stage).toHaveCount(0)
  await expect(parts(page).prompt).toBeFocused()

  // A window that opens later, and this one when it is loaded again: in the room from the first paint on.
  const other = await context.newPage()
  await other.route('**/assets/*.js', (route) => route.abort())
  await other.goto(newestLink())
  expect([await themeOf(other), await groundOf(other)]).toEqual(['light', grounds.light])
  await other.close()
  await page.reload()
  expect(await themeOf(page)).toBe('light')

  // Another window's choice arrives by itself.
  await studio.api.setPreferences({ theme: 'dark' })
  await expect.poll(() => groundOf(page)).toBe(grounds.dark)
  await studio.api.setPreferences({ theme: 'system' })
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(() => groundOf(page)).toBe(grounds.light)
})

test('by mouse: what is chosen is kept, what is there is said, paths and commands can be taken along', async ({
  page,
  context,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto(newestLink())
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Settings' }).click()
  const { stage, theme, notify, devices, privacy, library, about } = settings(page)
  await theme('Dark').check({ force: true })
  await notify.click()
  await expect
    .poll(() => studio.api.preferences())
    .toMatchObject({ theme: 'dark', notifyAtEnd: false, device: 'cpu' })

  await expect(devices.getByRole('radio')).toHaveCount(5)
  for (const { id, available, reason } of await studio.api.devices()) {
    const device = devices.getByRole('radio').nth(['cpu', 'webgpu', 'cuda', 'dml', 'coreml'].indexOf(id))
    if (available) await expect(device).toBeEnabled()
    else await expect(device).toBeDisabled()
    if (reason !== null) await expect(devices.getByText(reason)).toBeVisible()
  }

  const { libraryPath, processId } = await studio.api.environment()
  await library.getByRole('button', { name: 'Copy path of the library' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(libraryPath)
  await expect(library.getByText('None yet: one is made whenever the studio closes.')).toBeVisible()
  await expect(privacy.getByText('The studio listens on 127.0.0.1 alone')).toBeVisible()
  await privacy.getByRole('button', { name: 'Copy command' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain(String(processId))

  await about.getByText(/^Models \(/).click()
  await expect(about.getByText('CC0-1.0').first()).toBeVisible()
  await page.getByRole('button', { name: 'Show all keys' }).click()
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Close (Escape)' }).click()
  await expect(stage).toHaveCount(0)
})

test('a change that the studio refuses is taken back, and says why', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await page.route('**/api/setPreferences', (route) =>
    route.fulfill({
      status: 500,
      contentType: 'application/json',
      body: JSON.stringify({ ok: false, error: { code: 'library_full', message: 'The disk is full.' } }),
    }),
  )
  await page.keyboard.press('Control+,')
  const { theme } = settings(page)
  await theme('Light').check({ force: true })
  await expect(page.getByRole('alert')).toContainText('The disk is full.')
  await expect(theme('As the system')).toBeChecked()
  expect(await groundOf(page)).toBe(grounds.dark)
})

test('nobody looks when a run ends: the browser says so quietly, if it was allowed to by a press', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve()
  // Neither a notification nor a window that lost its focus can be had from a browser without a screen.
  await page.addInitScript(() => {
    const said: unknown[] = []
    const recorded = Object.assign(
      function (title: string, options: object) {
        said.push({ title, ...options })
      },
      {
        permission: 'default',
        requestPermission() {
          recorded.permission = 'granted'
          return Promise.resolve('granted')
        },
      },
    )
    Object.assign(window, { Notification: recorded, said })
    document.hasFocus = () => false
  })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await page.keyboard.press('Control+,')
  await page.getByRole('button', { name: 'Allow notifications…' }).click()
  await expect(page.getByText('This browser shows them.')).toBeVisible()
  await page.keyboard.press('Escape')
  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 2, baselines: '2' })
  const said = () => page.evaluate(() => (window as unknown as { said: unknown[] }).said)
  await expect.poll(said).toEqual([{ title: 'Goldpan', body: 'Run 1 is done: 4 images.', silent: true }])
})

test('settings break no rule of accessibility in either room', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await page.keyboard.press('Control+,')
  await expect(settings(page).devices.getByRole('radio').first()).toBeVisible()
  await page.getByText(/^Built with/).click()
  await expectNoViolations(page)
})
