/**
 * Feynman-Kac steering (Singhal et al. 2025, "A General Framework for Inference-time Scaling and Steering of Diffusion
 * Models", arXiv 2501.06848): K particles are sampled side by side by a stochastic sampler; every few steps their
 * x-predictions are scored, and the particles are drawn anew with replacement, in proportion to a potential G. On each
 * path the potentials multiply up to exp(lambda r(x0)), so the images follow the model's distribution times that.
 * NFE = K * nfe(steps).
 *
 * Drawn systematically (one uniform number; Kitagawa 1996) where the paper draws multinomially: as unbiased, with less
 * variance, and equal potentials leave every particle as it is.
 */

import type { NoiseRecipe } from '../../../shared/domain.ts'
import { drawings } from '../../../shared/plan.ts'
import { scoreBy, type Scored } from '../../../shared/ranking.ts'
import type { SpecOf } from '../../../shared/run-spec.ts'
import { noiseRecipe, uniform } from '../diffusion/noise.ts'
import { parentOf, type Round, type SearchAlgorithm } from './search-algorithm.ts'

type Spec = SpecOf<'fk_steering'>

/** A particle that was drawn, plain data. */
export type Particle = {
  readonly seq: number
  readonly recipe: NoiseRecipe
  /** What the potential remembers of the scores on the path: the highest or the sum; null before the first. */
  readonly memory: number | null
  /** Logarithm of the product of the potentials on the path. */
  readonly logProduct: number
}

/**
 * The basis of a round: the particles drawn at the end of the one before. After the last round they are the paper's
 * answer, a sample from the model's distribution times exp(lambda r(x0)).
 */
export const fkSteering: SearchAlgorithm<Spec, readonly Particle[]> = {
  begin: () => [],

  size({ spec, round, basis }) {
    if (round === 0) return spec.particles
    return round < drawings(spec).length ? basis.length : 0
  },

  propose(round, seq) {
    const parent = parentOf(round, seq, 1)
    return {
      parent: parent?.seq ?? null,
      recipe: recipeOf(round, seq),
      continues: parent !== null,
      kept: !isLast(round),
      scored: true,
    }
  },

  /** Who is pinned or put first is drawn at least once, who is vetoed never. */
  choose(round, results, hand) {
    const { seed, particles: count } = round.spec
    const particles = results.filter(({ seq }) => !hand.vetoed.has(seq)).map((one) => weigh(round, one))
    const wanted = particles.filter(({ seq }) => hand.pinned.has(seq) || hand.first === seq)
    const start = uniform(seed, { stream: round.round, purpose: 'resampling' })
    return withEach(wanted, draw(particles, count, start)).map(({ logPotential, ...particle }) => ({
      ...particle,
      logProduct: particle.logProduct + (logPotential ?? 0),
    }))
  },
}

/** The sampler draws from a candidate's own stream, so that copies of one particle part ways. */
function recipeOf(round: Round<Spec, readonly Particle[]>, seq: number): NoiseRecipe {
  const { operations, ...root } =
    parentOf(round, seq, 1)?.recipe ?? noiseRecipe(round.spec.seed, seq, round.spec.generator)
  const to = drawings(round.spec)[round.round] ?? round.spec.steps
  return { ...root, operations: [...operations, { kind: 'steps', to, stream: seq }] }
}

/** A particle at a drawing, not drawn yet. Without a score it has no potential. */
type Weighed = Particle & { readonly logPotential: number | null }

function weigh(round: Round<Spec, readonly Particle[]>, { seq, scores }: Scored): Weighed {
  const { guide, strength, potential } = round.spec
  const { memory, logProduct } = parentOf(round, seq, 1) ?? { memory: null, logProduct: 0 }
  const [verifier] = guide
  if (verifier === undefined) throw new RangeError('Expected a verifier to weigh by, found none')
  const score = scoreBy({ scores }, verifier)
  const particle = { seq, recipe: recipeOf(round, seq), memory, logProduct }
  if (score === null) return { ...particle, logPotential: null }
  // Whatever was weighed before, the product comes to exp(strength * score); the potential "difference" keeps it
  // there all the way, the others wait for the image.
  const corrected = strength * score - logProduct
  if (potential === 'difference') return { ...particle, logPotential: corrected }
  const reached = potential === 'max' ? Math.max(score, memory ?? score) : score + (memory ?? 0)
  return {
    ...particle,
    memory: reached,
    logPotential: isLast(round) ? corrected : strength * reached,
  }
}

function isLast({ spec, round }: Round<Spec, unknown>): boolean {
  return round === drawings(spec).length - 1
}

/**
 * So many particles, each as often as its share of the potentials, give or take less than one. One without a
 * potential is drawn only where none has one.
 *
 * @param start uniform in [0, 1)
 */
function draw(particles: readonly Weighed[], count: number, start: number): readonly Weighed[] {
  const highest = particles.reduce((most, one) => Math.max(most, one.logPotential ?? -Infinity), -Infinity)
  const shareOf = ({ logPotential }: Weighed): number => {
    if (highest === -Infinity) return 1
    return logPotential === null ? 0 : Math.exp(logPotential - highest)
  }
  const total = particles.reduce((sum, one) => sum + shareOf(one), 0)
  const drawn: Weighed[] = []
  let reached = 0
  for (const one of particles) {
    reached += shareOf(one)
    while (drawn.length < count && ((drawn.length + start) / count) * total < reached) drawn.push(one)
  }
  return drawn
}

/** Each wanted particle that was not drawn takes the place of a copy of the one that was drawn most often. */
function withEach(wanted: readonly Weighed[], drawn: readonly Weighed[]): readonly Weighed[] {
  return wanted.reduce((places, one) => {
    if (places.includes(one)) return places
    const copies = new Map<Weighed, number>()
    for (const place of places) copies.set(place, (copies.get(place) ?? 0) + 1)
    const [most] = [...copies]
      .filter(([particle, count]) => count > 1 || !wanted.includes(particle))
      .sort(([, a], [, b]) => b - a)
    return most === undefined ? places : places.with(places.lastIndexOf(most[0]), one)
  }, drawn)
}
