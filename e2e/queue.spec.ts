/** The queue of runs: its order, what is stopped and goes on, and what a dead program left behind. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import type { RunSpecInput } from '../shared/run-spec.ts'
import { goldpan } from '../electron/hosts/cli/testing/goldpan.ts'
import { expect, expectNoViolations, parts, test, tinyPacks } from './studio.ts'

/** Long enough to be there to the end of a test. */
const long: RunSpecInput = {
  ...{
    prompt: 'the long one',
    pack: 'tiny-slow',
    guide: ['clip_score'],
    heldOut: [],
    baselines: [],
    seed: '1',
  },
  ...{ algorithm: 'random_search', candidates: 400, sampler: 'euler', schedule: 'linear' },
  ...{ steps: 30, guidance: 2 },
}
const short: RunSpecInput = { ...long, pack: 'tiny', candidates: 1, steps: 2 }

test('what waits changes places by keys, buttons and drag, and nothing is lost by pausing, stopping and undo', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  const order = async () => (await studio.api.progress()).map(({ runId }) => runId)
  const statusOf = async (runId: number) => (await studio.api.run({ runId })).status.kind
  await expect(parts(page).run).toBeEnabled()

  const open = page.getByTitle('Queue', { exact: true })
  await expect(open).toHaveText('Idle')
  await open.focus()
  await page.keyboard.press('Enter')
  const queue = page.getByRole('dialog', { name: 'Queue' })
  await expect(queue.getByText(/^Nothing waits\. Run adds to the queue/)).toBeVisible()
  for (const spec of [
    long,
    { ...short, prompt: 'b' },
    { ...short, prompt: 'c' },
    { ...short, prompt: 'd' },
  ]) {
    await studio.api.startRun(spec)
  }
  await expect(queue.getByRole('heading', { name: /^3 waiting/ })).toBeVisible()
  await expect(queue.getByText(/of 400 images, \d+ %/)).toBeVisible()

  // By keys: the focus goes with the run.
  const waiting = queue.getByRole('region', { name: 'Waiting' })
  const show = (prompt: string) => waiting.getByRole('button', { name: new RegExp(`^${prompt} ?1 image,`) })
  await show('d').focus()
  await page.keyboard.press('Alt+ArrowUp')
  await expect.poll(order).toEqual([1, 2, 4, 3])
  await expect(show('d')).toBeFocused()
  await page.keyboard.press('Alt+ArrowUp')
  await expect.poll(order).toEqual([1, 4, 2, 3])
  await expect(show('d')).toBeFocused()
  // By button, and by drag: below the last.
  await queue.getByRole('button', { name: 'Move run 3 up' }).click()
  await expect.poll(order).toEqual([1, 4, 3, 2])
  // At the top there is no further up, but the keyboard is still there.
  const up = queue.getByRole('button', { name: 'Move run 3 up' })
  await up.press('Enter')
  await expect.poll(order).toEqual([1, 3, 4, 2])
  await expect(up).toBeDisabled()
  await expect(up).toBeFocused()
  await queue.getByRole('button', { name: 'Move run 3 down' }).press('Enter')
  await expect.poll(order).toEqual([1, 4, 3, 2])
  const last = await waiting.getByRole('listitem').nth(2).boundingBox()
  await waiting
    .getByRole('listitem')
    .nth(0)
    .dragTo(waiting.getByRole('listitem').nth(2), {
      sourcePosition: { x: 4, y: 4 },
      targetPosition: { x: 20, y: (last?.height ?? 0) - 2 },
    })
  await expect.poll(order).toEqual([1, 3, 2, 4])
  await expectNoViolations(page)
  await show('b').focus()
  await page.keyboard.press('Control+z')
  await expect.poll(order).toEqual([1, 4, 3, 2])

  // What is paused or stopped goes on by undo, or from the list.
  await queue.getByRole('button', { name: 'Stop run 3' }).click()
  await expect.poll(() => statusOf(3)).toBe('cancelled')
  await expect(page.getByText('Stopped run 3', { exact: true })).toBeVisible()
  await show('d').focus()
  await page.keyboard.press('Control+z')
  await expect.poll(order).toEqual([1, 4, 2, 3])
  await expect(waiting.getByRole('listitem').first()).toContainText('d')
  await queue.getByRole('button', { name: 'Pause run 4' }).press('Enter')
  await expect(queue.getByText('Paused at 0 of 1 image')).toBeVisible()
  await expect(show('b')).toBeFocused()
  await queue.getByRole('button', { name: 'Resume run 4' }).click()
  await expect.poll(order).toEqual([1, 2, 3, 4])

  await expect(page).toHaveTitle(/^\d+% - Goldpan$/)
  await queue.getByRole('button', { name: 'Stop run 1' }).press('Enter')
  await expect.poll(order).toEqual([])
  expect(await Promise.all([1, 2, 3, 4].map(statusOf))).toEqual(['cancelled', 'done', 'done', 'done'])
  await queue.getByRole('button').first().waitFor({ state: 'detached' })
  await expect(queue.getByText(/^Nothing waits/)).toBeVisible()
  await expect(queue.locator(':focus')).toHaveCount(1)
  await page.keyboard.press('Escape')
  await expect(queue).toBeHidden()
})

test('runs that a dead program left behind are resumed together, in the order in which they were asked for', async ({
  page,
  folder,
  serve,
}) => {
  const prompts = join(folder, 'prompts.txt')
  writeFileSync(prompts, 'a red star in sky\nblue ring in night\ntwo red stars in night\n')
  const args = ['batch', prompts, '--candidates', '3', '--steps', '40', '--baselines', '']
  const killed = await goldpan([...args, '--library', join(folder, 'library')], {
    on: /working: /,
    signal: 'SIGKILL',
  })
  expect(killed.code).toBe(null)

  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const open = page.getByTitle('Queue', { exact: true })
  await expect(open).toHaveText('3 runs were interrupted')
  await open.click()
  const queue = page.getByRole('dialog', { name: 'Queue' })
  const rested = queue.getByRole('region', { name: 'Runs that can go on' })
  await expect(rested.getByRole('heading')).toHaveText('3 runs were interrupted')
  await rested.getByRole('button', { name: 'Resume all' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText('Resumed 3 runs')).toBeVisible()
  expect((await studio.api.runs()).filter(({ status }) => status.kind === 'interrupted')).toEqual([])
  await expect(rested).toHaveCount(0)
  await expect
    .poll(async () => (await studio.api.runs()).map(({ status }) => status.kind))
    .toEqual(['done', 'done', 'done'])
})
