/** Every algorithm as a person starts it: from the form, with the keyboard, to its end. */

import type { Page } from '@playwright/test'

import { plannedCandidates, planOf } from '../shared/plan.ts'
import { expect, fill, guideByClip, parts, test, tinyPacks, unfold } from './studio.ts'

/** What is chosen and typed; the rest stays as the form has it. */
type Case = {
  readonly label: string
  readonly fields: Readonly<Record<string, string>>
  /** What a column of the figure is called once the run is done. */
  readonly column: RegExp
}

const cases: Readonly<Record<string, Case>> = {
  random_search: { label: 'Random search', fields: { Candidates: '3' }, column: /^best of 3, 12 NFE/ },
  zero_order_search: {
    label: 'Zero-order search',
    fields: { Rounds: '2', Neighbours: '2', Cosine: '0.9' },
    column: /^round 2, 16 NFE/,
  },
  search_over_paths: {
    label: 'Search over paths',
    fields: { Paths: '2', Width: '2', 'Way back': '2' },
    column: /^round 4, 52 NFE/,
  },
  first_order_search: {
    label: 'First-order search',
    fields: { Iterations: '2', 'Step size': '0.05' },
    column: /^round 2, 16 NFE/,
  },
  draft_cull_resume: {
    label: 'Draft, cull, resume',
    fields: { Candidates: '3', Survivors: '1', 'Draft steps': '2' },
    column: /^survivors, 8 NFE/,
  },
  fk_steering: {
    label: 'Feynman-Kac steering',
    fields: { Particles: '2', Interval: '2' },
    column: /^round 2, 8 NFE/,
  },
}

async function compose(page: Page, { label, fields }: Case): Promise<void> {
  const { algorithm, prompt, stepsField, baselinesField } = parts(page)
  await unfold(page, 'Parameters', 'Sampling', 'Baselines')
  await algorithm.focus()
  // A select takes the letters of an option, as a person types them.
  await algorithm.pressSequentially(label)
  await expect(algorithm.locator('option:checked')).toHaveText(label)
  for (const [name, text] of Object.entries(fields)) {
    await fill(page.getByRole('textbox', { name, exact: true }), text)
  }
  await fill(stepsField, '4')
  await fill(baselinesField, '2')
  await fill(prompt, 'two red stars in night')
}

for (const [id, one] of Object.entries(cases)) {
  test(`${one.label} is started from the form and finished, and costs what the form said`, async ({
    page,
    serve,
  }) => {
    const { newestLink, studio } = await serve()
    await page.goto(newestLink())
    await expect(parts(page).run).toBeEnabled()
    await compose(page, one)
    const plan = await parts(page).plan.innerText()
    await page.keyboard.press('Control+Enter')
    await expect(page.getByText(/^Done, \d+ images/)).toBeVisible()

    const run = await studio.api.run({ runId: 1 })
    expect(run.status).toEqual({ kind: 'done' })
    expect(run.spec.algorithm).toBe(id)
    const { images, searchNfe, baselineNfe } = planOf(run.spec)
    expect(plan).toBe(`${images} images, ${searchNfe + baselineNfe} NFE (${searchNfe} by search)`)
    expect([run.finished, run.ledger.nfe, run.candidates.length]).toEqual([
      images,
      searchNfe,
      plannedCandidates(run.spec),
    ])
    await expect(parts(page).outcome.getByText(`${searchNfe} NFE by search`)).toBeVisible()

    // The answer is an image; what was only looked at on the way is marked and can win nothing.
    await expect(parts(page).search.getByRole('button', { name: one.column })).toBeVisible()
    const winner = run.candidates.find(({ seq }) => seq === run.winner)
    expect(winner?.level).toBe(0)
    const { strip } = parts(page)
    await expect(
      strip.getByRole('button', { name: new RegExp(`^Candidate ${run.winner ?? -1}, .*, winner$`) }),
    ).toBeVisible()
    const unfinished = run.candidates.filter(({ level }) => level > 0)
    await expect(strip.getByRole('button', { name: /, (draft|path|particle) σ / })).toHaveCount(
      unfinished.length,
    )
    await expect(strip.getByRole('button', { name: /, rank \d+/ })).toHaveCount(
      run.candidates.length - unfinished.length,
    )
  })
}

test('what an algorithm cannot take is not offered, and what was chosen is back afterwards', async ({
  page,
  serve,
}) => {
  const { newestLink } = await serve()
  await page.goto(newestLink())
  const { run, algorithm, sampler } = parts(page)
  await expect(run).toBeEnabled()
  await unfold(page, 'Sampling')
  await sampler.selectOption('heun')
  await algorithm.selectOption('search_over_paths')
  await expect(sampler).toHaveValue('euler')
  await expect(sampler.getByRole('option')).toHaveText(['Euler', 'DDIM'])
  await expect(page.getByText(/^Needs euler or ddim for Search over paths/)).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Final steps' })).toBeHidden()
  await algorithm.selectOption('random_search')
  await expect(sampler).toHaveValue('heun')

  // An angle says more than its cosine.
  await algorithm.selectOption('zero_order_search')
  await expect(page.getByText('18.2°').last()).toBeVisible()
  await fill(page.getByRole('textbox', { name: 'Cosine' }), '0.995')
  await expect(page.getByText('5.7°').last()).toBeVisible()
})

