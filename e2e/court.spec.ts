/** The same pictures before every verifier and the artist: asked for, ranked, compared, chosen from. */

import { join } from 'node:path'

import type { Locator, Page } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import type { CourtTable } from '../shared/court.ts'
import type { PictureId } from '../shared/gallery.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { verifiers } from '../shared/vocabulary.ts'
import type { VerifierId } from '../shared/vocabulary.ts'
import { plant } from './plant.ts'
import { expect, expectNoViolations, parts, test } from './studio.ts'

const candidates = 8

/** A finished run whose pictures two verifiers have scored, and all others have not. */
async function finishedRun(studio: Studio, seed = '7'): Promise<number> {
  const runId = await startedRun(studio, { seed, candidates, steps: 4 })
  await studio.whenEnded(runId)
  return runId
}

async function startedRun(
  studio: Studio,
  settings: { readonly seed: string; readonly candidates: number; readonly steps: number },
): Promise<number> {
  const pack = (await studio.api.packs()).find((one) => one.kind === 'text_to_image' && one.problem === null)
  if (pack?.kind !== 'text_to_image') throw new Error('Expected a usable pack in models/packs, found none.')
  const { runId } = await studio.api.startRun(
    runSpecSchema.parse({
      ...{ prompt: 'two red stars in night', pack: pack.id, baselines: [] },
      ...{ guide: ['clip_score'], heldOut: ['aesthetic_score'], algorithm: 'random_search' },
      ...pack.defaults,
      ...settings,
    }),
  )
  return runId
}

