import { useId, useRef, useState } from 'react'

import { maxPresets } from '../../../shared/preferences.ts'
import type { Preferences } from '../../../shared/preferences.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { TextInput } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import { Popover } from '../../components/popover.tsx'
import { costText } from './cost.tsx'
import panel from './compose-panel.module.css'
import { fitted } from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'
import { budgeted } from './forecast.ts'
import styles from './preset-menu.module.css'
import { builtInPresets, ownPresets, replacedBy, settingsToKeep } from './presets.ts'
import type { Preset } from './presets.ts'
import type { DraftHandle } from './use-draft.ts'

type OwnPresets = Preferences['presets']

type PresetMenuProps = {
  readonly handle: DraftHandle
  /** As a person has it, and not as its algorithm or its budget makes of it: that is not theirs to keep or bring back. */
  readonly draft: Draft
  readonly pack: ImagePack
  /** Seconds an evaluation; null before the first run of its kind. */
  readonly rate: number | null
}

/** Settings under a name, with what they do and what they cost here; a person's own can be added and removed. */
export function PresetMenu({ handle, draft, pack, rate }: PresetMenuProps) {
  const { bridge, undo } = useStudio()
  const preferences = valueOf(useQuery('preferences'))
  const id = useId()
  const presets = [...builtInPresets(pack), ...ownPresets(preferences, draft)]
  const costOf = ({ changes }: Preset) =>
    costText(budgeted(fitted({ ...draft, ...changes }, pack), rate).draft, rate)

  const apply = (preset: Preset) => {
    const before = replacedBy(draft, preset.changes)
    document.getElementById(id)?.hidePopover()
    handle.change(preset.changes)
    undo.done({
      label: `Took the preset ${preset.label}`,
      undo: () => Promise.resolve(handle.change(before)),
      redo: () => Promise.resolve(handle.change(preset.changes)),
    })
  }
  /** One after the other, each from what the one before it has made of them: what is drawn may be older. */
  const last = useRef<Promise<unknown>>(Promise.resolve())
  const keep = (label: string, change: (presets: OwnPresets) => OwnPresets) => {
    const set = (to: OwnPresets) => () => bridge.setPreferences({ presets: to })
    const begin = last.current
    last.current = undo.act(async () => {
      await begin
      const { presets: before } = await bridge.preferences()
      const after = change(before)
      await set(after)()
      return { label, undo: set(before), redo: set(after) }
    })
  }
  const without = (name: string) => (presets: OwnPresets) => presets.filter((one) => one.name !== name)

  return (
    <>
      <button type="button" className={panel.example} popoverTarget={id}>
        Presets…
      </button>
      <Popover id={id} label="Presets" className={styles.menu}>
        <ul className={styles.presets}>
          {presets.map((preset) => (
            <li key={preset.id} className={styles.row}>
              <button type="button" className={styles.preset} onClick={() => apply(preset)}>
                <span className={styles.name} dir="auto">
                  {preset.label}
                </span>
                <span className={styles.about}>{preset.about}</span>
                <PresetCost cost={costOf(preset)} />
              </button>
              {preset.own && (
                <Button
                  look="plain"
                  icon="close"
                  aria-label={`Remove the preset ${preset.label}`}
                  onClick={() => keep(`Removed the preset ${preset.label}`, without(preset.label))}
                />
              )}
            </li>
          ))}
        </ul>
        <SaveForm
          isFull={(preferences?.presets.length ?? 0) >= maxPresets}
          onSave={(name) =>
            keep(`Saved the preset ${name}`, (presets) => [
              ...without(name)(presets),
              { name, settings: settingsToKeep(draft) },
            ])
          }
        />
      </Popover>
    </>
  )
}

function PresetCost({ cost }: { readonly cost: ReturnType<typeof costText> }) {
  return (
    <span className={styles.cost}>
      {cost === null ? 'It cannot be run as it stands.' : `${cost.amount}. ${cost.time}`}
    </span>
  )
}

type SaveFormProps = { readonly isFull: boolean; readonly onSave: (name: string) => void }

function SaveForm({ isFull, onSave }: SaveFormProps) {
  const id = useId()
  const [name, setName] = useState('')
  const [tried, setTried] = useState(false)
  const fault = isFull
    ? `There are ${maxPresets} presets; remove one first`
    : tried && name.trim() === ''
      ? 'Expected a name, found nothing'
      : null
  const save = () => {
    setTried(true)
    if (isFull || name.trim() === '') return
    onSave(name.trim())
    setName('')
    setTried(false)
  }
  return (
    <div className={styles.save}>
      <Field id={id} label="Keep the form as a preset, but for prompt, pack, seed and device">
        <div className={styles.pair}>
          <TextInput
            id={id}
            value={name}
            maxLength={80}
            dir="auto"
            placeholder="Name"
            invalid={fault !== null}
            aria-describedby={noteId(id)}
            onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter') return
              // The popover stands inside the form, which would run.
              event.preventDefault()
              if (!event.ctrlKey && !event.metaKey) save()
            }}
          />
          <Button onClick={save}>Save</Button>
        </div>
      </Field>
      <Note id={id} fault={fault} />
    </div>
  )
}
