/** A run while it works: what is seen of it, how it is stopped, and what survives. */

import { expect, expectPictures, parts, startRun, test, tinyPacks } from './studio.ts'

/** Long enough to be met in the middle on any machine. */
const longRun = { prompt: 'a green heart in paper', candidates: 200, steps: 12, baselines: '4' }

test('a run shows its previews and figures while it works, and stopping keeps what is finished', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  const { monitor, strip, moreSteps } = parts(page)
  await startRun(page, longRun)

  await expect(monitor.getByText(/of 201 images/)).toBeVisible()
  await expect(monitor.getByText(/of 2,404 NFE/)).toBeVisible()
  await expect(monitor.getByText(/left$/)).toBeVisible()
  await expect(strip.getByText(/^\d+ \/ 12$/).first()).toBeVisible()
  await expect(strip.locator('canvas[width="16"]').first()).toBeAttached()
  await expect(moreSteps.getByRole('button', { name: /^4 steps, 4 NFE, .*score/ })).toBeVisible()
  await expect.poll(async () => (await studio.api.runs())[0]?.finished ?? 0).toBeGreaterThan(1)

  // Another run goes to the queue, and this one stays in sight.
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText('Queued run 2')).toBeVisible()
  await expect(page).toHaveURL(/#run=1$/)
  await studio.api.cancelRun({ runId: 2 })
  await monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/^Stopped at \d+ of 201 images$/)).toBeVisible()
  const run = await studio.api.run({ runId: 1 })
  expect(run.status).toEqual({ kind: 'cancelled' })
  expect(run.finished).toBeLessThan(201)
  await expectPictures(strip, run.candidates.length)
})

test('stopping answers within one step of the denoiser', async ({ page, serve }) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  const { monitor } = parts(page)
  await startRun(page, longRun)
  await expect(monitor.getByText(/of 201 images/)).toBeVisible()
  await expect.poll(async () => (await studio.api.progress())[0]?.nfe ?? 0).toBeGreaterThan(8)

  // What was evaluated when the stop arrived, and every count that was told after it.
  const counts: number[] = []
  studio.onEvent((event) => {
    if (event.kind === 'progress' && (counts.length > 0 || event.progress.phase === 'cancelling')) {
      counts.push(event.progress.nfe)
    }
  })
  await monitor.getByRole('button', { name: 'Stop' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByText(/^Stopped at /)).toBeVisible()
  expect((await studio.api.run({ runId: 1 })).status).toEqual({ kind: 'cancelled' })
  expect(counts.length).toBeGreaterThan(0)
  expect(new Set(counts).size).toBeLessThanOrEqual(2)
  expect(await studio.api.progress()).toEqual([])
})

test('two windows show the same run, and one that opens in the middle catches up', async ({
  page,
  context,
  serve,
}) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, longRun)
  await expect(parts(page).monitor.getByText(/NFE/)).toBeVisible()

  const other = await context.newPage()
  await other.goto(newestLink())
  await expect(parts(other).monitor.getByText(/NFE/)).toBeVisible()
  await parts(other).monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/^Stopped at /)).toBeVisible()
  await expect(other.getByText(/^Stopped at /)).toBeVisible()
})

test('a window that is reloaded, or closed, in the middle of a run finds it going on, and everything of it', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  await startRun(page, { ...longRun, candidates: 40 })
  const finished = async () => (await studio.api.runs())[0]?.finished ?? 0
  await expect.poll(finished).toBeGreaterThan(2)

  const beforeReload = await finished()
  await page.reload()
  await expect(parts(page).monitor.getByText(/of 42 images/)).toBeVisible()
  await expect(parts(page).strip.locator('canvas[width="16"]').first()).toBeAttached()
  await expect.poll(() => parts(page).strip.locator('img').count()).toBeGreaterThanOrEqual(beforeReload - 1)
  await expect.poll(finished).toBeGreaterThan(beforeReload)

  const atClosing = await finished()
  // What is left of a window that was closed: nothing of the studio.
  await page.goto('about:blank')
  await expect.poll(finished).toBeGreaterThan(atClosing + 2)
  await page.goto(newestLink())
  await expect(page.getByText('Done, 42 images')).toBeVisible()
  const { candidates, baselines, status } = await studio.api.run({ runId: 1 })
  expect([candidates.length, baselines.length, status.kind]).toEqual([40, 2, 'done'])
  await page.keyboard.press('g')
  await expect(page.getByRole('main', { name: 'Wall' }).getByText(/^42 pictures/)).toBeVisible()
})