function court(page: Page) {
  const main = page.getByRole('main', { name: 'Court' })
  const grid = main.getByRole('grid', { name: 'Pictures in the order of each judge' })
  return {
    main,
    grid,
    row: (judge: string) =>
      grid.getByRole('row').filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${judge}`) }) }),
    ask: main.getByRole('button', { name: /^Ask for \d+ missing scores/ }),
    allScored: main.getByRole('button', { name: 'No score is missing' }),
    judge: (name: string) => main.getByRole('switch', { name, exact: true }),
    /** By the mouse. */
    show: (name: string) =>
      main.getByRole('radiogroup', { name: 'What the court shows' }).getByText(name, { exact: true }).click(),
    tab: (name: string) => main.getByRole('radio', { name, exact: true }),
    said: main.getByRole('status', { name: 'What moved' }),
    matrix: main.getByRole('grid', { name: /^Agreement of every two judges/ }),
    points: main.getByRole('listbox', { name: /^Pictures by / }),
    winners: main.getByRole('region', { name: 'By quality and spread' }),
  }
}

/** Presses Tab until an element has the focus: what the keyboard alone can reach. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let stop = 0; stop < 80; stop++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  await expect(target).toBeFocused()
}

/** What stands first in the names of a row's cells, in their order: `#3`. */
async function namesOf(row: Locator): Promise<readonly string[]> {
  const labels = await row.getByRole('gridcell').evaluateAll((cells) =>
    cells
      .map(
        (cell) =>
          [Number(cell.getAttribute('aria-colindex')), cell.getAttribute('aria-label') ?? ''] as const,
      )
      .sort(([a], [b]) => a - b)
      .map(([, label]) => label),
  )
  return labels.map((label) => label.split(',')[0] ?? '')
}

/** Everybody's scores by sequence, as the studio has them. */
async function scoresOf(
  studio: Studio,
  runId: number,
): Promise<ReadonlyMap<VerifierId, ReadonlyMap<number, number>>> {
  const pictures = await studio.api.picturesOfRun({ runId })
  const table: CourtTable = await studio.api.court({ pictures: pictures.map(({ id }) => id) })
  const found = new Map<VerifierId, Map<number, number>>()
  for (const { picture, scores } of table.testimonies) {
    const origin = pictures.find(({ id }) => id === picture)?.origin
    if (origin?.kind !== 'candidate') throw new Error('Expected a candidate')
    for (const [verifier, score] of Object.entries(scores) as [VerifierId, number][]) {
      if (!found.has(verifier)) found.set(verifier, new Map())
      found.get(verifier)?.set(origin.seq, score)
    }
  }
  return found
}

/** Best first by one verifier, by its definition: the highest score, equals in the order of making. */
function bestFirst(scores: ReadonlyMap<number, number>): readonly number[] {
  return [...scores].sort(([a, x], [b, y]) => y - x || a - b).map(([seq]) => seq)
}

/** Best first by the sum of places under several verifiers. */
function ensembleFirst(all: readonly ReadonlyMap<number, number>[]): readonly number[] {
  const places = new Map<number, number>()
  for (const scores of all) {
    bestFirst(scores).forEach((seq, index) => places.set(seq, (places.get(seq) ?? 0) + index + 1))
  }
  return [...places].sort(([a, x], [b, y]) => x - y || a - b).map(([seq]) => seq)
}

/** Kendall's tau-b pair by pair, straight from its definition. */
function tauOf(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  const keys = [...a.keys()].filter((seq) => b.has(seq))
  let [agree, untiedA, untiedB] = [0, 0, 0]
  for (const [index, i] of keys.entries()) {
    for (const j of keys.slice(index + 1)) {
      const x = Math.sign((a.get(i) ?? 0) - (a.get(j) ?? 0))
      const y = Math.sign((b.get(i) ?? 0) - (b.get(j) ?? 0))
      agree += x * y
      untiedA += x * x
      untiedB += y * y
    }
  }
  return agree / Math.sqrt(untiedA * untiedB)
}

const named = (seqs: readonly number[]) => seqs.map((seq) => `#${seq}`)

test('court by keyboard alone: missing scores asked for, judges switched, pictures marked, pairs compared', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const runId = await finishedRun(studio)
  await page.goto(newestLink())
  const { grid, row, ask, allScored, judge, tab, said, matrix, points, winners } = court(page)

  await test.step('V opens the run at hand, Enter asks for what is missing', async () => {
    await expect(page.getByText(/^Done, /)).toBeVisible()
    await page.keyboard.press('v')
    await expect(row('CLIP score')).toBeVisible()
    await expect(row('ImageReward')).toHaveCount(0)
    await tabTo(page, ask)
    await page.keyboard.press('Enter')
    await expect(allScored).toBeVisible()
    // The button that was pressed has the focus still, whatever it is called now.
    await expect(allScored).toBeFocused()
    await expect(row('ImageReward')).toBeVisible()
  })

  const scores = await scoresOf(studio, runId)
  expect(scores.size).toBeGreaterThanOrEqual(5)
  const labels = [...scores.keys()].map((verifier) => verifiers[verifier].label)

  await test.step('each verifier has its own order, the ensemble that of the ranks, and says who wins', async () => {
    for (const [verifier, own] of scores) {
      const line = row(verifiers[verifier].label)
      await expect.poll(() => namesOf(line), verifier).toEqual(named(bestFirst(own)))
      await expect(line.getByRole('rowheader')).toContainText(`#${bestFirst(own)[0] ?? ''} wins`)
    }
    await expect.poll(() => namesOf(row('Ensemble'))).toEqual(named(ensembleFirst([...scores.values()])))
  })

  await test.step('a switch ranks the ensemble anew, and what moved is said', async () => {
    const aesthetic = judge('Aesthetic')
    await tabTo(page, page.getByRole('switch').first())
    await tabTo(page, aesthetic)
    await page.keyboard.press('Space')
    await expect(aesthetic).not.toBeChecked()
    await expect(row('Ensemble').getByRole('rowheader')).toContainText(`Ensemble of ${scores.size - 1}`)
    const rest = [...scores].filter(([verifier]) => verifier !== 'aesthetic_score').map(([, own]) => own)
    const order = ensembleFirst(rest)
    await expect.poll(() => namesOf(row('Ensemble'))).toEqual(named(order))
    await expect(said).toContainText(`#${order[0] ?? ''} `)
    await page.keyboard.press('Space')
    await expect(aesthetic).toBeChecked()
  })

  await test.step('arrows move along a row and between rows, marks and undo work, the artist joins', async () => {
    const first = row('Ensemble').getByRole('gridcell').first()
    await tabTo(page, first)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowDown')
    const clipOrder = bestFirst(scores.get('clip_score') ?? new Map())
    const cell = row('CLIP score').getByRole('gridcell', {
      name: new RegExp(`^#${clipOrder[1] ?? ''}, 2nd by CLIP`),
    })
    await expect(cell).toBeFocused()
    await page.keyboard.press('p')
    await expect(cell).toHaveAccessibleName(/, picked/)
    await expect(row('You').first()).toContainText(`#${clipOrder[1] ?? ''} wins`)
    await page.keyboard.press('Control+z')
    await expect(cell).not.toHaveAccessibleName(/, picked/)
    await expect(row('You')).toHaveCount(0)
    await page.keyboard.press('4')
    await expect(cell).toHaveAccessibleName(/, 4 stars/)
    await page.keyboard.press('End')
    await expect(
      row('CLIP score').getByRole('gridcell', { name: new RegExp(`^#${clipOrder.at(-1) ?? ''}, `) }),
    ).toBeFocused()
    // Pictures are rated until there is enough to compare the artist with.
    for (const key of ['1', '2', '3', '5']) {
      await page.keyboard.press(key)
      await page.keyboard.press('ArrowLeft')
    }
    await expect(row('You').getByRole('gridcell')).toHaveCount(5)
  })

  await test.step('Space shows a picture large with what everybody says of it, arrows go on, Escape comes back', async () => {
    await page.keyboard.press('Home')
    await page.keyboard.press('Space')
    const order = bestFirst(scores.get('clip_score') ?? new Map())
    const loupe = page.getByRole('region', { name: /1st of 8 by CLIP score$/ })
    await expect(loupe).toBeVisible()
    await expect(loupe.getByText(/^1st, \d/).first()).toBeVisible()
    await page.keyboard.press('ArrowRight')
    const next = page.getByRole('region', { name: `#${order[1] ?? ''}, 2nd of 8 by CLIP score` })
    await expect(next).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(next).toBeHidden()
    await expect(grid.locator('[data-here]')).toBeFocused()
    await expect(grid.locator('[data-here]')).toHaveAccessibleName(
      new RegExp(`^#${order[1] ?? ''}, 2nd by CLIP`),
    )
  })

  await test.step('Shift and the arrows select, C compares', async () => {
    await page.keyboard.press('Home')
    await page.keyboard.press('Shift+ArrowRight')
    await expect(grid.locator('[aria-selected="true"][data-here]')).toHaveCount(1)
    await page.keyboard.press('c')
    const survey = page.getByRole('region', { name: 'Compare 2 pictures' })
    await expect(survey).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(survey).toBeHidden()
    await expect(grid.locator('[data-here]')).toBeFocused()
  })

  await test.step('the matrix says how far any two agree, and opens the plot of a pair', async () => {
    await tabTo(page, tab('Orders'))
    await page.keyboard.press('ArrowRight')
    await expect(matrix).toBeVisible()
    for (const [a, mine] of scores) {
      for (const [b, theirs] of scores) {
        if (a === b) continue
        const tau = tauOf(mine, theirs)
        const text = (Number(tau.toFixed(2)) === 0 ? '0.00' : tau.toFixed(2)).replace('-', '\u2212')
        const cell = matrix.getByRole('gridcell', {
          name: new RegExp(
            `^${verifiers[a].label} and ${verifiers[b].label} .*tau ${text} over ${candidates} pictures`,
          ),
        })
        await expect(cell, `${a} ${b}`).toHaveText(`${text}${candidates}`)
      }
    }
    await expect(matrix.getByRole('gridcell', { name: /^You and .*over 5 pictures/ })).toHaveCount(
      labels.length,
    )
    await tabTo(page, matrix.locator('[tabindex="0"]'))
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await expect(matrix.locator(':focus')).toHaveAttribute('aria-selected', 'true')
  })

  await test.step('arrows walk the points, Enter and Shift select them', async () => {
    await tabTo(page, points.locator('[tabindex="0"]'))
    await page.keyboard.press('Enter')
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Control+a')
    const count = await points.getByRole('option').count()
    expect(count).toBeGreaterThanOrEqual(5)
    await expect(points.getByRole('option', { selected: true })).toHaveCount(count)
  })

  await test.step('diverse winners by the keyboard, picked with P', async () => {
    await tabTo(page, tab('Agreement'))
    await page.keyboard.press('ArrowRight')
    await expect(winners.locator('[data-picture]')).toHaveCount(4)
    await tabTo(page, page.getByRole('slider', { name: 'Winners' }))
    await page.keyboard.press('ArrowLeft')
    await expect(winners.locator('[data-picture]')).toHaveCount(3)
    await tabTo(page, page.getByRole('slider', { name: 'From quality to spread' }))
    await page.keyboard.press('End')
    await tabTo(page, page.getByRole('button', { name: 'Pick them' }))
    await page.keyboard.press('Enter')
    const shown = await winners
      .locator('[data-picture]')
      .evaluateAll((tiles) => tiles.map((tile) => Number((tile as HTMLElement).dataset['picture'])))
    await expect
      .poll(async () => (await studio.api.pictures({ pictures: shown })).map(({ flag }) => flag))
      .toEqual(['pick', 'pick', 'pick'])
  })
})

test('court by mouse: an image from outside is judged, a picture is marked in all rows, points are brushed', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const runId = await finishedRun(studio)
  const other = await finishedRun(studio, '8')
  await page.goto(newestLink())
  const { main, grid, row, ask, allScored, judge, show, tab, matrix, points, winners } = court(page)
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Court' }).click()
  await main
    .getByRole('list', { name: 'Runs' })
    .getByRole('button', { name: new RegExp(`^Run ${runId} `) })
    .click()
  await expect(row('CLIP score').getByRole('gridcell')).toHaveCount(candidates)

  // A picture of another run stands in for one from another program: its pixels and nothing else.
  const [theirs] = (await studio.api.run({ runId: other })).candidates
  const { png } = await studio.api.exportImage({ imageSha256: theirs?.imageSha256 ?? '', metadata: 'none' })
  const drop = await page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], 'from outside.png', { type: 'image/png' }))
    return transfer
  }, png)
  await main.dispatchEvent('drop', { dataTransfer: drop })
  await expect(main.getByText(`${candidates + 1} pictures`)).toBeVisible()
  const [added] = await studio.api.wall({
    filter: { origin: 'outside' },
    order: { by: 'made', descending: true },
  })
  await ask.click()
  await expect(allScored).toBeVisible()
  // Without a prompt there is no agreement to measure, but looks.
  const theFile = /^from outside\.png, /
  await expect(row('Aesthetic').getByRole('gridcell', { name: theFile })).toHaveCount(1)
  await expect(row('CLIP score').getByRole('gridcell', { name: theFile })).toHaveCount(0)
  await expect(main.getByText(/^nothing to say of 1: /).first()).toBeVisible()
  await row('Aesthetic').getByRole('gridcell', { name: theFile }).click()
  await main.getByRole('textbox', { name: /^Prompt/ }).fill('two red stars in night')
  await main.getByRole('button', { name: 'Set', exact: true }).click()
  await ask.click()
  await expect(allScored).toBeVisible()
  for (const name of ['CLIP score', 'ImageReward', 'Ensemble']) {
    await expect(row(name).getByRole('gridcell', { name: theFile })).toHaveCount(1)
  }
  const [found] = await studio.api.pictures({ pictures: [added ?? NaN] })
  // The same image, so the same score as it had in its own run, to what the models' rounding lets through.
  expect(found?.scores.clip_score).toBeCloseTo(theirs?.scores.clip_score ?? NaN, 4)

  await test.step('pointing at a picture marks it in every row, a press selects it', async () => {
    const tile = row('Aesthetic').getByRole('gridcell', { name: /^#/ }).nth(3)
    const picture = (await tile.getAttribute('data-picture')) ?? ''
    const marked = grid.locator(`[data-picture="${picture}"]`)
    const rings = () =>
      marked.evaluateAll((tiles) =>
        tiles.map((one) => getComputedStyle(one.firstElementChild ?? one, '::after').boxShadow),
      )
    const unmarked = await rings()
    expect(unmarked.length).toBe(await grid.getByRole('row').count())
    await tile.hover()
    await expect
      .poll(async () => (await rings()).filter((ring, index) => ring === unmarked[index]).length)
      .toBe(0)
    await expect(main.getByRole('region', { name: 'At hand' })).toBeVisible()
    await tile.click()
    await expect(marked.first()).toHaveAttribute('aria-selected', 'true')
    await main
      .getByRole('region', { name: 'At hand' })
      .getByRole('button', { name: /^Pick / })
      .click()
    await expect(tile).toHaveAccessibleName(/, picked/)
    await judge('You').click()
    await expect(judge('You')).toBeChecked()
    await judge('You').click()
  })

  await test.step('a drag over the plot selects the points inside, a cell of the matrix changes the pair', async () => {
    await show('Agreement')
    await expect(tab('Agreement')).toBeChecked()
    const before = await points.getAttribute('aria-label')
    await matrix.locator('[data-rove]').last().click()
    await expect(points).not.toHaveAttribute('aria-label', before ?? '')
    const box = await points.boundingBox()
    if (box === null) throw new Error('Expected a plot')
    const all = points.getByRole('option')
    await page.mouse.move(box.x + 1, box.y + 1)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 4, { steps: 4 })
    await page.mouse.up()
    const half = await all.evaluateAll(
      (circles, middle) => circles.filter((circle) => Number(circle.getAttribute('cx')) <= middle).length,
      220,
    )
    await expect(points.getByRole('option', { selected: true })).toHaveCount(half)
    await all.first().click()
    await expect(points.getByRole('option', { selected: true })).toHaveCount(1)
    await expect(
      main.getByRole('region', { name: 'Where they disagree most' }).locator('img').first(),
    ).toBeVisible()
  })

  await test.step('winners differ more with the dial at spread, and go on a board', async () => {
    await show('Diverse winners')
    await expect(winners.locator('[data-picture]')).toHaveCount(4)
    await main.getByRole('slider', { name: 'From quality to spread' }).fill('1')
    const run = await studio.api.picturesOfRun({ runId })
    const guide = [...(await scoresOf(studio, runId)).keys()]
    const pool = [...run.map(({ id }) => id), added ?? NaN]
    const expected = await studio.api.diverseWinners({ pictures: pool, guide, count: 4, spread: 1 })
    const shownIn = (name: string) =>
      main
        .getByRole('region', { name, exact: true })
        .locator('[data-picture]')
        .evaluateAll((tiles) => tiles.map((tile) => Number((tile as HTMLElement).dataset['picture'])))
    await expect.poll(() => shownIn('By quality and spread')).toEqual(expected.winners)
    expect(await shownIn('By quality alone')).toEqual(expected.best)
    expect(expected.spread).toBeGreaterThan(expected.spreadOfBest)
    const spreads = main.getByRole('progressbar', { name: /^Spread/ })
    await expect(spreads.first()).toHaveAttribute('value', String(expected.spread))
    await expect(spreads.last()).toHaveAttribute('value', String(expected.spreadOfBest))
    await main.getByLabel('Put the winners on a board').selectOption({ label: 'A new board' })
    await expect.poll(async () => (await studio.api.boards())[0]?.pictures).toBe(4)
    const board = (await studio.api.boards())[0]
    const onBoard = await studio.api.wall({
      filter: { board: board?.id ?? 0 },
      order: { by: 'made', descending: false },
    })
    expect([...onBoard].sort(byNumber)).toEqual([...expected.winners].sort(byNumber))
  })

  // What is no image is refused by name, and nothing is lost of the others.
  const text = await page.evaluateHandle(() => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['no image'], 'notes.txt', { type: 'text/plain' }))
    return transfer
  })
  await main.dispatchEvent('drop', { dataTransfer: text })
  await expect(page.getByText(/^notes\.txt: Expected a PNG, JPEG or WebP image/)).toBeVisible()
  await expect(main.getByText(`${candidates + 1} pictures`)).toBeVisible()
})

