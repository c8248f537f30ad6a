import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { MenuItemConstructorOptions } from 'electron'

import { commands } from '../../../shared/commands.ts'
import type { WindowCommand } from '../../../shared/commands.ts'
import type { RunSummary } from '../../../shared/domain.ts'
import { menuTemplate } from './menu.ts'

type Item = MenuItemConstructorOptions

function setUp(options: { mac?: boolean; development?: boolean; prompts?: readonly string[] } = {}) {
  const { mac = false, development = false, prompts = [] } = options
  const sent: WindowCommand[] = []
  const runs = prompts.map((prompt, index) => ({
    id: prompts.length - index,
    spec: { prompt } as RunSummary['spec'],
  }))
  const template = menuTemplate({ mac, development, runs, send: (command) => sent.push(command) })
  const items = (list: readonly Item[]): Item[] =>
    list.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? items(item.submenu) : [])])
  return { all: items(template), sent }
}

/** Electron calls with three arguments that ours does not look at. */
const press = (item: Item | undefined) => (item?.click as () => void)()

test('every command of the window is in the menu once, and is sent as it is called', () => {
  for (const mac of [true, false]) {
    const { all, sent } = setUp({ mac })
    const ids = Object.keys(commands)
    assert.deepEqual(all.flatMap(({ id }) => id ?? []).sort(), ids.toSorted())
    for (const item of all.filter(({ id }) => id !== undefined)) press(item)
    assert.deepEqual(
      sent.map((command) => command.kind === 'command' && command.command).sort(),
      ids.toSorted(),
    )
  }
})

test('keys are shown but left to the page; on macOS only those with Command are shown', () => {
  const other = setUp().all.filter(({ id }) => id !== undefined)
  assert.ok(other.every((item) => item.registerAccelerator === false && item.accelerator !== undefined))
  assert.equal(other.find(({ id }) => id === 'redo')?.accelerator, 'CmdOrCtrl+Shift+Z')
  assert.equal(other.find(({ id }) => id === 'gallery')?.accelerator, 'G')
  const mac = setUp({ mac: true }).all.filter(({ accelerator }) => accelerator !== undefined)
  assert.ok(mac.length > 0 && mac.every(({ accelerator }) => String(accelerator).startsWith('CmdOrCtrl+')))
})

test('the ten newest runs are there with their prompts on one line, and open in the window', () => {
  const { all, sent } = setUp({
    prompts: ['salt & pepper', 'two\nlines\u202e', 'x'.repeat(200), ...Array<string>(20).fill('more')],
  })
  const recent = all.find(({ label }) => label === 'Recent runs')?.submenu as Item[]
  assert.equal(recent.length, 10)
  const [first, second, third] = recent.map(({ label }) => label ?? '')
  assert.equal(first, '23   salt && pepper')
  assert.equal(second, '22   two lines')
  assert.equal(third?.length, '21   '.length + 48)
  press(recent[0])
  assert.deepEqual(sent, [{ kind: 'open-run', runId: 23 }])
  const none = setUp().all.find(({ label }) => label === 'Recent runs')?.submenu as Item[]
  assert.deepEqual(none, [{ label: 'None yet', enabled: false }])
})

test('reload and developer tools are in the menu only while developing', () => {
  const roles = (development: boolean) => setUp({ development }).all.flatMap(({ role }) => role ?? [])
  assert.ok(roles(true).includes('reload') && roles(true).includes('toggleDevTools'))
  assert.ok(!roles(false).some((role) => /reload|toggleDevTools/i.test(role)))
})
