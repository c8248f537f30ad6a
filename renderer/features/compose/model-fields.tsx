import type { PackSummary } from '../../../shared/domain.ts'
import { algorithms, idsOf } from '../../../shared/vocabulary.ts'
import { Select } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import { settingsOf } from './draft.ts'
import type { Draft, Faults } from './draft.ts'
import { imagePacks } from './packs.ts'

const ids = {
  pack: 'compose-pack',
  algorithm: 'compose-algorithm',
} as const

type ModelFieldsProps = {
  readonly draft: Draft
  readonly packs: readonly PackSummary[] | null
  /** Why nothing can be run with these packs. */
  readonly problem: string | null
  readonly faults: Faults
  readonly onChange: (changes: Partial<Draft>) => void
}

/** What makes the images, and how they are searched for. */
export function ModelFields({ draft, packs, problem, faults, onChange }: ModelFieldsProps) {
  const images = imagePacks(packs)
  return (
    <div>
      <div className={styles.rows}>
        <Field id={ids.pack} label="Pack" inline>
          <Select
            id={ids.pack}
            value={draft.pack}
            disabled={images.length === 0}
            title={images.find(({ id }) => id === draft.pack)?.description}
            invalid={problem !== null}
            aria-describedby={noteId(ids.pack)}
            options={
              packs === null
                ? [{ id: draft.pack, label: 'Loading…' }]
                : images.length === 0
                  ? [{ id: draft.pack, label: 'None installed' }]
                  : // A damaged one can be chosen: then the reason stands below it, and nothing runs.
                    images.map((pack) => ({
                      id: pack.id,
                      label: pack.problem === null ? pack.name : `${pack.name} (damaged)`,
                    }))
            }
            onPick={(packId) => {
              const pack = images.find((image) => image.id === packId)
              if (pack !== undefined) onChange(settingsOf(pack))
            }}
          />
        </Field>
        <Field id={ids.algorithm} label="Algorithm" inline>
          <Select
            id={ids.algorithm}
            value={draft.algorithm}
            invalid={faults.algorithm !== undefined}
            aria-describedby={noteId(ids.pack)}
            options={idsOf(algorithms).map((id) => ({ id, label: algorithms[id].label }))}
            onPick={(id) => onChange({ algorithm: id as Draft['algorithm'] })}
          />
        </Field>
      </div>
      <Note id={ids.pack} fault={problem ?? faults.algorithm ?? null} lines={2}>
        {algorithms[draft.algorithm].about}
      </Note>
    </div>
  )
}