test('the court waits for pictures, takes a single one, and has no faults of accessibility in either room', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await page.goto(newestLink())
  const { main, row, ask, show, tab, matrix } = court(page)
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Court' }).click()
  await expect(main.getByText(/^No run has been made yet/)).toBeVisible()
  await expect(main.getByText('Who puts which picture first?')).toBeVisible()
  const waiting = main.getByRole('region', { name: 'Who can judge' })
  await expect(waiting.getByText('CLIP score', { exact: true })).toBeVisible()
  await expect(waiting.getByText('LLM grader')).toHaveCount(0)
  await expectNoViolations(page)
  await show('You')
  await expect(main.getByText(/^0 of 30 votes/)).toBeVisible()

  const runId = await finishedRun(studio)
  const pictures = (await studio.api.picturesOfRun({ runId })).map(({ id }): PictureId => id)
  await studio.api.mark({ pictures: pictures.slice(0, 1), flag: 'pick' })
  await show('Orders')
  await main.getByRole('button', { name: /^Picks/ }).click()
  await expect(row('CLIP score').getByRole('gridcell')).toHaveCount(1)
  await show('Diverse winners')
  await expect(main.getByText(/at least two pictures/)).toBeVisible()
  await show('Agreement')
  await expect(
    matrix.getByRole('gridcell', { name: /both scored 1 picture: too few to tell/ }).first(),
  ).toHaveText(/^–/)

  await main.getByRole('button', { name: 'Other pictures…' }).click()
  await main.getByRole('button', { name: new RegExp(`^Run ${runId} `) }).click()
  await expect(main.getByRole('heading', { name: `Run ${runId}` })).toBeFocused()

  await test.step('judging waits behind a run, says behind which, and can be stopped', async () => {
    const busy = await startedRun(studio, { seed: '9', candidates: 200, steps: 100 })
    await expect
      .poll(async () => (await studio.api.progress()).find((live) => live.runId === busy)?.phase)
      .toBe('working')
    await ask.click()
    await expect(main.getByText(`Waiting behind run ${busy}: two red stars in night`)).toBeVisible()
    const stop = main.getByRole('button', { name: 'Stop judging' })
    await expect(stop).toBeFocused()
    await stop.click()
    await expect(ask).toBeVisible()
    await studio.api.cancelRun({ runId: busy })
    await studio.whenEnded(busy)
  })
  for (const name of ['Orders', 'Agreement', 'Diverse winners', 'You']) {
    await tab(name).check({ force: true })
    await page.mouse.move(700, 400)
    await expectNoViolations(page)
  }
})

