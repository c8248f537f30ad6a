/**
 * What a person can have the window do from anywhere: one table for the keys, the list of keys and the desktop's menus.
 * `key` is what is pressed: one character as the keyboard gives it, `Mod` being Ctrl or, on macOS, Command.
 */

export type CommandFacts = {
  readonly label: string
  readonly key: string
  readonly menu: 'file' | 'edit' | 'view' | 'help'
}

export const commands = {
  new_run: { label: 'Go to the prompt', key: '/', menu: 'file' },
  export: { label: 'Export…', key: 'e', menu: 'file' },
  settings: { label: 'Settings…', key: 'Mod+,', menu: 'file' },
  undo: { label: 'Undo', key: 'Mod+z', menu: 'edit' },
  redo: { label: 'Redo', key: 'Mod+Shift+z', menu: 'edit' },
  create: { label: 'Create', key: 'n', menu: 'view' },
  gallery: { label: 'Gallery', key: 'g', menu: 'view' },
  figure: { label: 'Figure', key: 'f', menu: 'view' },
  compare: { label: 'Compare', key: 'c', menu: 'view' },
  tree: { label: 'Search tree', key: 't', menu: 'view' },
  duel: { label: 'Duel', key: 'd', menu: 'view' },
  court: { label: 'Court', key: 'v', menu: 'view' },
  models: { label: 'Models', key: 'l', menu: 'view' },
  newer_run: { label: 'Newer run', key: '[', menu: 'view' },
  earlier_run: { label: 'Earlier run', key: ']', menu: 'view' },
  keys: { label: 'Keys', key: '?', menu: 'help' },
} as const satisfies Readonly<Record<string, CommandFacts>>

export type CommandId = keyof typeof commands

/** What a menu or a notification, both outside the page, asks of the window. */
export type WindowCommand =
  | { readonly kind: 'command'; readonly command: CommandId }
  | { readonly kind: 'open-run'; readonly runId: number }