test('a studio that is closed in the middle of a run says so in the page, and keeps what was finished', async ({
  page,
  serve,
}) => {
  const first = await serve()
  await page.goto(first.newestLink())
  await startRun(page, longRun)
  await expect.poll(async () => (await first.studio.api.runs())[0]?.finished ?? 0).toBeGreaterThan(0)
  const closing = first.close()
  await expect(page.getByText('The studio does not answer. Connecting again…')).toBeVisible()
  await closing

  const second = await serve()
  await page.goto(second.newestLink())
  await expect(page.getByText(/^(Stopped|Interrupted) at [1-9]\d* of /)).toBeVisible()
  await expect(parts(page).outcome.getByRole('button', { name: 'Resume' })).toBeEnabled()
})

test('an engine that is killed is started again, and the run goes on', async ({ page, serve }) => {
  const { studio, newestLink, enginePid } = await serve()
  await page.goto(newestLink())
  await startRun(page, longRun)
  const finished = async () => (await studio.api.runs())[0]?.finished ?? 0
  await expect.poll(finished).toBeGreaterThan(0)
  const killed = enginePid()
  process.kill(killed, 'SIGKILL')
  const before = await finished()
  // What was in flight when it was killed could still be committed; this many could not.
  await expect.poll(finished).toBeGreaterThan(before + 10)
  expect(enginePid()).not.toBe(killed)
  await parts(page).monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/^Stopped at /)).toBeVisible()
})

test('an engine that dies each time fails its run by name, keeps what was finished, and the run can be resumed', async ({
  page,
  serve,
}) => {
  const { studio, newestLink, enginePid } = await serve()
  await page.goto(newestLink())
  await startRun(page, longRun)
  const finished = async () => (await studio.api.runs())[0]?.finished ?? 0
  await expect.poll(finished).toBeGreaterThan(0)
  const status = async () => {
    try {
      process.kill(enginePid(), 'SIGKILL')
    } catch {
      // It is dead already and the next one is not there yet.
    }
    return (await studio.api.run({ runId: 1 })).status
  }
  // Often enough that no engine lives to answer a call.
  await expect
    .poll(status, { intervals: [50], timeout: 60_000 })
    .toMatchObject({ kind: 'failed', error: { code: 'engine_died' } })
  const fault = page.getByRole('alert')
  await expect(fault.getByRole('heading', { name: 'This run failed' })).toBeVisible()
  await expect(fault.getByText(/^[1-9]\d* of 201 images were finished and are kept\.$/)).toBeVisible()

  const kept = await finished()
  await fault.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(finished).toBeGreaterThan(kept)
  await parts(page).monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/^Stopped at /)).toBeVisible()
})

test('a run that fails again as soon as it is resumed keeps the focus, and can be resumed once more', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  const { runId } = await studio.api.startRun({
    ...{ prompt: 'two red stars in night', pack: 'tiny-wrong-shape', guide: ['clip_score'], heldOut: [] },
    ...{ algorithm: 'random_search', candidates: 1, sampler: 'euler', schedule: 'linear' },
    ...{ steps: 1, guidance: 2, baselines: [], seed: '7' },
  })
  await studio.whenEnded(runId)
  await parts(page).runs.first().click()
  let changes = 0
  studio.onEvent(({ kind }) => (changes += kind === 'run-changed' ? 1 : 0))
  const resume = page.getByRole('alert').getByRole('button', { name: 'Resume' })
  await resume.focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => changes).toBeGreaterThan(0)
  await studio.whenEnded(runId)
  await expect(resume).toBeEnabled()
  await expect(resume).toBeFocused()

  await page.keyboard.press('f')
  await expect(page.getByRole('main', { name: 'Figure' }).getByText('failed', { exact: true })).toBeVisible()
})

test('a baseline of which the models make nothing is named with its reason, and the run is done without it', async ({
  page,
  serve,
}) => {
  // Its denoiser gives NaN from noise level 0.5 down, where a single step never comes.
  const { studio, newestLink } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await studio.api.startRun({
    ...{ prompt: 'two red stars in night', pack: 'tiny-nan', guide: ['clip_score'], heldOut: [] },
    ...{ algorithm: 'random_search', candidates: 4, sampler: 'euler', schedule: 'linear' },
    ...{ steps: 1, guidance: 2, baselines: [1, 8], seed: '7' },
  })
  await parts(page).runs.first().click()
  await expect(parts(page).outcome.getByText('Done, 5 of 6 images, 1 failed', { exact: true })).toBeVisible()
  await expect(
    parts(page).outcome.getByText(
      /^The baseline of 8 steps failed\. At step 5, noise level 0\.5: Pack tiny-nan, denoiser/,
    ),
  ).toBeVisible()
  await expect(parts(page).runs.first()).toContainText('5 of 6, 1 failed')
})
