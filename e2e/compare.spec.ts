/** Pictures side by side: four ways to look at two, one zoom for all, up to four with everything that tells them apart. */

import type { Locator } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import { runSpecSchema } from '../shared/run-spec.ts'
import { expect, expectNoViolations, test } from './studio.ts'

/** Makes a small run of the bundled world and answers with the numbers of its pictures, by arm and sequence. */
async function makeRun(studio: Studio, candidates: number, baselines: readonly number[] = []) {
  const packs = await studio.api.packs()
  const pack = packs.find((one) => one.kind === 'text_to_image')
  if (pack?.kind !== 'text_to_image') throw new Error('Expected a pack of text to image, found none.')
  const spec = runSpecSchema.parse({
    ...pack.defaults,
    pack: pack.id,
    prompt: 'two red stars in night',
    guide: ['clip_score'],
    heldOut: [],
    algorithm: 'random_search',
    candidates,
    steps: 4,
    baselines,
    seed: '7',
  })
  const { runId } = await studio.api.startRun(spec)
  await studio.whenEnded(runId)
  const pictures = await studio.api.picturesOfRun({ runId })
  return pictures.map(({ id }) => id)
}

/** How the pictures in the panes are moved and magnified, one a pane. */
function transforms(scope: Locator): Promise<readonly string[]> {
  return scope
    .locator('[data-pane] > div')
    .evaluateAll((elements) => elements.map((element) => getComputedStyle(element).transform))
}

/** The brightest value of a canvas, and the mean of all, of 255. */
function brightness(canvas: Locator): Promise<{ readonly largest: number; readonly mean: number }> {
  return canvas.evaluate((element: HTMLCanvasElement) => {
    const { data } = element.getContext('2d')?.getImageData(0, 0, element.width, element.height) ?? {
      data: new Uint8ClampedArray(),
    }
    let [largest, sum] = [0, 0]
    for (let at = 0; at < data.length; at += 4) {
      const value = Math.max(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0)
      largest = Math.max(largest, value)
      sum += value
    }
    return { largest, mean: sum / (data.length / 4) }
  })
}

