/** Who guides and who only watches, as a person chooses it, and every score as it is shown afterwards. */

import { expect, guideByClip, parts, startRun, test, tinyPacks, unfold } from './studio.ts'

test('an ensemble guides, others are held out, and every score stands beside its image', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await unfold(page, 'Verifiers')
  const verifiers = page.getByRole('group', { name: 'Verifiers' })
  const box = (name: string) => verifiers.getByRole('checkbox', { name, exact: true })

  // A new form is guided by the ensemble of the evidence.
  for (const name of ['CLIP score', 'Aesthetic', 'ImageReward'])
    await expect(box(`${name}: guide`)).toBeChecked()
  await guideByClip(page)

  // Nobody is both: what is held out leaves the guide, and a guide of none is refused where it is chosen.
  await expect(box('CLIP score: guide')).toBeChecked()
  await box('CLIP score: held out').check()
  await expect(box('CLIP score: guide')).not.toBeChecked()
  await expect(verifiers.getByText(/^Expected at least one of/)).toBeVisible()
  await box('CLIP score: guide').check()
  await expect(box('CLIP score: held out')).not.toBeChecked()
  await box('Aesthetic: guide').check()
  await box('ImageReward: guide').check()
  await box('DINO class: held out').check()
  await box('DINO self-similarity: held out').check()
  await expect(verifiers.getByText('An ensemble of 3: the lowest mean rank wins.')).toBeVisible()

  await startRun(page, {
    prompt: 'two red stars in night',
    candidates: 4,
    steps: 3,
    baselines: '12',
    verifiers: 'as chosen',
  })
  await expect(page.getByText(/^Done, 5 images/)).toBeVisible()
  const [summary] = await studio.api.runs()
  const run = await studio.api.run({ runId: summary?.id ?? 0 })
  expect(run.spec.guide).toEqual(['clip_score', 'aesthetic_score', 'image_reward'])
  expect(run.spec.heldOut).toEqual(['dino_linear', 'dino_self'])
  const winner = run.candidates.find(({ seq }) => seq === run.best?.seq)

  // The picks are the guide's whoever's scores are shown.
  const tile = parts(page).strip.getByRole('button', { name: /, winner$/ })
  const shown = page.getByLabel('Scores by')
  for (const [id, name] of [
    ['clip_score', 'CLIP score, guide'],
    ['dino_linear', 'DINO class, held out'],
  ] as const) {
    await shown.selectOption({ label: name })
    const score = (winner?.scores[id] ?? NaN).toFixed(3).replace('-', '\u2212')
    await expect(tile).toHaveAccessibleName(`Candidate ${winner?.seq ?? -1}, rank 1, score ${score}, winner`)
  }

  await page.getByRole('button', { name: /^Compare with the baseline/ }).click()
  for (const name of ['CLIP score', 'Aesthetic', 'ImageReward']) {
    await expect(parts(page).compare.getByText(`${name}, guide`)).toHaveCount(2)
  }
  await expect(parts(page).compare.getByText('DINO self-similarity, held out')).toHaveCount(2)
})

test('sets guide random search alone and are never held out; the grader is offered where one is set up', async ({
  page,
  serve,
}) => {
  const grader = { endpoint: 'http://127.0.0.1:9/v1', model: 'local-vision' }
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks], grader })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await unfold(page, 'Verifiers')
  const verifiers = page.getByRole('group', { name: 'Verifiers' })
  const box = (name: string) => verifiers.getByRole('checkbox', { name, exact: true })
  await expect(box('LLM grader: guide')).toBeVisible()
  await guideByClip(page)
  await expect(box('Fréchet distance: held out')).toHaveCount(0)
  await box('Fréchet distance: guide').check()
  await expect(verifiers.getByText(/expected frechet alone and with random_search/i)).toBeVisible()
  await box('CLIP score: guide').uncheck()

  await startRun(page, {
    prompt: 'two red stars in night',
    candidates: 6,
    steps: 3,
    baselines: '18',
    verifiers: 'as chosen',
  })
  await expect(page.getByText(/^Done, 7 images/)).toBeVisible()
  const [summary] = await studio.api.runs()
  const run = await studio.api.run({ runId: summary?.id ?? 0 })
  expect(run.spec.guide).toEqual(['frechet'])
  expect(run.candidates.map(({ round }) => round)).toEqual([0, 0, 0, 0, 1, 1])
})
