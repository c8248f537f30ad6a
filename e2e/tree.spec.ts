/** The search tree: what is seen in it, walked by keys and by mouse, steered, watched while it grows. */

import type { Page } from '@playwright/test'

import { plannedCandidates } from '../shared/plan.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { expect, expectNoViolations, parts, test } from './studio.ts'
import type { OpenStudio } from './studio.ts'

/** A run of the bundled world by an algorithm, queued. */
async function start({ studio }: OpenStudio, own: object): Promise<number> {
  const input = {
    ...{ prompt: 'two red stars in night', pack: 'scenes', guide: ['clip_score'], heldOut: [] },
    ...{ sampler: 'euler', schedule: 'linear', steps: 4, guidance: 3, baselines: [], seed: '7' },
    ...own,
  }
  const { runId } = await studio.api.startRun(runSpecSchema.parse(input))
  return runId
}

const zeroOrder = { algorithm: 'zero_order_search', rounds: 2, neighbours: 3, cosine: 0.95 }

function treeOf(page: Page) {
  const stage = page.getByRole('region', { name: 'Search tree' })
  const tree = stage.getByRole('tree')
  return {
    stage,
    tree,
    items: tree.getByRole('treeitem'),
    item: (seq: number) => tree.getByRole('treeitem', { name: new RegExp(`^Candidate ${seq}, `) }),
    active: tree.getByRole('treeitem', { selected: true }),
    panel: stage.getByRole('complementary', { name: 'Selected candidate' }),
  }
}

test('by keyboard: the tree is opened, walked, marked, steered, undone and closed', async ({
  page,
  serve,
}) => {
  const served = await serve()
  const runId = await start(served, zeroOrder)
  await served.studio.whenEnded(runId)
  const run = await served.studio.api.run({ runId })
  await page.goto(served.newestLink())
  await expect(page.getByText(/^Done, 6 images/)).toBeVisible()
  const { stage, tree, items, item, active, panel } = treeOf(page)

  await page.keyboard.press('t')
  await expect(tree).toBeFocused()
  await expect(items).toHaveCount(6)
  await expect(active).toHaveAccessibleName(/, winner$/)
  // The second round goes on from the best of the first.
  const pivot = run.candidates[3]?.parent ?? -1
  await expect(item(3)).toHaveAccessibleName(
    new RegExp(`^Candidate 3, round 2, score [\\d.]+, 18\\.2° from ${pivot}`),
  )

  await page.keyboard.press('Home')
  await expect(active).toHaveAccessibleName(/^Candidate 0, round 1, /)
  for (let step = 0; step < pivot; step++) await page.keyboard.press('ArrowDown')
  await expect(active).toHaveAccessibleName(new RegExp(`^Candidate ${pivot}, `))
  await page.keyboard.press('ArrowRight')
  await expect(active).toHaveAccessibleName(new RegExp(`, round 2, .* from ${pivot}`))
  await page.keyboard.press('ArrowLeft')
  await expect(active).toHaveAccessibleName(new RegExp(`^Candidate ${pivot}, `))

  await page.keyboard.press('Shift+P')
  await expect(active).toHaveAccessibleName(/, pinned/)
  await page.keyboard.press('4')
  await expect(active).toHaveAccessibleName(/, 4 stars/)
  await page.keyboard.press('Control+Z')
  await expect(active).not.toHaveAccessibleName(/stars/)
  await page.keyboard.press('Control+Z')
  await expect(active).not.toHaveAccessibleName(/pinned/)
  expect((await served.studio.api.run({ runId })).interventions.map(({ until }) => until)).not.toContain(null)

  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: new RegExp(`^Candidate #${pivot}, `) })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(tree).toBeFocused()
  await page.keyboard.press('m')
  await expect(page.getByText(`Asked for 4 more like #${pivot}, 18.2° from it`)).toBeVisible()
  await expect(item(9)).toHaveAccessibleName(new RegExp(`, 18\\.2° from ${pivot}`))
  await expect(panel.getByText(`#${pivot}`, { exact: true }).first()).toBeVisible()

  await expectNoViolations(page)
  await page.keyboard.press('Escape')
  await expect(stage).toHaveCount(0)
})

