import { useEffect, useLayoutEffect, useRef, useState } from 'react'

import type { FoundSettings, PackSummary } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { pngWithoutPixels } from '../../../shared/png-without-pixels.ts'
import { useStudio, useUndo } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import styles from './compose-panel.module.css'
import { withSettings } from './draft.ts'
import { isPromptFile, useDropped } from './use-file-drop.ts'
import type { Drop } from './use-file-drop.ts'
import type { DraftHandle } from './use-draft.ts'

const sources: Readonly<Record<FoundSettings['source'], string>> = {
  goldpan: 'Settings of a picture by Goldpan',
  a1111: "Settings from a picture's A1111 parameters",
  comfyui: "Settings from a picture's ComfyUI graph",
}

/** What undo takes back. */
const takenLabel = 'Took settings from a picture'

type Outcome =
  | { readonly kind: 'taken'; readonly found: FoundSettings }
  | { readonly kind: 'refused'; readonly message: string }

/**
 * Fills the form with how a picture was made: a PNG that is chosen here, or dropped anywhere on the form. What could not
 * be taken over is listed, and one press takes it all back.
 */
export function PictureSettings({
  handle,
  packs,
  dropped,
}: {
  readonly handle: DraftHandle
  readonly packs: readonly PackSummary[] | null
  readonly dropped: Drop | null
}) {
  const { bridge, undo } = useStudio()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const [{ undo: nextUndo }] = useUndo()
  const chooser = useRef<HTMLInputElement>(null)
  const place = useRef<HTMLButtonElement>(null)

  /** The form by the time that an answer comes: what was typed meanwhile stays. */
  const latest = useRef(handle)
  useLayoutEffect(() => {
    latest.current = handle
  })
  const files = useRef(0)

  const take = async (file: File): Promise<void> => {
    const mine = ++files.current
    try {
      const png = await pngWithoutPixels(
        file.size,
        async (from, to) => new Uint8Array(await file.slice(from, to).arrayBuffer()),
      )
      const found = await bridge.readSettings({ png: base64Of(png) })
      // Of two files the one that came last counts.
      if (mine !== files.current) return
      const before = latest.current.draft
      const after = withSettings(before, found.settings, packs)
      setOutcome({ kind: 'taken', found })
      handle.change(after)
      undo.done({
        label: takenLabel,
        undo: () => {
          setOutcome(null)
          return Promise.resolve(handle.change(before))
        },
        redo: () => Promise.resolve(handle.change(after)),
      })
    } catch (thrown) {
      if (mine === files.current) setOutcome({ kind: 'refused', message: toErrorData(thrown).message })
    }
  }
  // Dropped far below, it is told up here.
  useEffect(() => {
    if (outcome !== null) place.current?.scrollIntoView({ block: 'nearest' })
  }, [outcome])
  useDropped(dropped, (file) => {
    if (!isPromptFile(file)) void take(file)
  })

  return (
    <>
      <button
        ref={place}
        type="button"
        className={styles.example}
        title="Fills the form from a PNG by Goldpan, A1111 or ComfyUI; or drop it on the form"
        onClick={() => chooser.current?.click()}
      >
        From a picture…
      </button>
      <input
        ref={chooser}
        type="file"
        accept="image/png"
        hidden
        aria-label="Picture with settings"
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ''
          if (file !== undefined) void take(file)
        }}
      />
      {outcome?.kind === 'refused' && (
        <p role="alert" className={styles.refused}>
          {outcome.message}
        </p>
      )}
      {outcome?.kind === 'taken' && (
        <div role="status" className={styles.left}>
          <p>
            {sources[outcome.found.source]}
            {outcome.found.notTaken.length > 0 && `, but for ${outcome.found.notTaken.length} of them:`}
          </p>
          <ul dir="auto">
            {outcome.found.notTaken.map(({ field, value, why }) => (
              <li key={`${field} ${value}`}>
                {field}: {value.slice(0, 120)} ({why})
              </li>
            ))}
          </ul>
          {nextUndo === takenLabel && (
            <Button look="plain" icon="undo" onClick={() => void undo.undo()}>
              Undo
            </Button>
          )}
          <Button look="plain" onClick={() => setOutcome(null)}>
            Keep
          </Button>
        </div>
      )}
    </>
  )
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  // In parts: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(text)
}