async function middleOf(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await locator.boundingBox()
  if (box === null) throw new Error('Expected something that is shown, found nothing.')
  return { ...box, x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

test('the pair of equal cost is looked at in four ways, by keys and by mouse, with one zoom', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await makeRun(studio, 2, [2, 8])
  await page.goto(newestLink())
  await expect(page.getByText('Done, 4 images')).toBeVisible()
  await page.keyboard.press('c')
  const stage = page.getByRole('region', { name: 'Compare at equal cost' })
  const divider = stage.getByRole('slider')
  const panes = stage.locator('[data-pane]')
  const way = (name: string) => stage.getByRole('radio', { name })
  await expect(divider).toBeFocused()

  await test.step('the slider follows the mouse anywhere on the pictures', async () => {
    const { x, y, width } = await middleOf(panes.first())
    await page.mouse.move(x, y - 50)
    await page.mouse.down()
    await page.mouse.move(x + width / 4, y - 50, { steps: 3 })
    await page.mouse.up()
    await expect(divider).toHaveAttribute('aria-valuenow', '75')
    await page.mouse.move(x, y)
    await expect(divider).toHaveAttribute('aria-valuenow', '75')
  })

  await test.step('magnified, the divider moves by its handle and the pictures everywhere else', async () => {
    const { x, y, width } = await middleOf(panes.first())
    await page.keyboard.press('+')
    const before = await transforms(stage)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 20, y, { steps: 2 })
    await page.mouse.up()
    await expect(divider).toHaveAttribute('aria-valuenow', '75')
    expect(await transforms(stage)).not.toEqual(before)
    await page.mouse.move(x + width / 4, y + 40)
    await page.mouse.down()
    await page.mouse.move(x, y + 40, { steps: 3 })
    await page.mouse.up()
    await expect(divider).toHaveAttribute('aria-valuenow', '50')
    await page.keyboard.press('z')
  })
  await expectNoViolations(page)

  await test.step('side by side: wheel, drag, keys and double click show the same part of both', async () => {
    await page.keyboard.press('j')
    await expect(way('Side by side')).toBeChecked()
    await expect(stage.getByRole('group', { name: /^A, one noise/ })).toBeFocused()
    const expectSame = async (other: readonly string[]) => {
      const [left, right, ...more] = await transforms(stage)
      expect(more).toEqual([])
      expect(left).toBe(right)
      expect(other).not.toContain(left)
      return [left ?? '']
    }
    const whole = await expectSame([])
    const { x, y } = await middleOf(panes.nth(1))
    await page.mouse.move(x + 60, y + 30)
    await page.mouse.wheel(0, -500)
    const wheeled = await expectSame(whole)
    await page.mouse.down()
    await page.mouse.move(x + 20, y + 10, { steps: 2 })
    await page.mouse.up()
    const dragged = await expectSame([...whole, ...wheeled])
    await page.keyboard.press('+')
    const nearer = await expectSame(dragged)
    const crisp = panes.first().locator('img')
    expect(await crisp.evaluate((image) => getComputedStyle(image).imageRendering)).toBe('pixelated')
    await page.keyboard.press('Shift+ArrowLeft')
    await expectSame(nearer)
    await page.keyboard.press('z')
    expect(await transforms(stage)).toEqual([...whole, ...whole])
    await panes.first().dblclick()
    await expect(panes.nth(1).getByText('100 %')).toBeVisible()
    await panes.first().dblclick()
    expect(await transforms(stage)).toEqual([...whole, ...whole])
  })

  await test.step('unlinked, each goes its own way; linked again, both follow the one at hand', async () => {
    await stage.getByRole('button', { name: 'Zoom linked' }).click()
    await panes.nth(1).click()
    await page.keyboard.press('+')
    const [left, right] = await transforms(stage)
    expect(left).not.toBe(right)
    await stage.getByRole('button', { name: 'Zoom linked' }).click()
    expect(await transforms(stage)).toEqual([right, right])
    await page.keyboard.press('z')
  })
  await expectNoViolations(page)

  await test.step('the difference says what black means and how far the two are apart', async () => {
    await page.keyboard.press('i')
    await expect(stage.getByText(/^Black: the same in both\. On average [\d.]+ of 255 apart/)).toBeVisible()
    const canvas = stage.locator('canvas')
    const little = await brightness(canvas)
    expect(little.largest).toBeGreaterThan(0)
    await stage.getByText('16×').click()
    await expect.poll(async () => (await brightness(canvas)).mean).toBeGreaterThan(little.mean)
    await expectNoViolations(page)
  })

  await test.step('hover shows the other picture, a key turns the two round', async () => {
    await page.mouse.move(5, 5)
    await page.keyboard.press('h')
    const shows = stage.getByRole('status')
    await expect(shows).toHaveText(/^A, one noise/)
    await panes.first().hover()
    await expect(shows).toHaveText(/^B, search/)
    await page.keyboard.press('h')
    await expect(shows).toHaveText(/^A, one noise/)
    await page.mouse.move(5, 5)
    await expect(shows).toHaveText(/^B, search/)
    await page.keyboard.press('o')
    await expect(shows).toHaveText(/^B, one noise/)
    await expectNoViolations(page)
  })

  await test.step('every way by mouse, and Escape closes', async () => {
    for (const name of ['Slider', 'Side by side', 'Difference', 'Hover']) {
      await stage.getByText(name, { exact: true }).click()
      await expect(way(name)).toBeChecked()
    }
    await stage.getByRole('button', { name: 'Swap sides' }).click()
    await expect(stage.getByRole('status')).toHaveText(/^B, search/)
    await page.keyboard.press('Escape')
    await expect(stage).toBeHidden()
  })
})

