/** The basics that everything else rests on: a name for every control, a focus that is seen, and that comes back. */

import type { Page } from '@playwright/test'

import { expect, parts, startRun, test } from './studio.ts'

/** Roles of things that a person acts on. */
const controlRoles = [
  'button',
  'textbox',
  'combobox',
  'checkbox',
  'switch',
  'radio',
  'slider',
  'link',
  'tab',
  'menuitem',
]

type AxNode = {
  readonly ignored: boolean
  readonly role?: { readonly value?: string }
  readonly name?: { readonly value?: string }
  readonly nodeId: string
}

/** The controls that a screen reader is given, and those of them without a name. */
async function controls(
  page: Page,
): Promise<{ readonly count: number; readonly nameless: readonly string[] }> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AxNode[] }
  await session.detach()
  const found = nodes.filter(({ ignored, role }) => !ignored && controlRoles.includes(role?.value ?? ''))
  const nameless = found.filter(({ name }) => (name?.value ?? '').trim() === '')
  return {
    count: found.length,
    nameless: nameless.map(({ role, nodeId }) => `${role?.value ?? ''} ${nodeId}`),
  }
}

test('every control has a name: at the door, before the first run, among the models, in the gallery, the loupe and the comparison', async ({
  page,
  serve,
}) => {
  const { newestLink, url } = await serve()
  const expectNamed = async (least: number) => {
    const { count, nameless } = await controls(page)
    expect(nameless).toEqual([])
    expect(count).toBeGreaterThanOrEqual(least)
  }
  await page.goto(url)
  await expect(page.getByRole('heading', { name: 'Open the link from the terminal' })).toBeVisible()
  await expectNamed(2)

  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await expectNamed(12)
  for (const part of ['Negative prompt', 'Size, device, noise', 'Early stop']) {
    await page.getByText(part, { exact: true }).click()
  }
  await expect(page.getByRole('combobox', { name: 'Device' })).toBeVisible()
  await expectNamed(17)

  await page.getByRole('button', { name: 'Models' }).click()
  await expect(page.getByRole('region', { name: 'Installed models' })).toBeVisible()
  await expectNamed(12)
  await page.keyboard.press('Escape')

  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 4, baselines: '2' })
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  await expectNamed(20)

  await parts(page)
    .strip.getByRole('button', { name: /rank 1/ })
    .focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: /^Candidate #/ })).toBeVisible()
  await expectNamed(15)
  await page.keyboard.press('Escape')

  await page.keyboard.press('c')
  await expect(parts(page).compare).toBeVisible()
  await expectNamed(15)
})

test('the keyboard reaches every part of the window, and the focus is seen wherever it is', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 4, baselines: '2' })
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  await page.evaluate(() => {
    ;(document.activeElement as HTMLElement).blur()
  })

  const reached = new Set<string>()
  const unseen: string[] = []
  for (let stop = 0; stop < 120; stop++) {
    await page.keyboard.press('Tab')
    const name = await page.evaluate(() => {
      const element = document.activeElement
      if (element === null || element === document.body) return null
      const place = [...document.querySelectorAll('*')].indexOf(element)
      return `${place} ${element.id} ${element.getAttribute('aria-label') ?? element.textContent.slice(0, 40)}`
    })
    if (name === null || reached.has(name)) break
    reached.add(name)
    if (!(await focusShows(page))) unseen.push(name)
  }
  expect(unseen).toEqual([])
  expect(reached.size).toBeGreaterThan(20)
  for (const part of [
    'compose-prompt',
    'compose-finalSteps',
    'compose-budget',
    'Early stop',
    'Seed',
    'Run',
    'rank 1',
    'steps, 2 NFE',
    'a red star in sky',
    'Keys',
  ]) {
    expect(
      [...reached].some((name) => name.includes(part)),
      part,
    ).toBe(true)
  }
})

/** Whether the focused element looks otherwise than without the focus: an outline, a ring, within it or around it. */
function focusShows(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const focused = document.activeElement as HTMLElement
    const look = () => {
      for (const animation of document.getAnimations()) animation.finish()
      return [focused.parentElement ?? focused, focused, ...focused.querySelectorAll('*')]
        .flatMap((element) =>
          [undefined, '::before', '::after'].map((part) => getComputedStyle(element, part)),
        )
        .map(({ outline, boxShadow, borderColor }) => [outline, boxShadow, borderColor].join())
        .join()
    }
    const withFocus = look()
    // The next Tab goes on from here all the same.
    focused.blur()
    return look() !== withFocus
  })
}

test('nothing is cut off sideways, from the least window to a large one', async ({ page, serve }) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, { prompt: 'a red star in sky', candidates: 2, steps: 4, baselines: '2' })
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  for (const size of [
    { width: 880, height: 600 },
    { width: 1440, height: 900 },
    { width: 2560, height: 1440 },
  ]) {
    await page.setViewportSize(size)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(overflow, `${size.width} px`).toBeLessThanOrEqual(0)
    await expect(parts(page).run).toBeInViewport()
  }
})
