import { formatAngle } from '../../../shared/format.ts'
import { parameters, parametersOf } from '../../../shared/parameters.ts'
import type { ParameterId } from '../../../shared/parameters.ts'
import { idsOf, potentials } from '../../../shared/vocabulary.ts'
import type { Draft, Faults } from './draft.ts'
import { NumberGrid } from './number-grid.tsx'
import type { GridField } from './number-grid.tsx'

const id = 'compose-parameters'

/** Strides of the arrow keys, and the least that they reach, where both are not 1. */
const fine: Readonly<Partial<Record<ParameterId, Pick<GridField, 'stride' | 'least'>>>> = {
  cosine: { stride: 0.005, least: 0.005 },
  startLevel: { stride: 0.01, least: 0.01 },
  forward: { stride: 0.01, least: 0.01 },
  backward: { stride: 0.01, least: 0.01 },
  eta: { stride: 0.01, least: 0.01 },
  strength: { stride: 1, least: 0 },
}

type AlgorithmFieldsProps = {
  readonly draft: Draft
  readonly faults: Faults
  readonly onChange: (changes: Partial<Draft>) => void
}

/** The parameters of the chosen algorithm, by the names and symbols of its paper. */
export function AlgorithmFields({ draft, faults, onChange }: AlgorithmFieldsProps) {
  const own: readonly ParameterId[] = parametersOf[draft.algorithm]
  const fields = own.map((name): GridField => {
    const { label, symbol, about } = parameters[name]
    return {
      name,
      label,
      aside: (name === 'cosine' ? angleOf(draft.cosine) : null) ?? symbol,
      hint: `${symbol}: ${about}`,
      ...fine[name],
      ...(name === 'potential'
        ? { options: idsOf(potentials).map((each) => ({ id: each, label: potentials[each].label })) }
        : {}),
    }
  })
  return <NumberGrid id={id} fields={fields} draft={draft} faults={faults} onChange={onChange} />
}

/** The parameters by their symbols, for the folded group. */
export function parametersInWords(draft: Draft): string {
  const own: readonly ParameterId[] = parametersOf[draft.algorithm]
  return own.map((id) => `${parameters[id].symbol} ${draft[id]}`).join(', ')
}

/** The angle that a cosine is; null while it is none. */
function angleOf(text: string): string | null {
  const cosine = Number(text.replace(',', '.'))
  return cosine > 0 && cosine < 1 ? formatAngle(cosine) : null
}
