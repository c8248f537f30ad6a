/** Makes the candidates of a run in the closed-form world: no engine, no library. */

import type { RunSpec } from '../../../../shared/run-spec.ts'
import { neighbourOf, noiseOperations, rootNoise } from '../../diffusion/noise.ts'
import { followPath, legsOf, pathStart, type PathEnd, type PathRule } from '../../diffusion/path.ts'
import { noiseLevels } from '../../diffusion/noise-levels.ts'
import { ascend, eulerAdjoint, sampleTrajectory } from '../adjoint.ts'
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
    const levels = noiseLevels({ timeConvention: 'sigma_1_is_noise' }, { ...spec, tokens: 256 })
    const { sampler, generator, seed } = spec
    this.rule = { ...levels, sampler, generator, seed }
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
    const { value: end, asked } = answer(path, ({ x, sigma }) => denoise(this.#mixture, x, sigma))
    const made = { ...proposal, noise, picture: end.picture, level: end.level, nfe: nfeOfNoise + asked, end }
    if (proposal.kept) this.#kept.set(proposal.seq, made)
    return made
  }

  /** The starting noise of a recipe, and what its last ascent cost: those before it were its parents' own. */
  noiseOf({ recipe }: Pick<Proposal, 'recipe'>): { readonly noise: Float32Array; readonly nfe: number } {
    const length = this.#mixture[0]?.mean.length ?? NaN
    let noise = rootNoise(recipe, length)
    let nfe = 0
    for (const operation of noiseOperations(recipe)) {
      if (operation.kind === 'neighbour') noise = neighbourOf(noise, operation, recipe.seed)
      else {
        const { value, asked } = this.gradientAt(noise)
        noise = ascend(noise, value, operation.eta)
        nfe = asked
      }
    }
    return { noise, nfe }
  }

  /** The gradient of the score over a starting noise: once more forwards, and back. */
  gradientAt(noise: Float32Array): Answered<Float32Array> {
    const there = answer(sampleTrajectory(noise, this.rule.sigmas), ({ x, sigma }) =>
      denoise(this.#mixture, x, sigma),
    )
    const gradient = this.#verifier.gradient(there.value.sample)
    const back = answer(eulerAdjoint(there.value, gradient), ({ x, sigma, cotangent }) =>
      denoiseGradient(this.#mixture, x, sigma, cotangent),
    )
    return { value: back.value, asked: there.asked + back.asked }
  }
}

/** What a generator returns, and how often it asked. */
type Answered<Result> = { readonly value: Result; readonly asked: number }

function answer<Request, Result>(
  steps: Generator<Request, Result, Float32Array>,
  reply: (request: Request) => Float32Array,
): Answered<Result> {
  let turn = steps.next()
  for (let asked = 0; ; asked++) {
    if (turn.done === true) return { value: turn.value, asked }
    turn = steps.next(reply(turn.value))
  }
}