test('any pictures stand side by side with their scores, are marked, and are taken out until two are left', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const first = await makeRun(studio, 4, [2])
  const again = await makeRun(studio, 1)
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, /)).toBeVisible()
  await page.keyboard.press('g')
  const wall = page.getByRole('grid', { name: 'Pictures' })
  const tile = (id: number) => wall.locator(`[data-picture="${id}"]`)
  await expect(wall.getByRole('gridcell')).toHaveCount(first.length + again.length)
  const stage = page.getByRole('region', { name: /^Compare \d pictures|^One picture/ })
  const cells = stage.getByRole('group', { name: /^(A, |B, )?Run \d/ })
  const markOf = async (id: number) => {
    const [picture] = await studio.api.pictures({ pictures: [id] })
    return picture === undefined ? null : { flag: picture.flag, rating: picture.rating }
  }

  await test.step('four by keyboard: the best of each score is said, marks go to the one in front', async () => {
    await wall.focus()
    await page.keyboard.press('Home')
    for (let more = 0; more < 3; more++) await page.keyboard.press('Shift+ArrowRight')
    const chosen = await wall
      .locator('[aria-selected="true"]')
      .evaluateAll((tiles) => tiles.map((one) => Number(one.getAttribute('data-picture'))))
    expect(chosen).toHaveLength(4)
    await page.keyboard.press('c')
    await expect(cells).toHaveCount(4)
    await expect(cells.first()).toBeFocused()

    const details = await studio.api.pictures({ pictures: chosen })
    const scores = details.map(({ scores }) => scores.clip_score ?? NaN)
    const highest = Math.max(...scores)
    for (const [index, score] of scores.entries()) {
      const said = cells.nth(index).getByText('best', { exact: true })
      await expect(said).toHaveCount(score === highest ? 1 : 0)
    }

    await page.keyboard.press('ArrowRight')
    await expect(cells.nth(1)).toBeFocused()
    await page.keyboard.press('p')
    await page.keyboard.press('4')
    await expect(cells.nth(1)).toHaveAccessibleName(/, picked, 4 stars$/)
    await expect.poll(() => markOf(chosen[1] ?? 0)).toEqual({ flag: 'pick', rating: 4 })
    await page.keyboard.press('Control+z')
    await expect.poll(() => markOf(chosen[1] ?? 0)).toEqual({ flag: 'pick', rating: 0 })
    await page.keyboard.press('0')
    await page.keyboard.press('u')
    await expect.poll(() => markOf(chosen[1] ?? 0)).toEqual({ flag: null, rating: 0 })

    await page.keyboard.press('+')
    expect(new Set(await transforms(stage)).size).toBe(1)
    await expectNoViolations(page)

    await page.keyboard.press('Delete')
    await expect(cells).toHaveCount(3)
    await expect(cells.nth(1)).toBeFocused()
    await page.keyboard.press('Control+z')
    await expect(cells).toHaveCount(4)
    await page.keyboard.press('Escape')
    await expect(stage).toBeHidden()
    await expect(wall).toBeFocused()
  })

  await test.step('two by mouse: what differs is named; the difference of equal pictures is black', async () => {
    const [same, baseline] = await Promise.all([
      studio.api
        .pictures({ pictures: [...first, ...again] })
        .then((all) =>
          all.filter(
            ({ origin }) => origin.kind === 'candidate' && origin.arm === 'search' && origin.seq === 0,
          ),
        ),
      studio.api
        .pictures({ pictures: first })
        .then((all) => all.find(({ origin }) => origin.kind === 'candidate' && origin.arm === 'baseline')),
    ])
    const [one, two] = same.map(({ id }) => id)
    await tile(one ?? 0).click()
    await tile(two ?? 0).click({ modifiers: ['Control'] })
    await tile(baseline?.id ?? 0).click({ modifiers: ['Control'] })
    await page
      .getByRole('main', { name: 'Wall' })
      .getByRole('button', { name: /^Compare/ })
      .click()
    await expect(cells).toHaveCount(3)
    await expect(stage.getByText('They differ in algorithm and steps.')).toBeVisible()
    await stage.getByRole('button', { name: /^Take Run 1, 2 steps out/ }).click()
    await expect(cells).toHaveCount(2)
    await expect(stage.getByText('The same prompt and settings: only the noise differs.')).toBeVisible()
    await stage.getByText('Difference', { exact: true }).click()
    await expect(
      stage.getByText('Black: the same in both. The two are the same, pixel for pixel.'),
    ).toBeVisible()
    expect((await brightness(stage.locator('canvas'))).largest).toBe(0)
    await expectNoViolations(page)

    await cells
      .first()
      .getByRole('button', { name: /^Reject / })
      .click()
    await expect(cells.first()).toHaveAccessibleName(/, rejected$/)
    await page.keyboard.press('j')
    await cells
      .nth(1)
      .getByRole('button', { name: / 5 stars/ })
      .click()
    await expect(cells.nth(1)).toHaveAccessibleName(/, 5 stars$/)
    await page.keyboard.press('Delete')
    await expect(cells).toHaveCount(1)
    await page.keyboard.press('Delete')
    await expect(cells).toHaveCount(0)
    await stage.getByRole('button', { name: 'Bring them back' }).click()
    await expect(cells).toHaveCount(3)
  })
})

