/** Blind duels: votes reach the library whichever side a picture stood on, nothing gives a picture away, and undo works. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'

import type { Locator } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { expect, expectNoViolations, test } from './studio.ts'

/** Makes a small run of the bundled world. */
async function makeRun(studio: Studio, prompt: string, candidates: number): Promise<number> {
  const packs = await studio.api.packs()
  const pack = packs.find((one) => one.kind === 'text_to_image')
  if (pack?.kind !== 'text_to_image') throw new Error('Expected a pack of text to image, found none.')
  const { runId } = await studio.api.startRun(
    runSpecSchema.parse({
      ...pack.defaults,
      pack: pack.id,
      prompt,
      guide: ['clip_score'],
      heldOut: [],
      algorithm: 'random_search',
      candidates,
      steps: 3,
      baselines: [],
      seed: '11',
    }),
  )
  await studio.whenEnded(runId)
  return runId
}

/** The two pictures on the screen, left and right, by the hashes in their addresses. */
async function pairOn(duel: Locator): Promise<readonly [string, string]> {
  const images = duel.getByRole('img', { name: /^Picture [AB]$/ })
  await expect(images).toHaveCount(2)
  const hashes = await images.evaluateAll((all) => all.map((image) => (image as HTMLImageElement).src))
  const [left, right] = hashes.map((url) => /[0-9a-f]{64}/.exec(url)?.[0] ?? '')
  return [left ?? '', right ?? '']
}

