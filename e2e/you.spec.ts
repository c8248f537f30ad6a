/** The artist as a verifier: blind votes, training in the window, an accuracy that is honest about chance. */

import type { Page } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import { decodePng } from '../electron/library/png.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { expect, expectNoViolations, parts, test, unfold } from './studio.ts'

/** How red each picture is: a preference that no verifier was trained for. */
async function rednessOf(studio: Studio): Promise<ReadonlyMap<number, number>> {
  const redness = new Map<number, number>()
  for (const [index, prompt] of [
    'a red star in night',
    'a blue ring in sky',
    'two green hearts in sand',
  ].entries()) {
    const pack = (await studio.api.packs()).find(({ id }) => id === 'scenes')
    if (pack?.kind !== 'text_to_image') throw new Error('Expected the pack scenes, found none.')
    const { runId } = await studio.api.startRun(
      runSpecSchema.parse({
        ...{ prompt, pack: pack.id, seed: String(index), baselines: [], candidates: 10 },
        ...{ guide: ['clip_score'], heldOut: [], algorithm: 'random_search' },
        ...{ ...pack.defaults, steps: 4 },
      }),
    )
    await studio.whenEnded(runId)
    for (const { id, imageSha256 } of await studio.api.picturesOfRun({ runId })) {
      const { png } = await studio.api.exportImage({ imageSha256, metadata: 'none' })
      const { data } = decodePng(Buffer.from(png, 'base64'))
      let sum = 0
      for (let at = 0; at < data.length; at += 3) {
        sum += (data[at] ?? 0) - ((data[at + 1] ?? 0) + (data[at + 2] ?? 0)) / 2
      }
      redness.set(id, sum / data.length)
    }
  }
  return redness
}

/** Numbers that are the same in every run of the test. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48271) % 2147483647) % below
}

/** Blind duels between pictures at random; `prefers` says whether the first wins. */
async function vote(
  studio: Studio,
  pictures: readonly number[],
  count: number,
  random: (below: number) => number,
  prefers: (a: number, b: number) => boolean,
): Promise<void> {
  for (let duel = 0; duel < count; duel++) {
    const first = random(pictures.length)
    const second = (first + 1 + random(pictures.length - 1)) % pictures.length
    const [a, b] = [pictures[first] ?? NaN, pictures[second] ?? NaN]
    const [winner, loser] = prefers(a, b) ? [a, b] : [b, a]
    await studio.api.vote({ winner, loser })
  }
}

function you(page: Page) {
  const main = page.getByRole('main', { name: 'Court' })
  const panel = main.getByRole('region', { name: 'You as a verifier' })
  return {
    main,
    panel,
    tab: main.getByRole('radio', { name: 'You', exact: true }),
    train: panel.getByRole('button', { name: /^(Train|Training…|Train again|Trained on all votes)$/ }),
    state: panel.getByRole('status'),
    lines: panel.getByRole('region', { name: /^(Accuracy|How often)/ }).getByRole('listitem'),
  }
}

const inPercent = (share: number) => (share * 100).toFixed(0)