test('a run that games its guide is named beside its pictures, with the way to its curve', async ({
  page,
  folder,
  serve,
}) => {
  const libraryPath = join(folder, 'library')
  const spec = { candidates: 24, guide: ['aesthetic_score'], heldOut: ['clip_score'] } as const
  await plant(libraryPath, { ...spec, guide: [...spec.guide], heldOut: [...spec.heldOut] }, 24, (seq) => ({
    aesthetic_score: 5 + seq / 10,
    clip_score: 0.9 - seq / 100,
  }))
  // The same scores without anybody who loses by them.
  await plant(libraryPath, { candidates: 24, guide: ['aesthetic_score'], heldOut: [] }, 24, (seq) => ({
    aesthetic_score: 5 + seq / 10,
  }))
  const { newestLink } = await serve({ libraryPath })
  await page.goto(newestLink())
  const { main, row } = court(page)
  const alarm = main.getByText(/is gaming its guide: from round 1 on Aesthetic rose while CLIP score fell\.$/)
  await expect(parts(page).outcome).toBeVisible()
  await page.keyboard.press('v')
  await expect(row('Aesthetic')).toBeVisible()
  await expect(main.getByRole('heading', { name: /^Run 2/ })).toBeVisible()
  await expect(alarm).toHaveCount(0)
  await main.getByRole('button', { name: 'Other pictures…' }).click()
  await main.getByRole('button', { name: /^Run 1 / }).click()
  await expect(alarm).toHaveText(/^Run 1 /)
  await main.getByRole('button', { name: 'See its curve' }).press('Enter')
  await expect(page.getByRole('region', { name: 'Hacking alarm' })).toBeVisible()
})

