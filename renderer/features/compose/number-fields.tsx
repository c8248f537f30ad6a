import type { Draft, Faults, Fitting } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const steps: GridField = { name: 'steps', label: 'Steps', hint: 'Denoising steps of each candidate.' }
const guidance: GridField = {
  ...{ name: 'guidance', label: 'Guidance', stride: 0.5, least: 0 },
  hint: 'How strongly the prompt pulls; 1 for none.',
}
const finalSteps: GridField = {
  ...{ name: 'finalSteps', label: 'Final steps', placeholder: 'none' },
  hint: 'The winner is made once more with so many steps.',
}

type NumberFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly fitting: Fitting
  readonly onChange: (changes: Partial<Draft>) => void
}

/** How a candidate is sampled, and the winner once more. */
export function NumberFields({ fitting, ...rest }: NumberFieldsProps) {
  const fields = fitting.finalSteps ? [steps, guidance, finalSteps] : [steps, guidance]
  return <NumberGrid id="compose-numbers" fields={fields} {...rest} />
}
