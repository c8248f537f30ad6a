/** Who is let in: the link from the terminal, once, and nobody without it. */

import { expect, parts, test } from './studio.ts'

test('a link opens one window; the next window needs the next link', async ({ page, browser, serve }) => {
  const { newestLink, url } = await serve()
  const link = newestLink()
  await page.goto(link)
  await expect(parts(page).prompt).toBeVisible()
  expect(page.url()).toBe(url)

  const stranger = await (await browser.newContext()).newPage()
  await stranger.goto(link)
  await expect(stranger.getByRole('heading', { name: 'This link no longer opens the studio' })).toBeVisible()
  await expect(stranger.getByText(/Open the newest link from the terminal/)).toBeVisible()
  await expect(parts(stranger).prompt).toBeHidden()

  // The screen takes the new link by hand, with the keyboard.
  const field = stranger.getByRole('textbox', { name: /Link or code/ })
  await expect(field).toBeFocused()
  await field.fill(newestLink())
  await stranger.keyboard.press('Enter')
  await expect(parts(stranger).prompt).toBeVisible()
  await stranger.context().close()
})

test('a window without a link is told how to get in, and gets nothing else', async ({ page, serve }) => {
  const { url } = await serve()
  const calls: number[] = []
  page.on('response', (response) => {
    if (response.url().includes('/api/')) calls.push(response.status())
  })
  await page.goto(url)
  await expect(page.getByRole('heading', { name: 'Open the link from the terminal' })).toBeVisible()
  expect(calls).toEqual([])
})

test('a window whose studio was started anew is told so', async ({ page, serve, context }) => {
  const { newestLink, url } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).prompt).toBeVisible()
  await page.evaluate(() => {
    sessionStorage.setItem('goldpan.token', 'A'.repeat(43))
  })
  await page.goto(url)
  await expect(page.getByRole('heading', { name: 'The studio was started anew' })).toBeVisible()
  expect(
    (await context.cookies()).map(({ httpOnly, sameSite, path }) => ({ httpOnly, sameSite, path })),
  ).toEqual([{ httpOnly: true, sameSite: 'Strict', path: '/art' }])
})
