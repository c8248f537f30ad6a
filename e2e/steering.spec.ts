/** A person's hand in a run: it waits and goes on, candidates are kept or dropped, and more is asked of one. */

import type { Page } from '@playwright/test'

import type { RunDetail } from '../shared/domain.ts'
import { expect, fill, parts, startRun, test, unfold } from './studio.ts'
import type { OpenStudio } from './studio.ts'

const small = { prompt: 'two red stars in night', candidates: 4, steps: 3, baselines: '2' }
const smallDone = /^Done, 6 images/

/** A finished run of four candidates, shown in the page. */
async function finishedRun(page: Page, served: OpenStudio): Promise<() => Promise<RunDetail>> {
  await page.goto(served.newestLink())
  await startRun(page, small)
  await expect(page.getByText(smallDone)).toBeVisible()
  return () => served.studio.api.run({ runId: 1 })
}

/** Candidates as the guide ranks them, best first. */
function ranked({ candidates }: RunDetail): readonly number[] {
  return candidates
    .toSorted((a, b) => (b.scores.clip_score ?? NaN) - (a.scores.clip_score ?? NaN))
    .map(({ seq }) => seq)
}

/** The tile of a candidate in the strip. */
function tile(page: Page, seq: number | undefined) {
  return parts(page).strip.getByRole('button', { name: new RegExp(`^Candidate ${seq ?? -1}, `) })
}

test('a run is stopped, resumed, paused and resumed again, and makes everything once', async ({
  page,
  serve,
}) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  const { monitor, outcome } = parts(page)
  await startRun(page, { prompt: 'a green heart in paper', candidates: 24, steps: 10, baselines: '4' })
  // 24 candidates, two baselines of which one costs as much as they.
  const finished = async () => (await studio.api.runs())[0]?.finished ?? 0
  await expect.poll(finished).toBeGreaterThan(0)
  await monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(outcome.getByText(/^Stopped at \d+ of 26 images$/)).toBeVisible()
  const stopped = await studio.api.run({ runId: 1 })
  expect(stopped.status).toEqual({ kind: 'cancelled' })

  await outcome.getByRole('button', { name: 'Resume' }).click()
  await expect.poll(finished).toBeGreaterThan(stopped.finished)
  await monitor.getByRole('button', { name: 'Pause' }).focus()
  await page.keyboard.press('Enter')
  await expect(outcome.getByText(/^Paused at \d+ of 26 images$/)).toBeVisible()
  expect((await studio.api.run({ runId: 1 })).status).toEqual({ kind: 'paused' })
  expect(await studio.api.progress()).toEqual([])
  await expect(outcome.getByRole('button', { name: 'Resume' })).toBeFocused()

  await page.reload()
  await outcome.getByRole('button', { name: 'Resume' }).click()
  await expect(page.getByText(/^Done, 26 images$/)).toBeVisible()
  const done = await studio.api.run({ runId: 1 })
  expect(done.candidates.map(({ seq }) => seq)).toEqual(Array.from({ length: 24 }, (_, seq) => seq))
  // What was there was not made again: it has the seconds that it had.
  for (const before of stopped.candidates) expect(done.candidates[before.seq]).toEqual(before)
})

test('pin, veto, winner and undo, by key and by button, are heeded and seen', async ({ page, serve }) => {
  const read = await finishedRun(page, await serve())
  const [first, second, third] = ranked(await read())
  await expect(tile(page, first)).toHaveAccessibleName(/, winner$/)

  await test.step('by key, in the strip', async () => {
    await tile(page, second).focus()
    await page.keyboard.press('Shift+P')
    await expect(tile(page, second)).toHaveAccessibleName(/, pinned$/)
    await expect(page.getByText(`Pinned #${second ?? -1}`)).toBeVisible()
    await tile(page, first).focus()
    await page.keyboard.press('Shift+X')
    await expect(tile(page, first)).toHaveAccessibleName(/, vetoed$/)
    await expect(tile(page, second)).toHaveAccessibleName(/, pinned, winner$/)
    expect((await read()).winner).toBe(second)
    await tile(page, third).focus()
    await page.keyboard.press('w')
    await expect(tile(page, third)).toHaveAccessibleName(/, winner$/)
    await page.keyboard.press('Control+Z')
    await expect(page.getByText(`Undone: Made #${third ?? -1} the winner`)).toBeVisible()
    await expect(tile(page, second)).toHaveAccessibleName(/, winner$/)
  })

  await test.step('by button, in the loupe', async () => {
    await tile(page, first).focus()
    await page.keyboard.press('Enter')
    const tools = page.getByRole('region', { name: 'Steer the search' })
    await expect(tools.getByRole('button', { name: 'Veto' })).toHaveAttribute('aria-pressed', 'true')
    await tools.getByRole('button', { name: 'Undo' }).click()
    await expect(page.getByText(`Undone: Vetoed #${first ?? -1}`)).toBeVisible()
    await expect(tools.getByRole('button', { name: 'Veto' })).toHaveAttribute('aria-pressed', 'false')
    await tools.getByRole('button', { name: 'Undo' }).click()
    await expect(page.getByText(`Undone: Pinned #${second ?? -1}`)).toBeVisible()
    await tools.getByRole('button', { name: 'Undo' }).click()
    await expect(page.getByText('There is nothing to undo.')).toBeVisible()
    await page.keyboard.press('Escape')
  })

  await expect(tile(page, first)).toHaveAccessibleName(/, winner$/)
  expect((await read()).interventions.map(({ kind, until }) => [kind, until !== null])).toEqual([
    ['pin', true],
    ['veto', true],
    ['override', true],
  ])
})

