/**
 * The way of a candidate through the noise levels, as its recipe tells it: sampled leg by leg, noised again in
 * between, up to the image or to the x-prediction of an unfinished sample.
 */

import type { NoiseRecipe, RecipeOperation } from '../../../shared/domain.ts'
import { nfeOfSteps } from '../../../shared/plan.ts'
import type { SamplerId } from '../../../shared/vocabulary.ts'
import { renoise } from './forward-noising.ts'
import { gaussian, samplerNoise } from './noise.ts'
import { levelOf, sigmaAt } from './noise-form.ts'
import type { NoiseLevels } from './noise-levels.ts'
import { samplerById } from './samplers/index.ts'
import { startingState, type DenoiseStep, type SamplerState } from './samplers/sampler.ts'

/** One part of a path. */
export type Leg = Extract<RecipeOperation, { readonly kind: 'steps' | 'descend' | 'renoise' }>

/** What a path is sampled with. */
export type PathRule = NoiseLevels & {
  readonly sampler: SamplerId
  /** With the seed, what the fresh noise of legs comes from. */
  readonly generator: NoiseRecipe['generator']
  readonly seed: string
}

/** Where a path ends. */
export type PathEnd = {
  /** Latents of the picture, float32: the sample at sigma 0, or the last x-prediction above it. */
  readonly picture: Float32Array
  /** Share of noise at which the picture was taken, 0 for the image (`levelOf`). */
  readonly level: number
  /** Goes on from here; its own copy. */
  readonly state: SamplerState
}

/** The legs of a recipe; all steps of the schedule where it names none. */
export function legsOf({ operations, stream }: NoiseRecipe, steps: number): readonly Leg[] {
  const legs = operations.filter(isLeg)
  return legs.length > 0 ? legs : [{ kind: 'steps', to: steps, stream }]
}

/** Whether an operation is a part of a path; the others make a starting noise. */
export function isLeg(operation: RecipeOperation): operation is Leg {
  return operation.kind === 'steps' || operation.kind === 'descend' || operation.kind === 'renoise'
}

/** The start of a path from its noise. */
export function pathStart(
  noise: Float32Array,
  { sigmas, noiseScale }: Pick<PathRule, 'sigmas' | 'noiseScale'>,
): SamplerState {
  return startingState(noise, sigmas, noiseScale)
}

/**
 * Follows the legs of a path: yields requests to denoise, one NFE each, receives x-predictions.
 *
 * @param done legs that are behind `start`, 0 at the noise
 * @param start the end of these legs; not modified
 * @throws RangeError for legs that do not fit each other or the schedule
 */
export function* followPath(
  legs: readonly Leg[],
  done: number,
  start: SamplerState,
  rule: PathRule,
): Generator<DenoiseStep, PathEnd, Float32Array> {
  let state = start
  let sigma = sigmaAfter(legs.slice(0, done), rule)
  let seen: LegEnd['seen'] = null
  for (const leg of legs.slice(done)) {
    const to = sigmaAfter([leg], rule)
    if (leg.kind === 'renoise') {
      const z = gaussian(rule.seed, { stream: leg.stream, purpose: 'forward noising' }, state.x.length)
      state = { step: 0, x: renoise(state.x, sigma, to, z, rule.form), history: [] }
    } else {
      const end = yield* leg.kind === 'steps'
        ? takeSteps(leg, state, rule)
        : descend(leg, { from: sigma, to }, state, rule)
      state = end.state
      seen = end.seen ?? seen
    }
    sigma = to
  }
  if (sigma === 0 || sigma === rule.sigmas.at(-1)) {
    return { picture: pictureOf(state.x, sigma, rule), level: 0, state }
  }
  if (seen === null) throw new RangeError('Expected a leg with an evaluation, found none')
  return { picture: seen.x0, level: levelOf(rule.form, seen.sigma), state }
}