test('by mouse: selected, opened, moved, zoomed, and asked for more at an angle turned by hand', async ({
  page,
  serve,
}) => {
  const served = await serve()
  const runId = await start(served, zeroOrder)
  await served.studio.whenEnded(runId)
  await page.goto(served.newestLink())
  await page.getByRole('button', { name: 'Tree' }).click()
  const { stage, tree, item, active, panel } = treeOf(page)
  const placeOf = async (seq: number) => {
    const box = await item(seq).boundingBox()
    if (box === null) throw new Error(`Expected candidate ${seq} in the tree, found it nowhere.`)
    return box
  }

  await item(0).click()
  await expect(active).toHaveAccessibleName(/^Candidate 0, /)
  await item(1).dblclick()
  await expect(page.getByRole('region', { name: /^Candidate #1, / })).toBeVisible()
  await page.getByRole('button', { name: 'Close (Escape)' }).last().click()

  const before = await placeOf(1)
  const view = await tree.boundingBox()
  if (view === null) throw new Error('Expected the tree on the screen.')
  await page.mouse.move(view.x + 20, view.y + view.height - 20)
  await page.mouse.down()
  await page.mouse.move(view.x + 80, view.y + view.height - 60, { steps: 4 })
  await page.mouse.up()
  await expect.poll(async () => Math.round((await placeOf(1)).x - before.x)).toBe(60)
  expect(Math.round((await placeOf(1)).y - before.y)).toBe(-40)
  await page.mouse.wheel(0, -200)
  await expect.poll(async () => (await placeOf(1)).width).toBeGreaterThan(before.width)
  await stage.getByRole('button', { name: 'Whole tree' }).click()
  await expect.poll(async () => Math.round((await placeOf(1)).x)).toBe(Math.round(before.x))
  // Far away there are points of colour, and the selected one still has its place and its name.
  for (let press = 0; press < 9; press++)
    await stage.getByRole('button', { name: 'Zoom out (minus)' }).click()
  await expect(tree.getByRole('treeitem')).toHaveCount(1)
  await expect(active).toHaveAccessibleName(/^Candidate 1, /)
  // What the edge to it says is no smaller there than small text.
  await expect(tree.locator('text').first()).toHaveText('18.2°')
  expect((await tree.locator('text').first().boundingBox())?.height).toBeGreaterThanOrEqual(12)
  await stage.getByRole('button', { name: 'Whole tree' }).click()

  const dial = panel.getByRole('slider', { name: 'Angle to its noise' })
  const box = await dial.boundingBox()
  if (box === null) throw new Error('Expected the dial on the screen.')
  // Straight up from its middle: a right angle.
  await page.mouse.click(box.x + box.width / 2, box.y + 12)
  await expect(panel.getByRole('textbox', { name: 'Angle in degrees' })).toHaveValue('90')
  await expect(panel.getByText('As far as any other noise. Cosine 0.000.')).toBeVisible()
  await panel.getByRole('textbox', { name: 'How many' }).fill('1')
  await panel.getByRole('button', { name: 'More like this' }).click()
  await expect(item(6)).toHaveAccessibleName(/, 90\.0° from 1/)
  await item(6).click()
  await expect(
    panel.getByRole('navigation', { name: 'Where it comes from' }).getByText('90.0°'),
  ).toBeVisible()
  await panel.getByRole('button', { name: 'Rate #6 5 stars (5)' }).click()
  await expect(item(6)).toHaveAccessibleName(/, 5 stars/)
  await panel.getByRole('button', { name: 'Veto' }).click()
  await expect(item(6)).toHaveAccessibleName(/, vetoed/)
  await panel.getByRole('button', { name: 'Undo' }).click()
  await expect(item(6)).not.toHaveAccessibleName(/, vetoed/)
})

test('every algorithm has its tree, with what was done on the way', async ({ page, serve }) => {
  const served = await serve()
  const runs = [
    { own: { algorithm: 'random_search', candidates: 5 }, named: /^Candidate 4, best of 5, score/ },
    {
      own: {
        ...{ algorithm: 'search_over_paths', paths: 2, width: 2, startLevel: 0.11, length: 2 },
        ...{ forward: 0.78, backward: 0.81 },
      },
      named: /^Candidate 2, path σ 0\.08, round 1, score [\d.]+, σ 0\.11 → 0\.89 → .* from 0/,
    },
    {
      own: { algorithm: 'draft_cull_resume', candidates: 4, survivors: 2, draftSteps: 2 },
      named: /^Candidate 4, survivors, score [\d.]+, to step 4 from \d/,
    },
    {
      own: {
        ...{ algorithm: 'fk_steering', particles: 2, interval: 2, potential: 'max', strength: 10 },
        sampler: 'euler_ancestral',
      },
      named: /^Candidate 2, round 2, score [\d.]+, to step 4 from \d/,
    },
  ]
  for (const { own } of runs) await served.studio.whenEnded(await start(served, own))
  await page.goto(served.newestLink())
  await expect(parts(page).runs).toHaveCount(runs.length)
  const { tree, items } = treeOf(page)
  for (const [index, { named }] of runs.entries()) {
    const runId = index + 1
    await parts(page)
      .runs.nth(runs.length - runId)
      .click()
    await page.keyboard.press('t')
    const { spec } = await served.studio.api.run({ runId })
    await expect(items).toHaveCount(plannedCandidates(spec))
    await expect(tree.getByRole('treeitem', { name: named })).toHaveCount(1)
    await page.keyboard.press('Escape')
  }
})

test('while the run works candidates come and none moves', async ({ page, serve }) => {
  const served = await serve()
  const runId = await start(served, { ...zeroOrder, rounds: 40, steps: 6 })
  await page.goto(served.newestLink())
  await expect(parts(page).monitor).toBeVisible()
  await page.keyboard.press('t')
  const { tree, item } = treeOf(page)
  const shown = async () =>
    Number(/of (\d+) candidate/.exec((await tree.getAttribute('aria-label')) ?? '')?.[1])
  await expect.poll(shown).toBeGreaterThan(0)
  await tree.press('Home')
  await tree.press('z')
  await expect(item(0)).toHaveAccessibleName(/, score/)
  const before = await item(0).boundingBox()
  const first = await shown()
  await expect.poll(shown).toBeGreaterThan(first + 6)
  expect(await item(0).boundingBox()).toEqual(before)
  await served.studio.api.cancelRun({ runId })
  await served.studio.whenEnded(runId)
})