test('without any verifier the court shows what was said before, and says why nobody can be asked', async ({
  page,
  folder,
  serve,
}) => {
  const libraryPath = join(folder, 'library')
  await plant(libraryPath, { candidates: 3, guide: ['aesthetic_score'], heldOut: [] }, 3, (seq) => ({
    aesthetic_score: 5 + seq,
  }))
  const { newestLink } = await serve({ libraryPath, packFolders: [join(folder, 'no packs')] })
  await page.goto(newestLink())
  const { main, row } = court(page)
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Court' }).click()
  await main.getByRole('button', { name: /^Run 1 / }).click()
  await expect.poll(() => namesOf(row('Aesthetic'))).toEqual(['#2', '#1', '#0'])
  await expect(main.getByRole('button', { name: 'No verifier can be asked' })).toBeVisible()
  await main.getByText(/verifiers cannot judge these: why$/).click()
  await expect(main.getByText(/No installed pack holds it/).first()).toBeVisible()
  // The artist judges all the same.
  await row('Aesthetic').getByRole('gridcell', { name: /^#0/ }).click()
  await page.keyboard.press('5')
  await expect(row('You').getByRole('gridcell', { name: /^#0, 1st by You/ })).toBeVisible()
})

function byNumber(a: number, b: number): number {
  return a - b
}