test('votes by keys and by mouse are kept with the right winner, and undo brings the pair back', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const runId = await makeRun(studio, 'two red stars in night', 6)
  const pictures = await studio.api.picturesOfRun({ runId })
  const hashOf = new Map(pictures.map(({ id, imageSha256 }) => [id, imageSha256]))
  await page.goto(newestLink())
  await expect(page.getByText('Done, 6 images')).toBeVisible()

  const duel = page.getByRole('main', { name: 'Duel' })
  const votes = () => studio.api.votes({})
  /** Judges by something, and checks what the library has of it. */
  const judge = async (winner: 'left' | 'right', act: () => Promise<unknown>) => {
    const before = await votes()
    const [left, right] = await pairOn(duel)
    await act()
    await expect.poll(async () => (await votes()).length).toBe(before.length + 1)
    const last = (await votes()).at(-1)
    const [won, lost] = winner === 'left' ? [left, right] : [right, left]
    expect([hashOf.get(last?.winner ?? 0), hashOf.get(last?.loser ?? 0)]).toEqual([won, lost])
    expect(await pairOn(duel)).not.toEqual(expect.arrayContaining([left, right]))
  }

  await test.step('D from the run opens its pictures, without a word of what they are', async () => {
    await page.keyboard.press('d')
    await expect(duel.getByText('Run 1, 6 pictures')).toBeVisible()
    await expect(duel).toBeFocused()
    await pairOn(duel)
    const text = await duel.innerText()
    const scores = pictures.flatMap((one) => Object.values(one.scores))
    expect(scores).toHaveLength(6)
    for (const score of scores) expect(text).not.toContain(score.toFixed(2))
    expect(text).not.toMatch(/score|rank \d|winner|CLIP|#\d|NFE|seed|step/i)
    const named = await duel
      .locator('img, [aria-label], [title]')
      .evaluateAll((all) =>
        all.map((one) =>
          ['alt', 'aria-label', 'title'].map((name) => one.getAttribute(name) ?? '').join(' '),
        ),
      )
    expect(named.join()).not.toMatch(/score|rank|winner|#\d|NFE|seed/i)
    await expect(duel.getByText('0 votes among these pictures; 30 more')).toBeVisible()
    await expectNoViolations(page)
  })

  await test.step('arrows, letters, buttons and clicks vote', async () => {
    await judge('left', () => page.keyboard.press('ArrowLeft'))
    await judge('right', () => page.keyboard.press('ArrowRight'))
    await judge('left', () => page.keyboard.press('a'))
    await judge('right', () => page.keyboard.press('b'))
    await judge('left', () => duel.getByRole('button', { name: /^A is better/ }).click())
    await judge('right', () => duel.getByRole('img', { name: 'Picture B' }).click())
    await expect(duel.getByText('6 votes among these pictures; 24 more')).toBeVisible()
  })

  await test.step('a skip is no vote; undo takes back the skip, then the vote; redo votes again', async () => {
    const skipped = await pairOn(duel)
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => pairOn(duel)).not.toEqual(skipped)
    await page.keyboard.press('Control+z')
    await expect.poll(() => pairOn(duel)).toEqual(skipped)
    await duel.getByRole('button', { name: /^Cannot say/ }).click()
    await page.keyboard.press('Control+z')
    await expect.poll(() => pairOn(duel)).toEqual(skipped)
    expect(await votes()).toHaveLength(6)

    await judge('left', () => page.keyboard.press('ArrowLeft'))
    await page.keyboard.press('Control+z')
    await expect.poll(() => pairOn(duel)).toEqual(skipped)
    expect(await votes()).toHaveLength(6)
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(async () => (await votes()).length).toBe(7)
    expect(hashOf.get((await votes()).at(-1)?.winner ?? 0)).toBe(skipped[0])
  })

  await test.step('a held Space magnifies both where the pointer is; dragging and wheeling vote for nobody', async () => {
    const transforms = () =>
      duel
        .locator('[data-pane] > div')
        .evaluateAll((all) => all.map((one) => getComputedStyle(one).transform))
    const whole = await transforms()
    await duel.getByRole('img', { name: 'Picture A' }).hover({ position: { x: 40, y: 40 } })
    await page.keyboard.down(' ')
    await expect.poll(transforms).not.toEqual(whole)
    const [left, right] = await transforms()
    expect(left).toBe(right)
    await page.keyboard.up(' ')
    await expect.poll(transforms).toEqual(whole)
    await page.mouse.wheel(0, -600)
    await expect.poll(transforms).not.toEqual(whole)
    const wheeled = await transforms()
    await page.mouse.down()
    await page.mouse.move(300, 300, { steps: 3 })
    await page.mouse.up()
    await expect.poll(transforms).not.toEqual(wheeled)
    expect(await votes()).toHaveLength(7)
  })

  await test.step('the ranking comes when it is asked for, with what the votes can tell, and picks the best', async () => {
    await page.keyboard.press('q')
    const ranking = duel.getByRole('region', { name: 'Ranking' })
    const rows = ranking.getByRole('listitem')
    await expect(rows).toHaveCount(6)
    await expect(ranking.getByText(/^Too few votes to tell the first \d apart/)).toBeVisible()
    const tally = new Map<number, { won: number; lost: number }>(
      pictures.map(({ id }) => [id, { won: 0, lost: 0 }]),
    )
    for (const { winner, loser } of await votes()) {
      const [won, lost] = [tally.get(winner), tally.get(loser)]
      if (won !== undefined) won.won++
      if (lost !== undefined) lost.lost++
    }
    for (const { id, origin } of pictures) {
      const seq = origin.kind === 'candidate' ? origin.seq : -1
      const record = `${tally.get(id)?.won ?? 0} won, ${tally.get(id)?.lost ?? 0} lost`
      await expect(ranking.getByRole('listitem', { name: `Run 1 #${seq}, ${record}` })).toBeVisible()
    }
    await expectNoViolations(page)

    await ranking.getByRole('textbox', { name: 'Pick the best' }).fill('2')
    await page.keyboard.press('Enter')
    await expect(rows.nth(0)).toHaveAccessibleName(/picked$/)
    await expect(rows.nth(1)).toHaveAccessibleName(/picked$/)
    await expect.poll(async () => (await studio.api.facets()).picked).toBe(2)
    await rows.nth(0).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('5')
    await expect(rows.nth(1)).toHaveAccessibleName(/picked, 5 stars$/)

    await ranking.getByRole('button', { name: 'Compare the best 4' }).click()
    await expect(page.getByRole('region', { name: 'Compare 4 pictures' })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('region', { name: 'Compare 4 pictures' })).toBeHidden()
    await page.keyboard.press('Escape')
    await pairOn(duel)
  })
})