test('of four pictures one is the reference, and the others are laid over it one after the other, with one zoom', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  await makeRun(studio, 3, [2])
  await page.goto(newestLink())
  await expect(page.getByText(/^Done, /)).toBeVisible()
  await page.keyboard.press('g')
  const wall = page.getByRole('grid', { name: 'Pictures' })
  await expect(wall.getByRole('gridcell')).toHaveCount(4)
  await wall.focus()
  await page.keyboard.press('Control+a')
  await expect(wall.locator('[aria-selected="true"]')).toHaveCount(4)
  await page.keyboard.press('c')
  const stage = page.getByRole('region', { name: 'Compare 4 pictures' })
  const cells = stage.getByRole('group', { name: /^(A, |B, )?Run \d/ })
  await expect(cells).toHaveCount(4)
  await expect(cells.first()).toBeFocused()
  await expect(cells.first()).toHaveAccessibleName(/^A, .*, the reference$/)
  const names = await Promise.all(
    [0, 1, 2, 3].map((index) => cells.nth(index).locator('p').first().innerText()),
  )
  const [, second = '', third = '', fourth = ''] = names.map((name) => name.replace(/^A | reference$/g, ''))
  const [a, b] = [
    stage.getByRole('group', { name: /^A, Run/ }),
    stage.getByRole('group', { name: /^B, Run/ }),
  ]
  const shown = (of: Locator, name = '') => expect(of).toHaveAccessibleName(new RegExp(`^[AB], ${name}`))

  await test.step('by keyboard: arrows step B, O makes it the reference, marks go to B', async () => {
    await page.keyboard.press('ArrowRight')
    await expect(cells.nth(1)).toBeFocused()
    await page.keyboard.press('s')
    await expect(stage.getByRole('slider')).toBeVisible()
    await shown(b, second)
    const choices = stage.getByRole('group', { name: 'Laid over A' }).getByRole('radio')
    await expect(choices).toHaveCount(4)
    await expect(choices.nth(1)).toBeFocused()
    await page.keyboard.press('+')
    const near = await transforms(stage)
    await page.keyboard.press('ArrowRight')
    await shown(b, third)
    expect(await transforms(stage)).toEqual(near)
    await page.keyboard.press('p')
    await expect(b).toHaveAccessibleName(/, picked$/)
    await page.keyboard.press('o')
    await shown(a, third)
    await expect(stage.getByText(`A, the reference, is ${third}.`)).toBeVisible()
    await expect(choices.first()).toBeFocused()
    await expect(choices.nth(2)).toBeDisabled()
    await expectNoViolations(page)

    // With the area in front the arrows go on; the divider keeps its own.
    await page.keyboard.press('h')
    await expect(stage.getByRole('status')).toHaveText(/^A, /)
    await page.keyboard.press('ArrowRight')
    await shown(b, second)
    await page.keyboard.press('i')
    await expect(stage.getByText(/^Black: the same in both/)).toBeVisible()
    await page.keyboard.press('j')
    await expect(cells).toHaveCount(4)
    expect(new Set(await transforms(stage))).toEqual(new Set([near[0]]))
  })

  await test.step('by mouse: a click chooses B, a button makes it the reference', async () => {
    await stage.getByText('Slider', { exact: true }).click()
    await stage.getByRole('radio', { name: fourth }).click()
    await shown(b, fourth)
    await stage.getByRole('button', { name: 'Make it the reference' }).click()
    await shown(a, fourth)
    await shown(b, third)
    await a.getByRole('button', { name: /^Take / }).click()
    await expect(stage).toBeHidden()
    const three = page.getByRole('region', { name: 'Compare 3 pictures' })
    await expect(three.getByRole('slider')).toBeVisible()
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false)
    await expectNoViolations(page)
  })
})