/** Latents as the decoder knows them. A schedule may end above 0: the sample keeps that last noise, in the scale of training. */
function pictureOf(x: Float64Array, sigma: number, { form }: PathRule): Float32Array {
  const scale = form === 'flow' ? 1 : Math.sqrt(1 + sigma * sigma)
  return Float32Array.from(x, (value) => value / scale)
}

/** The sigma at which legs end; that of the noise for none. */
function sigmaAfter(legs: readonly Leg[], { sigmas, form }: PathRule): number {
  const last = legs.at(-1)
  const sigma =
    last === undefined ? sigmas[0] : last.kind === 'steps' ? sigmas[last.to] : sigmaAt(form, last.to)
  if (sigma === undefined) {
    throw new RangeError(`Expected a leg within ${sigmas.length - 1} steps, found ${JSON.stringify(last)}`)
  }
  return sigma
}

type LegEnd = {
  readonly state: SamplerState
  /** The last x-prediction and its level; null without an evaluation. */
  readonly seen: { readonly x0: Float32Array; readonly sigma: number } | null
}

function* takeSteps(
  { to, stream }: Extract<Leg, { kind: 'steps' }>,
  start: SamplerState,
  { sampler, sigmas, form, generator, seed }: PathRule,
): Generator<DenoiseStep, LegEnd, Float32Array> {
  const noiseOf = samplerNoise({ generator, seed }, stream, start.x.length)
  const steps = samplerById[sampler](start, sigmas, { form, noiseOf })
  let seen: LegEnd['seen'] = null
  for (let next = steps.next(); ;) {
    if (next.done === true) {
      return { state: { step: to, x: Float64Array.from(next.value), history: [] }, seen }
    }
    const { boundary, sigma } = next.value
    if (boundary?.step === to) return { state: copyOf(boundary), seen }
    const x0 = yield next.value
    seen = { x0, sigma }
    next = steps.next(x0)
  }
}

/** Samplers with a history begin a descent without one: what lies behind is another path. */
function* descend(
  { evaluations, predict }: Extract<Leg, { kind: 'descend' }>,
  { from, to }: { readonly from: number; readonly to: number },
  start: SamplerState,
  { sampler, form }: PathRule,
): Generator<DenoiseStep, LegEnd, Float32Array> {
  const sigmas = Array.from({ length: evaluations + 1 }, (_, i) =>
    i === evaluations ? to : from + ((to - from) * i) / evaluations,
  )
  const noiseOf = () => {
    throw new RangeError(`Expected a sampler without noise of its own for a descent, found ${sampler}`)
  }
  const begin: SamplerState = { step: 0, x: start.x, history: [] }
  const steps = samplerById[sampler](begin, sigmas, { form, noiseOf })
  let seen: LegEnd['seen'] = null
  let next = steps.next()
  while (next.done !== true) {
    const x0: Float32Array = yield next.value
    seen = { x0, sigma: next.value.sigma }
    next = steps.next(x0)
  }
  const x = next.value
  const state: SamplerState = { step: 0, x: Float64Array.from(x), history: [] }
  if (!predict) return { state, seen }
  const x0 = yield { x, sigma: to, step: evaluations + 1, boundary: state }
  return { state, seen: { x0, sigma: to } }
}

function copyOf({ step, x, history }: SamplerState): SamplerState {
  return { step, x: x.slice(), history: history.map((one) => one.slice()) }
}

/**
 * Function evaluations that the legs of a path take.
 *
 * @param done legs that are behind, not counted
 */
export function nfeOfLegs(
  legs: readonly Leg[],
  done: number,
  { sampler, sigmas }: Pick<PathRule, 'sampler' | 'sigmas'>,
): number {
  const total = sigmas.length - 1
  let taken = 0
  let nfe = 0
  legs.forEach((leg, i) => {
    const counts = i >= done
    if (leg.kind === 'steps') {
      if (counts) nfe += nfeOfSteps(sampler, leg.to, total) - nfeOfSteps(sampler, taken, total)
      taken = leg.to
    } else if (leg.kind === 'descend' && counts) {
      nfe += leg.evaluations + (leg.predict ? 1 : 0)
    }
  })
  return nfe
}
