const mac = /mac/i.test(navigator.userAgent)

const names: Readonly<Record<string, string>> = { Mod: mac ? '⌘' : 'Ctrl', Shift: '⇧' }

/** A key of shared/commands.ts as the keys on the desk are named, in the order in which they are pressed. */
export function shownKey(key: string): readonly string[] {
  return key.split('+').map((part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part))
}
