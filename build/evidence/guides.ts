/** Which candidate each guide picks, by the product's own ranking, and how well a score tells right from wrong. */

import { bestResult, bestByGuide } from '../../shared/ranking.ts'
import { verifiers as vocabulary, type VerifierId } from '../../shared/vocabulary.ts'
import { accuracyOf, shareOf, type JudgedImage } from './results.ts'
import { meanOf } from './statistics.ts'

/** A guide by name: one verifier, or several whose ranks are averaged. */
export type Guide = { readonly id: string; readonly label: string; readonly verifiers: readonly VerifierId[] }

/**
 * The verifiers whose scores are measured: the three of the paper's text-to-image experiments (section 4.1), PickScore,
 * and the class agreement that the same CLIP gives for nothing. Those that need no condition are left to class-conditional
 * models, as in the paper (section 3); each would cost every image another network.
 */
export const measured: readonly VerifierId[] = [
  'clip_score',
  'clip_zero_shot',
  'aesthetic_score',
  'image_reward',
  'pick_score',
]

/** The ensemble of Ma et al. 2025, section 4.1. */
export const ensemble: Guide = {
  id: 'ensemble',
  label: 'Ensemble',
  verifiers: ['aesthetic_score', 'clip_score', 'image_reward'],
}

const ensembleWithPick: Guide = {
  id: 'ensemble_with_pick',
  label: 'Ensemble and PickScore',
  verifiers: [...ensemble.verifiers, 'pick_score'],
}

/** The judge as guide. Not to be had in a search, which is why it bounds one. */
export const oracle: Guide = { id: 'oracle', label: 'Judge (bound)', verifiers: [] }

/** The guides that the scores allow: each verifier by itself, then the ensembles. */
export function guidesOf(verifiers: readonly VerifierId[]): readonly Guide[] {
  const singles = verifiers.map((id): Guide => ({ id, label: vocabulary[id].label, verifiers: [id] }))
  const groups = [ensemble, ensembleWithPick].filter((guide) =>
    guide.verifiers.every((id) => verifiers.includes(id)),
  )
  return [...singles, ...groups]
}

/** What a search of these candidates ends with; a single candidate wins without being scored. */
export function pick(guide: Guide, images: readonly JudgedImage[]): JudgedImage | null {
  const [first] = images
  if (images.length === 1 && first !== undefined) return first
  if (guide !== oracle) return winnerOf(guide, images)
  const best = bestResult(images.map((image) => ({ seq: image.seq, score: shareOf(image) })))
  return images.find(({ seq }) => seq === best?.seq) ?? null
}

/**
 * The candidate that wins under a guide.
 *
 * @param images candidates of one search, each with a seq of its own
 * @returns null where no verifier of the guide gave any score: such a run has no winner
 */
export function winnerOf(guide: Guide, images: readonly JudgedImage[]): JudgedImage | null {
  return bestByGuide(images, guide.verifiers)
}

/**
 * The chance that, of a right and a wrong candidate of one prompt, the score puts the right one first: the area under
 * the ROC curve, 0.5 for a coin, 1 for a score that knows. Null where all candidates are right or all are wrong.
 */
export function directionOf(id: VerifierId, images: readonly JudgedImage[]): number | null {
  const scored = images.flatMap((image) => {
    const [score, right] = [image.scores[id] ?? null, accuracyOf(image)]
    return score === null || right === null ? [] : [{ score, right }]
  })
  const scoresOf = (wanted: number) =>
    scored.filter(({ right }) => right === wanted).map(({ score }) => score)
  const wrong = scoresOf(0)
  return meanOf(scoresOf(1).flatMap((a) => wrong.map((b) => (a > b ? 1 : a === b ? 0.5 : 0))))
}
