/** Makes the candidates of a run in the closed-form world: no engine, no library. */

import { nfeOfGradient, plannedNfe } from '../../../../shared/plan.ts'
import type { RunSpec } from '../../../../shared/run-spec.ts'
import { neighbourOf, noiseOperations, rootNoise } from '../../diffusion/noise.ts'
import { followPath, legsOf, pathStart, type PathEnd, type PathRule } from '../../diffusion/path.ts'
import { scheduleById } from '../../diffusion/schedules.ts'
import type { Proposal } from '../search-algorithm.ts'
import { denoise, denoiseGradient, type Mixture } from './gaussian-mixture.ts'

/** A verifier in closed form. */
export type Verifier = {
  readonly score: (picture: Float32Array) => number
  /** Of the score over the picture. */
  readonly gradient: (picture: Float32Array) => Float32Array
}

/** How near a picture is to a point: minus half the squared distance. */
export function nearTo(point: readonly number[]): Verifier {
  const away = (picture: Float32Array) => picture.map((value, i) => (point[i] ?? NaN) - value)
  return {
    score: (picture) => -away(picture).reduce((sum, value) => sum + value * value, 0) / 2,
    gradient: away,
  }
}

/** A finished candidate. */
export type Made = Proposal & {
  readonly noise: Float32Array
  readonly picture: Float32Array
  readonly level: number
  /** Evaluations of the denoiser since its parent, where it goes on from there. */
  readonly nfe: number
  readonly end: PathEnd
}

/** Makes candidates of a run, one after the other, in the closed-form world. */
export class World {
  readonly rule: PathRule
  readonly #spec: RunSpec
  readonly #mixture: Mixture
  readonly #verifier: Verifier
  /** What candidates may go on from. */
  readonly #kept = new Map<number, Made>()

  constructor(spec: RunSpec, mixture: Mixture, verifier: Verifier) {
    this.#spec = spec
    this.#mixture = mixture
    this.#verifier = verifier
    const sigmas = scheduleById[spec.schedule](spec.steps, { shift: spec.shift, tokens: 256 })
    this.rule = { sampler: spec.sampler, sigmas, form: 'flow', seed: spec.seed }
  }

  /** Carries out a proposal: from its parent's end where it goes on from there, else from nothing. */
  make(proposal: Proposal): Made {
    const { noise, nfe: nfeOfNoise } = this.noiseOf(proposal)
    const legs = legsOf(proposal.recipe, this.#spec.steps)
    const parent = proposal.continues ? this.#kept.get(proposal.parent ?? NaN) : undefined
    if (proposal.continues && parent === undefined) {
      throw new Error(`Expected candidate ${proposal.parent} kept, for ${proposal.seq} to go on from`)
    }
    const done = parent === undefined ? 0 : legsOf(parent.recipe, this.#spec.steps).length
    const path = followPath(legs, done, parent?.end.state ?? pathStart(noise, this.rule), this.rule)
    let nfe = nfeOfNoise
    for (let turn = path.next(); ; nfe++) {
      if (turn.done === true) {
        const { picture, level } = turn.value
        const made = { ...proposal, noise, picture, level, nfe, end: turn.value }
        if (proposal.kept) this.#kept.set(proposal.seq, made)
        return made
      }
      turn = path.next(denoise(this.#mixture, turn.value.x, turn.value.sigma))
    }
  }

  /** The starting noise of a recipe, and what its last ascent cost: those before it were its parents' own. */
  noiseOf({ recipe }: Pick<Proposal, 'recipe'>): { readonly noise: Float32Array; readonly nfe: number } {
    const length = this.#mixture[0]?.mean.length ?? NaN
    let noise = rootNoise(recipe, length)
    let nfe = 0
    for (const operation of noiseOperations(recipe)) {
      if (operation.kind === 'neighbour') noise = neighbourOf(noise, operation, recipe.seed)
      else {
        noise = this.ascended(noise, operation.eta)
        nfe = nfeOfGradient * plannedNfe('euler', operation.steps)
      }
    }
    return { noise, nfe }
  }

  /** The gradient of the score over a starting noise, through Euler's steps x' = x0 + keep (x - x0). */
  gradientAt(noise: Float32Array): Float32Array {
    const { sigmas } = this.rule
    const states = [noise]
    const keeps = sigmas.slice(1).map((next, i) => next / (sigmas[i] ?? NaN))
    keeps.forEach((keep, i) => {
      const x = states[i] ?? noise
      const x0 = denoise(this.#mixture, x, sigmas[i] ?? NaN)
      states.push(x.map((value, j) => (x0[j] ?? NaN) + keep * (value - (x0[j] ?? NaN))))
    })
    return keeps.reduceRight(
      (cotangent, keep, i) => {
        const through = denoiseGradient(this.#mixture, states[i] ?? noise, sigmas[i] ?? NaN, cotangent)
        return cotangent.map((value, j) => keep * value + (1 - keep) * (through[j] ?? NaN))
      },
      this.#verifier.gradient(states.at(-1) ?? noise),
    )
  }

  ascended(noise: Float32Array, eta: number): Float32Array {
    const gradient = this.gradientAt(noise)
    const moved = Float64Array.from(noise, (value, i) => value + eta * (gradient[i] ?? NaN))
    const scale = Math.sqrt(noise.length) / Math.hypot(...moved)
    return Float32Array.from(moved, (value) => scale * value)
  }
}
