import { ClassNames } from '../../../packs/class-names.ts'
import type { ClassPackManifest } from '../../../packs/manifest.ts'
import type { Condition, Conditioner } from './condition.ts'

/** The label of the class that the prompt names; guidance leads away from the null class (SiT, the pack objects). */
export function classLabelConditioner(manifest: ClassPackManifest): Conditioner {
  const classes = new ClassNames(manifest)
  const conditionOf = (label: number): Promise<Condition> =>
    Promise.resolve({
      perRow: { classLabels: { type: 'int64', data: BigInt64Array.of(BigInt(label)), dims: [] } },
      shared: {},
    })
  return {
    condition: (text) => conditionOf(classes.labelOf(text)),
    unconditional: () => conditionOf(manifest.nullClass),
  }
}