test('parameters that do not go together are refused at their fields, and nothing is started', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const { run, algorithm, prompt } = parts(page)
  await expect(run).toBeEnabled()
  await prompt.fill('two red stars in night')
  const refused = async (name: string, text: string, message: RegExp) => {
    const field = page.getByRole('textbox', { name, exact: true })
    const before = await field.inputValue()
    await fill(field, text)
    await page.keyboard.press('Control+Enter')
    await expect(page.getByText(message)).toBeVisible()
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await expect(field).toBeFocused()
    await fill(field, before)
    await expect(page.getByText(message)).toBeHidden()
  }
  await algorithm.selectOption('zero_order_search')
  await refused('Cosine', '1', /^Cosine: expected a number between 0 and 1, neither of them, found 1/)
  await algorithm.selectOption('search_over_paths')
  await refused('Backward', '0.78', /^Backward: expected more than forward \(0\.78\), found 0\.78/)
  await refused('Width', '0', /^Width: expected a whole number from 1 to 4096, found 0/)
  await algorithm.selectOption('draft_cull_resume')
  await refused('Draft steps', '400', /^Draft steps: expected fewer than steps/)
  await unfold(page, 'Early stop')
  await refused('NFE', '0', /^NFE: expected a whole number from 1 to .*, found 0/)
  await algorithm.selectOption('first_order_search')
  const verifiers = page.getByRole('group', { name: 'Verifiers' })
  await guideByClip(page)
  await verifiers.getByRole('checkbox', { name: 'Aesthetic: guide', exact: true }).check()
  // It follows one score: another takes the place of the first, and without any nothing starts.
  await expect(verifiers.getByText('This algorithm follows one score.', { exact: false })).toBeVisible()
  await expect(verifiers.getByRole('checkbox', { name: 'CLIP score: guide' })).not.toBeChecked()
  await verifiers.getByRole('checkbox', { name: 'Aesthetic: guide', exact: true }).uncheck()
  await expect(verifiers.getByText(/^Expected at least one of/)).toBeVisible()
  await page.keyboard.press('Control+Enter')
  // Refused, and not only on its way.
  await expect(verifiers.getByRole('checkbox', { name: /: guide$/ }).first()).toBeFocused()
  expect(await studio.api.runs()).toEqual([])
})

test('a pack that cannot do what an algorithm needs is refused before anything runs, with the reason', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await parts(page).algorithm.selectOption('first_order_search')
  await parts(page).prompt.fill('two red stars in night')
  await page.keyboard.press('Control+Enter')
  const fault = page.getByRole('alert')
  await expect(fault.getByRole('heading', { name: 'The run was not started' })).toBeVisible()
  await expect(fault.getByText(/gradient/)).toBeVisible()
  expect(await studio.api.runs()).toEqual([])
})

test('a budget ends the search, and a final image is made of its winner', async ({ page, serve }) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await unfold(page, 'Early stop', 'Sampling')
  await fill(page.getByRole('textbox', { name: 'NFE', exact: true }), '18')
  await fill(page.getByRole('textbox', { name: 'Final steps' }), '8')
  await compose(page, { ...cases.random_search, fields: { Candidates: '40' } } as Case)
  await expect(parts(page).plan).toHaveText(/^At most 43 images, /)
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Done, \d+ of 43 images/)).toBeVisible()
  const run = await studio.api.run({ runId: 1 })
  // The final image is within the budget; at most one candidate goes beyond, of four steps.
  expect(run.ledger.nfe).toBeGreaterThanOrEqual(18)
  expect(run.ledger.nfe).toBeLessThan(18 + 4)
  expect(run.finals.map(({ seq, steps }) => [seq, steps])).toEqual([[run.winner, 8]])
  const final = parts(page).search.getByRole('button', { name: /^final, 8 steps, / })
  await final.focus()
  await page.keyboard.press('Enter')
  const loupe = page.getByRole('region', { name: `Candidate #${run.winner ?? -1} made again, 8 steps` })
  await expect(loupe).toBeVisible()
  await expect(
    loupe.getByRole('navigation', { name: 'Where it comes from' }).getByRole('button'),
  ).toHaveCount(2)

  // The form keeps what was asked for.
  await page.reload()
  await expect(page.getByRole('textbox', { name: 'Final steps' })).toHaveValue('8')
  await page.locator('summary').getByText('Early stop').click()
  await expect(page.getByText('18 NFE', { exact: true })).toBeVisible()
})
