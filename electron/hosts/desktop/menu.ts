import type { MenuItemConstructorOptions } from 'electron'

import { commands } from '../../../shared/commands.ts'
import type { CommandFacts, CommandId, WindowCommand } from '../../../shared/commands.ts'
import type { RunSummary } from '../../../shared/domain.ts'

type Item = MenuItemConstructorOptions

/** How many runs are listed, and how much of their prompts. */
const recentRuns = 10
const promptShown = 48

/**
 * The native menu: Electron's roles where it has them, and the commands of the window, which are sent to the page.
 * Reload and developer tools exist while developing.
 *
 * @param options.runs newest first
 */
export function menuTemplate(options: {
  readonly mac: boolean
  readonly development: boolean
  readonly runs: readonly Pick<RunSummary, 'id' | 'spec'>[]
  readonly send: (command: WindowCommand) => void
}): Item[] {
  const { mac, development, runs, send } = options
  const separator: Item = { type: 'separator' }
  const item = (id: CommandId): Item => ({
    id,
    label: commands[id].label,
    ...keyOf(commands[id].key, mac),
    click: () => send({ kind: 'command', command: id }),
  })
  const of = (menu: CommandFacts['menu'], ...without: readonly CommandId[]) =>
    (Object.keys(commands) as CommandId[])
      .filter((id) => commands[id].menu === menu && !without.includes(id))
      .map(item)
  const recent: Item = {
    label: 'Recent runs',
    submenu:
      runs.length === 0
        ? [{ label: 'None yet', enabled: false }]
        : runs.slice(0, recentRuns).map(({ id, spec }) => ({
            label: `${id}   ${menuText(spec.prompt)}`,
            click: () => send({ kind: 'open-run', runId: id }),
          })),
  }
  const app: Item = {
    role: 'appMenu',
    submenu: [
      { role: 'about' },
      separator,
      item('settings'),
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  }
  return [
    ...(mac ? [app] : []),
    {
      label: 'File',
      submenu: [
        item('new_run'),
        recent,
        separator,
        item('export'),
        separator,
        ...(mac ? [] : [item('settings'), separator]),
        { role: mac ? 'close' : 'quit' },
      ],
    },
    {
      label: 'Edit',
      submenu: [
        ...of('edit'),
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: 'View',
      submenu: [
        ...of('view'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'togglefullscreen' },
        ...(development ? [separator, { role: 'reload' as const }, { role: 'toggleDevTools' as const }] : []),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [...of('help'), ...(mac ? [] : [{ role: 'about' as const }])] },
  ]
}

/**
 * The key beside an item. The page acts on keys itself, because it knows whether somebody is typing; so the menu only
 * shows them. macOS cannot show without acting: there only keys with Command are given, which the page sees first.
 */
function keyOf(key: string, mac: boolean): Item {
  const accelerator = key
    .split('+')
    .map((part) => (part === 'Mod' ? 'CmdOrCtrl' : part.length === 1 ? part.toUpperCase() : part))
    .join('+')
  if (!mac) return { accelerator, registerAccelerator: false }
  return key.startsWith('Mod+') ? { accelerator } : {}
}

/** A prompt as one short line of a menu, in which `&` would mark a key. */
function menuText(prompt: string): string {
  const line = prompt.replace(/[\s\p{C}]+/gu, ' ').trim()
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment)
  const shown = characters.length <= promptShown ? line : `${characters.slice(0, promptShown - 1).join('')}…`
  return shown.replaceAll('&', '&&')
}
