import { idsOf, samplers, schedules } from '../../../shared/vocabulary.ts'
import { Select } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'
import type { Draft, Faults, Fitting, ImagePack } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const ids = { sampler: 'compose-sampler', schedule: 'compose-schedule', note: 'compose-sampling' } as const

const steps: GridField = { name: 'steps', label: 'Steps', hint: 'Denoising steps of each candidate.' }
const guidance: GridField = {
  ...{ name: 'guidance', label: 'Guidance', stride: 0.5, least: 0 },
  hint: 'How strongly the prompt pulls; 1 for none.',
}
const finalSteps: GridField = {
  ...{ name: 'finalSteps', label: 'Final steps', placeholder: 'none' },
  hint: 'The winner is made once more with so many steps.',
}
const shift: GridField = {
  ...{ name: 'shift', label: 'Shift', stride: 0.5, least: 0.5 },
  hint: 'How far the levels are moved towards the noise; 1 is linear.',
}

type SamplingFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly fitting: Fitting
  readonly pack: ImagePack | undefined
  readonly onChange: (changes: Partial<Draft>) => void
}

/** How a candidate is sampled, and the winner once more. Offers what goes with the algorithm. */
export function SamplingFields({ draft, faults, fitting, pack, onChange }: SamplingFieldsProps) {
  const fields = [
    steps,
    ...(pack?.guidanceBy === 'none' ? [] : [guidance]),
    ...(fitting.finalSteps ? [finalSteps] : []),
    // Checked with every schedule: what is wrong can be mended.
    ...(draft.schedule === 'shifted' || faults.shift !== undefined ? [shift] : []),
  ]
  return (
    <div className={styles.stack}>
      <div>
        <div className={styles.pair}>
          <Field
            id={ids.sampler}
            label="Sampler"
            aside={fitText(fitting.samplers.length, idsOf(samplers).length)}
          >
            <Select
              id={ids.sampler}
              value={draft.sampler}
              invalid={faults.sampler !== undefined}
              aria-describedby={noteId(ids.note)}
              title={samplers[draft.sampler].about}
              options={fitting.samplers.map((id) => ({ id, label: samplers[id].label }))}
              onPick={(id) => onChange({ sampler: id as Draft['sampler'] })}
            />
          </Field>
          <Field
            id={ids.schedule}
            label="Schedule"
            aside={fitText(fitting.schedules.length, idsOf(schedules).length)}
          >
            <Select
              id={ids.schedule}
              value={draft.schedule}
              invalid={faults.schedule !== undefined}
              aria-describedby={noteId(ids.note)}
              title={schedules[draft.schedule].about}
              options={fitting.schedules.map((id) => ({ id, label: schedules[id].label }))}
              onPick={(id) => onChange({ schedule: id as Draft['schedule'] })}
            />
          </Field>
        </div>
        <Note id={ids.note} fault={faults.sampler ?? faults.schedule ?? null}>
          {fitting.reason ?? `${samplers[draft.sampler].label}: ${samplers[draft.sampler].about}`}
        </Note>
      </div>
      <NumberGrid id="compose-numbers" fields={fields} draft={draft} faults={faults} onChange={onChange} />
    </div>
  )
}

/** Says that an algorithm does not take everything there is. */
function fitText(fit: number, all: number): string | undefined {
  return fit === all ? undefined : `${fit} of ${all} fit`
}

/** How a candidate is sampled in a few words, for the folded group. */
export function samplingInWords({ sampler, schedule, steps, guidance, finalSteps }: Draft): string {
  const final = finalSteps.trim()
  return [
    `${steps} ${samplers[sampler].label}`,
    schedules[schedule].label.toLowerCase(),
    `guidance ${guidance}`,
    ...(final === '' ? [] : [`${final} at the end`]),
  ].join(', ')
}
