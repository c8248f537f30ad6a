import type { DeviceReport } from '../../../shared/domain.ts'
import { devices, generators, idsOf } from '../../../shared/vocabulary.ts'
import { useQuery, valueOf } from '../../api/hooks.ts'
import { Select } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import type { Draft, Faults, ImagePack } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'

const ids = { device: 'compose-device', generator: 'compose-generator' } as const

type PlaceFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly pack: ImagePack | undefined
  readonly onChange: (changes: Partial<Draft>) => void
}

/** Size, device and noise: the pack's size, the processor and our own noise are right for most runs. */
export function PlaceFields({ draft, faults, pack, onChange }: PlaceFieldsProps) {
  return (
    <>
      {pack !== undefined && pack.sizes !== null && (
        <NumberGrid
          {...{ id: 'compose-size', draft, faults, onChange }}
          fields={(['width', 'height'] as const).map((side) => ({
            ...{ of: 'size', label: side === 'width' ? 'Picture width' : 'Picture height' },
            name: side === 'width' ? 'pictureWidth' : 'pictureHeight',
            ...{ stride: pack.sizes?.multipleOf ?? 1, least: pack.sizes?.least ?? 1 },
            ...{ placeholder: String(pack[side]), hint: sizesText(pack) },
          }))}
          note={sizesText(pack)}
        />
      )}
      <DeviceField device={draft.device} fault={faults.device ?? null} onChange={onChange} />
      <div>
        <Field id={ids.generator} label="Starting noises">
          <Select
            id={ids.generator}
            value={draft.generator}
            invalid={faults.generator !== undefined}
            aria-describedby={noteId(ids.generator)}
            options={idsOf(generators).map((id) => ({ id, label: generators[id].label }))}
            onPick={(id) => onChange({ generator: id as Draft['generator'] })}
          />
        </Field>
        <Note id={ids.generator} fault={faults.generator ?? null} lines={2}>
          {generators[draft.generator].about}
        </Note>
      </div>
    </>
  )
}

type DeviceFieldProps = {
  readonly device: Draft['device']
  readonly fault: string | null
  readonly onChange: (changes: Partial<Draft>) => void
}

/** Asks what this machine has when it is first shown: trying each device takes seconds. */
function DeviceField({ device, fault, onChange }: DeviceFieldProps) {
  const query = useQuery('devices')
  const reports = valueOf(query)
  const usable = reports?.filter(({ id, available }) => available || id === device).map(({ id }) => id)
  const report = reports?.find(({ id }) => id === device)
  const problem =
    report?.available === false ? `${devices[device].label} cannot be used: ${report.reason ?? ''}` : null
  return (
    <div>
      <Field
        id={ids.device}
        label="Device"
        aside={query.kind === 'loading' ? 'trying what this machine has…' : undefined}
      >
        <Select
          id={ids.device}
          value={device}
          invalid={fault !== null || problem !== null}
          aria-describedby={noteId(ids.device)}
          options={(usable ?? [device]).map((id) => ({ id, label: devices[id].label }))}
          onPick={(id) => onChange({ device: id as Draft['device'] })}
        />
      </Field>
      <Note id={ids.device} fault={fault ?? problem} lines={2}>
        {devices[device].about}
      </Note>
      {reports !== null && reports.some(({ available }) => !available) && (
        <details className={styles.left}>
          <summary>Why not the others</summary>
          <ul>
            {reports
              .filter(({ available }) => !available)
              .map((one) => (
                <li key={one.id}>{reasonText(one)}</li>
              ))}
          </ul>
        </details>
      )}
    </div>
  )
}

function reasonText({ id, reason }: DeviceReport): string {
  return `${devices[id].label}: ${reason ?? 'not available'}`
}

function sizesText({ sizes, width, height }: ImagePack): string {
  if (sizes === null) return ''
  return `${width} × ${height}, or sides from ${sizes.least} to ${sizes.most} in steps of ${sizes.multipleOf}.`
}

/** What is set in a few words, for the folded group. */
export function placeInWords(
  { pictureWidth, pictureHeight, device, generator }: Draft,
  pack: ImagePack | undefined,
): string {
  const [width, height] = [pictureWidth || pack?.width, pictureHeight || pack?.height]
  const size = width === undefined || height === undefined ? [] : [`${width} × ${height}`]
  return [...size, devices[device].label, generators[generator].label].join(', ')
}