test('the pool is chosen; pictures of different prompts never meet, two meet once, one has no duel', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const one = await studio.api.picturesOfRun({ runId: await makeRun(studio, 'a red star in sky', 2) })
  const two = await studio.api.picturesOfRun({ runId: await makeRun(studio, 'a blue moon in sky', 2) })
  await makeRun(studio, 'a green heart in paper', 1)
  await page.goto(newestLink())
  await expect(page.getByText('Done, 1 image')).toBeVisible()
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Duel' }).click()
  const duel = page.getByRole('main', { name: 'Duel' })
  const offer = (name: string) => duel.getByRole('button', { name: new RegExp(`^${name}`) })
  await expect(offer('Picks')).toBeDisabled()
  await expect(offer('Selection')).toBeDisabled()
  await expect(offer('Run 3')).toBeDisabled()
  await expect(duel.getByText('1 picture, 2 needed')).toBeVisible()
  await expectNoViolations(page)

  await test.step('four pictures of two prompts have two duels', async () => {
    await page.keyboard.press('Tab')
    await expect(offer('Undecided')).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(duel.getByText('5 pictures of 2 prompts; only those of one prompt meet')).toBeVisible()
    const prompts: string[] = []
    for (let turn = 0; turn < 2; turn++) {
      const hashes = [...(await pairOn(duel))].sort()
      const meeting = [one, two].find((run) => run.some(({ imageSha256 }) => imageSha256 === hashes[0]))
      expect(meeting?.map(({ imageSha256 }) => imageSha256).sort()).toEqual(hashes)
      const prompt = meeting?.[0]?.prompt ?? ''
      await expect(duel.getByText(prompt)).toBeVisible()
      prompts.push(prompt)
      await page.keyboard.press('a')
      await expect(duel.getByText(`${turn + 1} ${turn === 0 ? 'vote' : 'votes'} among`)).toBeVisible()
    }
    expect(new Set(prompts).size).toBe(2)
  })

  await test.step('one picture has no duel', async () => {
    await page.keyboard.press('n')
    await expect(page.getByText('Done, 1 image')).toBeVisible()
    await page.keyboard.press('d')
    await expect(duel.getByText('There is one picture here; a duel takes two.')).toBeVisible()
  })

  await test.step('two pictures meet once, then there is the ranking', async () => {
    await page.keyboard.press('n')
    await page.keyboard.press(']')
    await expect(page.getByText('Done, 2 images')).toBeVisible()
    await page.keyboard.press('d')
    await pairOn(duel)
    await page.keyboard.press('b')
    await expect(duel.getByText('Every pair has been shown.')).toBeVisible()
    await expect(duel.getByRole('listitem')).toHaveCount(2)
    await page.keyboard.press('Control+z')
    await pairOn(duel)
  })

  await test.step('a picture of each prompt: it is said why there is no duel', async () => {
    await studio.api.mark({ pictures: [one[0]?.id ?? 0, two[0]?.id ?? 0], flag: 'pick' })
    await duel.getByRole('button', { name: 'Other pictures…' }).click()
    await offer('Picks').click()
    await expect(duel.getByText('All of these 2 pictures have prompts of their own.')).toBeVisible()
    await page.keyboard.press('a')
    await duel.getByRole('button', { name: 'Other pictures…' }).click()
    await duel.getByRole('button', { name: 'Back to the duel' }).click()
    await expect(duel.getByText('All of these 2 pictures')).toBeVisible()
  })

  await test.step('with thirty votes the way to a verifier of one’s own is open', async () => {
    const [winner, loser] = one.map(({ id }) => id)
    while ((await studio.api.votes({})).length < 30) {
      await studio.api.vote({ winner: winner ?? 0, loser: loser ?? 0 })
    }
    await duel.getByRole('button', { name: 'Train your verifier…' }).click()
    await expect(duel).toBeHidden()
    const court = page.getByRole('main', { name: 'Court' })
    await expect(court.getByRole('radio', { name: 'You', exact: true })).toBeChecked()
    await expect(court.getByRole('button', { name: 'Train', exact: true })).toBeVisible()
  })
})

test('a picture whose file is gone is not judged: its pair can only be skipped', async ({
  page,
  serve,
  folder,
}) => {
  const { newestLink, studio } = await serve()
  const pictures = await studio.api.picturesOfRun({ runId: await makeRun(studio, 'a red star in sky', 3) })
  const gone = pictures[0]?.imageSha256 ?? ''
  rmSync(join(folder, 'library', 'images', gone.slice(0, 2), `${gone}.png`))
  await page.goto(newestLink())
  await expect(page.getByText('Done, 3 images')).toBeVisible()
  await page.keyboard.press('d')
  const duel = page.getByRole('main', { name: 'Duel' })
  const missing = duel.getByRole('img', { name: /The image file is missing/ })
  // Of three pictures one stands in two pairs of three.
  for (let turn = 0; turn < 3; turn++) {
    const shown = () =>
      duel
        .locator('[data-pane] img')
        .evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth > 0).length)
    await expect.poll(async () => (await missing.count()) + (await shown())).toBe(2)
    if ((await missing.count()) > 0) break
    await page.keyboard.press('s')
  }
  await expect(missing).toHaveCount(1)
  await expect(duel.getByText('A picture that cannot be shown cannot be judged')).toBeVisible()
  await expect(duel.getByRole('button', { name: /is better/ }).first()).toBeDisabled()
  await page.keyboard.press('a')
  await missing.click()
  await page.keyboard.press('s')
  expect(await studio.api.votes({})).toEqual([])
})
