import { formatCount } from '../../../shared/format.ts'
import type { Draft, Faults } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const stops: readonly (GridField & { readonly unit: string })[] = [
  {
    ...{ name: 'budgetNfe', of: 'budget.nfe', label: 'NFE', unit: 'NFE' },
    hint: 'Evaluations of the denoiser.',
  },
  {
    ...{ name: 'budgetVerifierCalls', of: 'budget.verifierCalls', label: 'Verifier calls', unit: 'calls' },
    hint: 'Verdicts of the guide.',
  },
  {
    ...{ name: 'budgetMinutes', of: 'budget.seconds', label: 'Minutes', unit: 'min' },
    hint: 'Time of the engine.',
  },
]

type StopFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly onChange: (changes: Partial<Draft>) => void
}

/** Where the search ends early, however large it is, in any of the three currencies. */
export function StopFields({ draft, faults, onChange }: StopFieldsProps) {
  return (
    <NumberGrid
      {...{ id: 'compose-stops', draft, faults, onChange }}
      fields={stops.map((field) => ({ ...field, placeholder: 'any' }))}
      note="The search ends at whichever is reached first."
    />
  )
}

export function areStopsFaulty(faults: Faults): boolean {
  return stops.some(({ of }) => of !== undefined && faults[of] !== undefined)
}

/** The stops in a few words, for the folded group. */
export function stopsInWords(draft: Draft): string {
  const bounds = stops.flatMap(({ name, unit }) => {
    const text = draft[name].trim()
    const value = Number(text)
    return text === '' ? [] : [`${Number.isInteger(value) ? formatCount(value) : text} ${unit}`]
  })
  return bounds.length === 0 ? 'none' : bounds.join(', ')
}
