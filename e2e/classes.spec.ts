/** A pack that draws classes, as a person meets it: the class is chosen, not written. */

import { expect, parts, test, tinyPacks, unfold } from './studio.ts'

test('a class is found by typing and by arrows, and drawn', async ({ page, serve }) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks] })
  await page.goto(newestLink())
  await expect(parts(page).run).toBeEnabled()
  await parts(page).prompt.fill('two red stars in night')
  await page.getByRole('combobox', { name: 'Pack' }).selectOption('tiny-classes')

  // The sentence is no class: it stays until one is chosen, and says so.
  const field = page.getByRole('combobox', { name: 'Class' })
  await expect(field).toHaveValue('two red stars in night')
  await expect(page.getByText('Choose one of the 3 classes of this pack')).toBeVisible()

  const list = page.getByRole('listbox', { name: 'Classes' })
  await field.click()
  await expect(list.getByRole('option')).toHaveCount(3)
  await field.fill('re')
  await expect(list.getByRole('option')).toHaveText(['red star', 'red circle'])
  await field.press('ArrowDown')
  await field.press('Enter')
  await expect(field).toHaveValue('red circle')
  await expect(list).toBeHidden()

  await field.fill('zebra')
  await expect(page.getByText('No class has a name like that.')).toBeVisible()
  await field.press('Escape')
  await expect(field).toHaveValue('red circle')

  await field.click()
  await list.getByRole('option', { name: 'blue ring' }).click()
  await page.getByRole('textbox', { name: 'Candidates' }).fill('2')
  await unfold(page, 'Baselines')
  await page.getByRole('textbox', { name: /^Baselines/ }).fill('2')
  await page.keyboard.press('Control+Enter')
  await expect(page.getByText(/^Done, \d images/)).toBeVisible()
  const [run] = await studio.api.runs()
  expect(run?.spec.prompt).toBe('blue ring')
  expect(run?.spec.pack).toBe('tiny-classes')
})
