import { useEffect, useEffectEvent, useLayoutEffect } from 'react'

import { commands } from '../../shared/commands.ts'
import type { CommandId, WindowCommand } from '../../shared/commands.ts'
import { useStudio } from '../api/hooks.ts'
import { isTyping } from '../components/typing.ts'

/** What each command does at the moment; those left out do nothing. */
export type Actions = Partial<Readonly<Record<CommandId, () => void>>>

const byKey = new Map<string, CommandId>(
  Object.entries(commands).map(([id, { key }]) => [key, id as CommandId]),
)

/**
 * The keys of the whole window (shared/commands.ts). They rest while text is typed and where a view has taken the key
 * for itself; so the keys of the browser, the desktop and the fields keep working. The desktop's menus and notifications
 * ask for the same.
 */
export function useCommands(actions: Actions, openRun: (runId: number) => void): void {
  const { bridge } = useStudio()
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.altKey) return
    const id = byKey.get(nameOf(event))
    const act = id === undefined ? undefined : actions[id]
    if (act === undefined || (isTyping(event.target) && id !== 'settings')) return
    event.preventDefault()
    act()
  })
  // Before the first paint: who sees the window may press its keys.
  useLayoutEffect(() => {
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const onCommand = useEffectEvent((asked: WindowCommand) => {
    if (asked.kind === 'open-run') openRun(asked.runId)
    else if (isOfText(asked.command) && isTyping(document.activeElement)) {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- a page has no other way to have its text undone
      document.execCommand(asked.command)
    } else actions[asked.command]?.()
  })
  useEffect(() => bridge.onCommand(onCommand), [bridge])
}

/** Undo in a menu means the text while somebody types, and what was done to pictures otherwise. */
const isOfText = (command: CommandId) => command === 'undo' || command === 'redo'

/** As the table writes it. Shift is a part of the character already, but beside Mod. */
function nameOf({ key, ctrlKey, metaKey, shiftKey }: KeyboardEvent): string {
  const plain = key.toLowerCase()
  if (!ctrlKey && !metaKey) return shiftKey && /^[a-z]$/.test(plain) ? `Shift+${plain}` : plain
  return shiftKey ? `Mod+Shift+${plain}` : `Mod+${plain}`
}
