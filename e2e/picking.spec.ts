/** Culling on the wall as in Lightroom: by keyboard alone, and everything by mouse too. */

import { inFront, makeRun, marksOf, openWall, tileOf, wallOf } from './gallery-library.ts'
import { expect, expectNoViolations, test } from './studio.ts'

test('by keyboard alone: pick, reject, rate, undo, look closely, put on a board, open the run', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const ids = await makeRun(studio, 6)
  const at = (index: number) => ids[index] ?? 0
  await page.goto(newestLink())
  const { tiles, selected, count, boards, loupe, grid, filters } = await openWall(page)
  await expect(tiles).toHaveCount(ids.length)
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const marks = () => marksOf(studio, ids)

  // Marks, each where the arrows have led.
  await press('ArrowRight', 'p', 'ArrowRight', 'x', 'ArrowRight', '4', 'ArrowRight', '2', '0')
  const first = ['pick 0', 'reject 0', 'none 4', 'none 0', 'none 0', 'none 0', 'none 0']
  await expect.poll(marks).toEqual(first)
  await expect(tileOf(page, at(0))).toHaveAccessibleName(/picked/)
  await expect(tileOf(page, at(2))).toHaveAccessibleName(/4 stars/)

  // Undo and redo, in order.
  await press('Control+z', 'Control+z', 'Control+z')
  await expect.poll(marks).toEqual(first.with(2, 'none 0'))
  await press('Control+Shift+z')
  await expect.poll(marks).toEqual(first)

  // Several at once; U takes the flag off, the stars stay.
  await press('Home', 'Shift+ArrowRight', 'Shift+ArrowRight')
  await expect(selected).toHaveCount(3)
  await expect(count).toContainText('3 selected')
  await press('u')
  await expect.poll(marks).toEqual(first.with(0, 'none 0').with(1, 'none 0'))
  await press('Control+a')
  await expect(selected).toHaveCount(ids.length)
  await press('1')
  await expect.poll(marks).toEqual(ids.map(() => 'none 1'))
  await press('Control+z', 'Escape')
  await expect(selected).toHaveCount(1)
  expect(await inFront(page)).toBe(at(2))

  // The loupe: the same keys act on the one picture that is seen.
  await press('End', 'Space')
  await expect(loupe).toBeVisible()
  await expect(loupe).toHaveAccessibleName(/7 of 7/)
  await press('ArrowLeft', '5')
  await expect(loupe).toHaveAccessibleName(/6 of 7/)
  await expect.poll(marks).toEqual(['none 0', 'none 0', 'none 4', 'none 0', 'none 0', 'none 5', 'none 0'])
  const facts = page.getByRole('complementary', { name: 'What is known of this picture' })
  await expect(facts.getByText('philox4x32-10, stream')).toBeVisible()
  await press('i')
  await expect(facts).toBeHidden()
  await press('z')
  await expect(loupe.getByText('100 %')).toBeVisible()
  await press('+', 'z', 'Escape')
  await expect(loupe).toBeHidden()
  await expect(grid).toBeFocused()
  expect(await inFront(page)).toBe(at(5))

  // A board: made by its name, found by a part of it.
  await press('Home', 'Shift+ArrowRight', 'b')
  const chooser = page.getByRole('group', { name: 'Put 2 pictures on a board' })
  await expect(chooser).toBeVisible()
  await page.keyboard.type('Best of all')
  await press('Enter')
  await expect(boards.getByRole('button', { name: /^Best of all\s*2$/ })).toBeVisible()
  await expect(grid).toBeFocused()
  await press('End', 'b')
  await page.keyboard.type('of')
  await press('Enter')
  await expect(boards.getByRole('button', { name: /^Best of all\s*3$/ })).toBeVisible()
  await press('b', 'Escape')
  await expect(grid).toBeFocused()
  await press('Control+z')
  await expect(boards.getByRole('button', { name: /^Best of all\s*2$/ })).toBeVisible()
  await press('Control+z')
  await expect(boards.getByRole('button', { name: /^Best/ })).toHaveCount(0)
  await press('Control+Shift+z')
  await expect(boards.getByRole('button', { name: /^Best of all\s*2$/ })).toBeVisible()

  await boards.getByRole('button', { name: /^Best of all/ }).focus()
  await press('F2')
  await page.keyboard.type('Prints')
  await press('Enter')
  await expect(boards.getByRole('button', { name: /^Prints\s*2$/ })).toBeFocused()
  await press('Enter')
  await expect(tiles).toHaveCount(2)
  await press('Tab', 'Tab', 'Enter')
  await expect(boards.getByRole('button', { name: /^Prints/ })).toHaveCount(0)
  await expect(boards.getByRole('button', { name: 'New board' })).toBeFocused()
  await expect(tiles).toHaveCount(ids.length)

  // Whoever leaves the wall by a mark is followed by the next, at the same place.
  await filters.getByRole('button', { name: 'Not flagged' }).focus()
  await press('Space')
  await expect(filters.getByRole('button', { name: 'Not flagged' })).toHaveAttribute('aria-pressed', 'true')
  await grid.focus()
  await press('Home', 'ArrowRight', 'p')
  await expect(tiles).toHaveCount(ids.length - 1)
  expect(await inFront(page)).toBe(at(2))
  await expect(grid).toBeFocused()
  await press('x')
  await expect(tiles).toHaveCount(ids.length - 2)
  expect(await inFront(page)).toBe(at(3))
  await press('End', 'x')
  await expect(tiles).toHaveCount(ids.length - 3)
  expect(await inFront(page)).toBe(at(5))

  await press('Enter')
  await expect(page.getByRole('main', { name: 'Run' })).toBeVisible()
  await press('g')
  await expect(grid).toBeFocused()
  expect(await inFront(page)).toBe(at(5))
})