test('votes become a verifier: refused before 30, no guide while it is a coin, a guide once it is better', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const redness = await rednessOf(studio)
  const pictures = [...redness.keys()]
  const random = seeded(97)
  const byChance = () => random(2) === 0
  await vote(studio, pictures, 29, random, byChance)
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, /)).toBeVisible()
  const { main, panel, tab, train, state, lines } = you(page)

  await test.step('29 votes are too few, by the mouse as in the studio', async () => {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Court' }).click()
    await main
      .getByRole('radiogroup', { name: 'What the court shows' })
      .getByText('You', { exact: true })
      .click()
    await expect(panel.getByText('29 of 30 votes; 1 more is needed')).toBeVisible()
    await expect(train).toHaveAttribute('aria-disabled', 'true')
    await train.click({ force: true })
    await expect(state).toHaveText(/^Vote in Duel/)
    await expect(studio.api.trainPersonalScorer()).rejects.toThrow(/at least 30/)
    // Everybody else is measured on the same votes already.
    await expect(lines.first()).toContainText(/CLIP score.*29 votes/)
  })

  await test.step('votes by chance are learned by the mouse, and may not guide', async () => {
    await vote(studio, pictures, 11, random, byChance)
    await expect(panel.getByText('40 votes', { exact: true })).toBeVisible()
    await train.click()
    await expect(train).toHaveText('Trained on all votes')
    await expect(state).toHaveText(/^May not guide yet: it cannot be told from a coin \(\d+ %, \d+ to \d+\)/)
    const { state: found } = await studio.api.personalScorer()
    if (found.kind !== 'trained') throw new Error(`Expected a trained verifier, found ${found.kind}`)
    expect(found.own.low).toBeLessThanOrEqual(0.5)
    await expect(state).toContainText(
      `(${inPercent(found.own.accuracy)} %, ${inPercent(found.own.low)} to ${inPercent(found.own.high)})`,
    )
  })

  await test.step('a preference is learned by keyboard alone, and may guide', async () => {
    for (const { id } of await studio.api.votes({})) await studio.api.withdrawVote({ vote: id })
    const redder = (a: number, b: number) => (redness.get(a) ?? 0) > (redness.get(b) ?? 0)
    await vote(studio, pictures, 60, seeded(8), redder)
    await expect(train).toHaveText('Train again')
    await tab.focus()
    for (let stop = 0; stop < 20; stop++) {
      if (await train.evaluate((element) => element === document.activeElement)) break
      await page.keyboard.press('Tab')
    }
    await expect(train).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(train).toHaveText('Trained on all votes')
    await expect(train).toBeFocused()
    await expect(state).toHaveText(/^May guide: it foresees your votes better than a coin/)
    const { state: found, others } = await studio.api.personalScorer()
    if (found.kind !== 'trained') throw new Error(`Expected a trained verifier, found ${found.kind}`)
    expect(found.own.low).toBeGreaterThan(0.5)
    await expect(lines).toHaveCount(1 + others.length)
    await expect(lines.first()).toContainText(
      `You, learned${inPercent(found.own.accuracy)} % (${inPercent(found.own.low)} to ${inPercent(found.own.high)}), ${found.own.votes} votes`,
    )
    for (const other of others) expect(other.accuracy).toBeLessThan(found.own.accuracy)
  })

  await test.step('the training before is gone back to, and undo goes forward again', async () => {
    const earlier = panel.getByRole('region', { name: 'Earlier versions' })
    await expect(earlier.getByRole('listitem')).toHaveCount(1)
    await expect(earlier.getByRole('listitem')).toContainText('40 votes')
    await earlier.getByRole('button', { name: 'Go back to this version' }).focus()
    await page.keyboard.press('Enter')
    await expect(page.getByText(/^Went back to your verifier of /)).toBeVisible()
    await expect(earlier.getByRole('listitem')).toContainText('60 votes')
    await expect(state).toHaveText(/^May not guide yet/)
    await expect(earlier.getByRole('heading')).toBeFocused()
    await page.keyboard.press('Control+z')
    await expect(state).toHaveText(/^May guide/)
    await expect(earlier.getByRole('listitem')).toContainText('40 votes')
    await page.keyboard.press('Control+Shift+z')
    await expect(state).toHaveText(/^May not guide yet/)
    await page.keyboard.press('Control+z')
    await expect(state).toHaveText(/^May guide/)
  })

  await test.step('it stands among the verifiers of the form, and takes its seat in the court', async () => {
    await page.keyboard.press('n')
    await expect(parts(page).run).toBeEnabled()
    await unfold(page, 'Verifiers')
    await expect(
      page
        .getByRole('group', { name: 'Verifiers' })
        .getByRole('checkbox', { name: 'You: guide', exact: true }),
    ).toBeVisible()
    await page.keyboard.press('v')
    await main.getByRole('radio', { name: 'Orders', exact: true }).focus()
    await page.keyboard.press('Space')
    await expect(main.getByText('You, learned')).toBeVisible()
    await main.getByRole('button', { name: /^Ask for \d+ missing scores/ }).focus()
    await page.keyboard.press('Enter')
    await expect(main.getByRole('rowheader', { name: /^You, learned/ })).toBeVisible()
    await expect(main.getByRole('rowheader', { name: /^You(?!,)/ })).toBeVisible()
  })

  await tab.check({ force: true })
  await expectNoViolations(page)
})