test('more like this: neighbours at the chosen angle join a run that is done, with their lineage', async ({
  page,
  serve,
}) => {
  const read = await finishedRun(page, await serve())
  const [first] = ranked(await read())
  await tile(page, first).focus()
  await page.keyboard.press('Enter')
  const loupe = page.getByRole('region', { name: /^Candidate #/ })
  const angle = loupe.getByRole('textbox', { name: 'Angle in degrees' })
  await fill(angle, '0')
  await loupe.getByRole('button', { name: 'More like this' }).click()
  await expect(page.getByText('Angle: expected degrees between 0 and 180, found 0')).toBeVisible()
  const dial = loupe.getByRole('slider', { name: 'Angle to its noise' })
  await dial.focus()
  await page.keyboard.press('PageUp')
  await expect(angle).toHaveValue('10')
  await expect(dial).toHaveAttribute('aria-valuetext', '10 degrees, cosine 0.985')
  await expect(loupe.getByText(/^Small changes; .* Cosine 0\.985\.$/)).toBeVisible()
  await fill(loupe.getByRole('textbox', { name: 'How many' }), '2')
  // A letter that is typed into a field is no shortcut.
  await page.keyboard.press('Escape')
  await page.keyboard.press('m')
  await expect(page.getByText(`Asked for 2 more like #${first ?? -1}, 10.0° from it`)).toBeVisible()
  await expect(page.getByText(/^Done, 8 images/)).toBeVisible()

  const { candidates, interventions } = await read()
  const added = candidates.slice(small.candidates)
  expect(added.map(({ seq, parent }) => [seq, parent])).toEqual([
    [4, first],
    [5, first],
  ])
  expect(interventions).toHaveLength(1)
  await tile(page, 4).focus()
  await page.keyboard.press('Enter')
  const line = page.getByRole('navigation', { name: 'Where it comes from' })
  await expect(line.getByRole('button')).toHaveCount(2)
  await expect(line.getByText('10.0°')).toBeVisible()
  await line.getByRole('button').first().click()
  await expect(
    page.getByRole('region', { name: new RegExp(`^Candidate #${first ?? -1}, rank`) }),
  ).toBeVisible()
})

test('what a person did before the window was opened anew can still be undone', async ({ page, serve }) => {
  const read = await finishedRun(page, await serve())
  const [first] = ranked(await read())
  await tile(page, first).focus()
  await page.keyboard.press('Shift+X')
  await expect(tile(page, first)).toHaveAccessibleName(/, vetoed$/)
  await page.reload()
  await expect(tile(page, first)).toHaveAccessibleName(/, vetoed$/)
  await page.keyboard.press('Control+Z')
  await expect(page.getByText(`Undone: #${first ?? -1} is no longer vetoed.`)).toBeVisible()
  await expect(tile(page, first)).toHaveAccessibleName(/, winner$/)
})

test('an image is made again from its recipe, and is the same to the last bit', async ({ page, serve }) => {
  await finishedRun(page, await serve())
  for (const open of [tile(page, 2), parts(page).moreSteps.getByRole('button', { name: /^2 steps/ })]) {
    await open.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Make again' }).click()
    await expect(
      page.getByText('Made again: the same noise, image and scores, to the last bit.'),
    ).toBeVisible()
    await page.keyboard.press('Escape')
  }
})

test('a search at work takes a veto, and is stopped with it', async ({ page, serve }) => {
  const { studio, newestLink } = await serve()
  await page.goto(newestLink())
  const { monitor, algorithm, strip, run } = parts(page)
  await expect(run).toBeEnabled()
  await algorithm.selectOption('zero_order_search')
  await unfold(page, 'Parameters', 'Sampling', 'Baselines')
  await fill(page.getByRole('textbox', { name: 'Rounds' }), '100')
  await fill(page.getByRole('textbox', { name: 'Neighbours' }), '2')
  await fill(parts(page).stepsField, '4')
  await fill(parts(page).baselinesField, '')
  await parts(page).prompt.fill('a red star in sky')
  await page.keyboard.press('Control+Enter')
  await strip.getByRole('button', { name: /^Candidate 0, .*score/ }).focus()
  await page.keyboard.press('Shift+X')
  await expect(tile(page, 0)).toHaveAccessibleName(/, vetoed$/)
  await monitor.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/^Stopped at /)).toBeVisible()
  const { interventions, winner, candidates } = await studio.api.run({ runId: 1 })
  expect(interventions.map(({ kind, seq }) => [kind, seq])).toEqual([['veto', 0]])
  expect(winner).not.toBe(0)
  // Whoever was proposed after the veto took force comes from another pivot.
  const [veto] = interventions
  const later = candidates.filter(({ round }) => round > (veto?.round ?? Infinity))
  expect(later.every(({ parent }) => parent !== 0)).toBe(true)
})
