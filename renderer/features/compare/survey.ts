/** What is said of pictures that stand side by side: who is best in which score, and how their making differs. Pure. */

import type { Picture } from '../../../shared/gallery.ts'
import { scoreBy } from '../../../shared/ranking.ts'
import { algorithms, idsOf, verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'

/** One verifier's scores, one a picture in their order; null where it has none. */
export type ScoreRow = {
  readonly verifier: VerifierId
  readonly scores: readonly (number | null)[]
  /** Whether a picture has the highest; nobody where all that have one are equal, or only one has. */
  readonly best: readonly boolean[]
}

/** Every verifier that scored any of the pictures, in the order of the vocabulary. */
export function scoreRows(pictures: readonly (Picture | null)[]): readonly ScoreRow[] {
  return idsOf(verifiers).flatMap((verifier): ScoreRow[] => {
    const scores = pictures.map((picture) => (picture === null ? null : scoreBy(picture, verifier)))
    const known = scores.filter((score) => score !== null)
    if (known.length === 0) return []
    const [least, most] = [Math.min(...known), Math.max(...known)]
    return [{ verifier, scores, best: scores.map((score) => least < most && score === most) }]
  })
}

/** Settings that are compared; a picture from outside has none of those of a run. */
const settings: readonly { readonly name: string; of(picture: Picture): string | null }[] = [
  { name: 'prompt', of: ({ prompt }) => prompt },
  { name: 'size', of: ({ width, height }) => `${width} × ${height}` },
  { name: 'model', of: ({ origin }) => (origin.kind === 'candidate' ? origin.pack : null) },
  {
    name: 'algorithm',
    of: ({ origin }) =>
      origin.kind === 'outside'
        ? null
        : origin.arm === 'baseline'
          ? 'one noise'
          : algorithms[origin.algorithm].label,
  },
  { name: 'steps', of: ({ origin }) => (origin.kind === 'candidate' ? String(origin.steps) : null) },
]

/** A setting in which pictures differ, with its value in each; null where it has none. */
export type Differing = { readonly name: string; readonly values: readonly (string | null)[] }

/** The settings in which pictures differ. */
export function differingSettings(pictures: readonly Picture[]): readonly Differing[] {
  return settings
    .map(({ name, of }) => ({ name, values: pictures.map(of) }))
    .filter(({ values }) => new Set(values).size > 1)
}

/** How pictures differ in their making, in one sentence. */
export function describeDiffering(pictures: readonly Picture[]): string {
  if (pictures.length < 2) return ''
  const names = differingSettings(pictures).map(({ name }) => name)
  const outside = pictures.filter(({ origin }) => origin.kind === 'outside').length
  if (outside === pictures.length) {
    return names.length === 0 ? 'All from outside.' : `All from outside; they differ in ${listed(names)}.`
  }
  const note = outside === 0 ? '' : ' Of what is from outside the settings are not known.'
  if (names.length === 0) return `The same prompt and settings: only the noise differs.${note}`
  return `They differ in ${listed(names)}.${note}`
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}