test('by mouse: select, mark, look closely, drag onto a board and off it, compare', async ({
  page,
  serve,
}) => {
  const { newestLink, studio } = await serve()
  const ids = await makeRun(studio, 4)
  const at = (index: number) => ids[index] ?? 0
  await page.goto(newestLink())
  const { tiles, selected, boards, loupe, grid } = await openWall(page)
  await expect(tiles).toHaveCount(ids.length)

  await tileOf(page, at(0)).click()
  await tileOf(page, at(2)).click({ modifiers: ['Control'] })
  await expect(selected).toHaveCount(2)
  await tileOf(page, at(0)).click()
  await tileOf(page, at(2)).click({ modifiers: ['Shift'] })
  await expect(selected).toHaveCount(3)
  await page.getByRole('button', { name: 'Pick 3 pictures (P)' }).click()
  await expect.poll(() => marksOf(studio, ids)).toEqual(['pick 0', 'pick 0', 'pick 0', 'none 0', 'none 0'])
  await page.getByRole('button', { name: 'Rate 3 pictures 2 stars (2)' }).click()
  await expect.poll(() => marksOf(studio, ids)).toEqual(['pick 2', 'pick 2', 'pick 2', 'none 0', 'none 0'])
  await expectNoViolations(page)

  await boards.getByRole('button', { name: 'New board' }).click()
  await page.getByRole('textbox', { name: 'Name of the new board' }).fill('Covers')
  await page.keyboard.press('Enter')
  const board = boards.getByRole('button', { name: /^Covers/ })
  await tileOf(page, at(1)).dragTo(board)
  await expect(board).toHaveText(/3$/)
  expect(await wallOf(studio, { board: 1 })).toEqual(ids.slice(0, 3))

  await board.click()
  await expect(tiles).toHaveCount(3)
  await tileOf(page, at(0)).click()
  await page.getByRole('button', { name: 'Take off' }).click()
  await expect(tiles).toHaveCount(2)
  expect(await inFront(page)).toBe(at(1))
  await expect(grid).toBeFocused()

  await board.hover()
  await boards.getByRole('button', { name: 'Rename Covers (F2)' }).click()
  await page.getByRole('textbox', { name: 'New name of Covers' }).fill('Backs')
  await page.keyboard.press('Enter')
  await expect(boards.getByRole('button', { name: /^Backs/ })).toBeFocused()
  await boards.getByRole('button', { name: /^Remove the board Backs/ }).click()
  await expect(boards.getByRole('button', { name: /^Backs/ })).toHaveCount(0)
  await expect(tiles).toHaveCount(ids.length)
  await page.keyboard.press('Control+z')
  await expect(boards.getByRole('button', { name: /^Backs\s*2$/ })).toBeVisible()

  await tileOf(page, at(3)).dblclick()
  await expect(loupe).toBeVisible()
  await page.getByRole('button', { name: 'Picture before (left arrow)' }).click()
  await expect(loupe).toHaveAccessibleName(/3 of 5/)
  await loupe.getByRole('button', { name: /^Reject/ }).click()
  await expect.poll(() => marksOf(studio, [at(2)])).toEqual(['reject 2'])
  await expectNoViolations(page)
  await page.getByRole('button', { name: 'Close (Escape)' }).click()
  await expect(grid).toBeFocused()

  await tileOf(page, at(0)).click()
  await tileOf(page, at(1)).click({ modifiers: ['Control'] })
  await page.getByRole('button', { name: 'Compare', exact: true }).click()
  await expect(page.getByRole('region', { name: 'Compare 2 pictures' })).toBeVisible()
})

test('a mark leads on to the next picture where that is wished', async ({ page, serve }) => {
  const { newestLink, studio } = await serve()
  const ids = await makeRun(studio, 3)
  await page.goto(newestLink())
  const { grid } = await openWall(page)
  await page.getByRole('switch', { name: 'Next after a mark' }).click()
  await grid.focus()
  for (const key of ['ArrowRight', 'p', 'x', '3', 'p']) await page.keyboard.press(key)
  await expect.poll(() => marksOf(studio, ids)).toEqual(['pick 0', 'reject 0', 'none 3', 'pick 0'])
  await page.reload()
  await expect(page.getByRole('switch', { name: 'Next after a mark' })).toBeChecked()
})
