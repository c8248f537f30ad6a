/**
 * Random numbers of a run: starting noise as a recipe, a few numbers that make the same Gaussian vector again, bit for
 * bit, anywhere, and the fresh noise of what is done to it.
 *
 * The run's seed is the generator's key. Its counter is [block, step, stream, purpose]: a stream belongs to one
 * candidate and each purpose has its own numbers in it, so no two draws of a run share a number and none depends on
 * another having been made.
 *
 * For seeds of other programs starting noise and a sampler's noise can come from torch's CPU generator instead, in
 * their order: stream k has a generator of its own with the seed + k, the habit of diffusers and A1111 for batches.
 * What these programs do not have, neighbours and forward noising, is drawn as ever.
 */

import { createHash } from 'node:crypto'
import { endianness } from 'node:os'

import type { NoiseRecipe, RecipeOperation } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { generators, idsOf } from '../../../shared/vocabulary.ts'
import { philoxBlock } from './philox.ts'
import { torchDraws } from './torch-noise.ts'

/** The last word of the counter. Whoever changes a value changes every noise ever saved. */
const purposes = {
  'starting noise': 0,
  /** towards a neighbour */
  direction: 1,
  'forward noising': 2,
  /** a stochastic sampler's noise; each step has its own */
  sampler: 3,
  /** drawing particles anew */
  resampling: 4,
} as const

/** Which random numbers of a seed. */
export type Draw = {
  /** Of a candidate, 0 to 2^32 - 1. */
  readonly stream: number
  readonly purpose: keyof typeof purposes
  /** 0 where the purpose has no steps. */
  readonly step?: number
}

/**
 * The recipe of a candidate's own noise.
 *
 * @param seed the run's seed, decimal, 0 to 2^64 - 1
 * @param stream the candidate's number, 0 to 2^32 - 1
 */
export function noiseRecipe(
  seed: string,
  stream: number,
  generator: NoiseRecipe['generator'] = 'philox4x32-10',
): NoiseRecipe {
  return { generator, seed, stream, operations: [] }
}

/**
 * The starting noise of a recipe, `length` normal numbers: its root, and the neighbours of neighbours from there. Legs
 * of a path come after it and change nothing here.
 *
 * Throws `bad_input` for a recipe of another generator or with operations this version does not know, and RangeError
 * for one that ascends a gradient, which takes models: there, go operation by operation, from `rootNoise` on.
 */
export function makeNoise(recipe: NoiseRecipe, length: number): Float32Array {
  let noise = rootNoise(recipe, length)
  for (const operation of noiseOperations(recipe)) {
    if (operation.kind === 'ascend') {
      throw new RangeError('Expected a noise that needs no models, found one that ascends a gradient')
    }
    noise = neighbourOf(noise, operation, recipe.seed)
  }
  return noise
}

/** The noise that a recipe begins with, before all operations: `length` independent standard normal numbers. */
export function rootNoise({ generator, seed, stream }: NoiseRecipe, length: number): Float32Array {
  switch (generator) {
    case 'philox4x32-10':
      return gaussian(seed, { stream, purpose: 'starting noise' }, length)
    case 'torch-cpu-mt19937':
      return torchStream(seed, stream, length)(0)
    default:
      throw newerRecipe(`the generator ${String(generator)}`)
  }
}

/**
 * The fresh noise of a stochastic sampler, by its step: `length` independent standard normal numbers, the same whenever
 * it is asked again. A torch generator has drawn the starting noise first; step i has the draw after i others.
 */
export function samplerNoise(
  { generator, seed }: Pick<NoiseRecipe, 'generator' | 'seed'>,
  stream: number,
  length: number,
): (step: number) => Float32Array {
  if (generator === 'philox4x32-10')
    return (step) => gaussian(seed, { stream, purpose: 'sampler', step }, length)
  const draws = torchStream(seed, stream, length)
  return (step) => draws(1 + step)
}

function torchStream(seed: string, stream: number, length: number): (draw: number) => Float32Array {
  return torchDraws(BigInt(seed) + BigInt(stream), length)
}

/** An operation that makes another starting noise of one. */
export type NoiseOperation = Extract<RecipeOperation, { readonly kind: 'neighbour' | 'ascend' }>

/** The operations that change the starting noise, in order. Throws `bad_input` for one this version does not know. */
export function noiseOperations({ operations }: NoiseRecipe): readonly NoiseOperation[] {
  return operations.filter(changesNoise)
}

/** The part of a recipe that makes its starting noise, without a path: where branches and final images begin. */
export function startOf(recipe: NoiseRecipe): NoiseRecipe {
  return { ...recipe, operations: noiseOperations(recipe) }
}

function changesNoise(operation: RecipeOperation): operation is NoiseOperation {
  const { kind } = operation
  switch (kind) {
    case 'neighbour':
    case 'ascend':
      return true
    case 'steps':
    case 'descend':
    case 'renoise':
      return false
    default:
      throw newerRecipe(`the operation ${JSON.stringify(kind)}`)
  }
}

function newerRecipe(found: string): StudioError {
  return new StudioError(
    'bad_input',
    `This noise recipe needs a newer Goldpan: expected a generator among ${idsOf(generators).join(', ')} and known operations, found ${found}.`,
  )
}

/**
 * The neighbour of a noise n at cosine c, its norm r kept (Ma et al. 2025, section 3.2, as their code has it): with
 * u = n / r and w = the part of fresh noise z that is perpendicular to u, normalised: r (c u + sqrt(1 - c^2) w).
 *
 * In float64, rounded once at the end. The noise is not modified.
 */
export function neighbourOf(
  noise: Float32Array,
  { stream, cosine }: Extract<NoiseOperation, { kind: 'neighbour' }>,
  seed: string,
): Float32Array {
  const n = Float64Array.from(noise)
  const z = Float64Array.from(gaussian(seed, { stream, purpose: 'direction' }, n.length))
  const r = Math.sqrt(dot(n, n))
  const along = dot(z, n) / (r * r)
  const w = z.map((value, i) => value - along * (n[i] ?? NaN))
  const aside = (r * Math.sqrt(1 - cosine * cosine)) / Math.sqrt(dot(w, w))
  return Float32Array.from(n, (value, i) => cosine * value + aside * (w[i] ?? NaN))
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0)
}

/**
 * `length` independent standard normal numbers, float32.
 *
 * Each Philox block gives four normals by two Box-Muller transforms in double precision, rounded once at the end.
 *
 * @param seed the run's seed, decimal, 0 to 2^64 - 1
 */
export function gaussian(seed: string, draw: Draw, length: number): Float32Array {
  const noise = new Float32Array(length)
  for (const { start, words } of philoxWords(seed, draw, length)) {
    for (let pair = 0; pair < 4; pair += 2) {
      // (0, 1] so that the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(((words[pair] ?? 0) + 1) / 0x100000000))
      const angle = 2 * Math.PI * ((words[pair + 1] ?? 0) / 0x100000000)
      // A write beyond the end of a typed array is ignored: the last block may be cut.
      noise[start + pair] = radius * Math.cos(angle)
      noise[start + pair + 1] = radius * Math.sin(angle)
    }
  }
  return noise
}

/** One number, uniform in [0, 1). */
export function uniform(seed: string, draw: Draw): number {
  let first = 0
  for (const { words } of philoxWords(seed, draw, 1)) first = words[0] ?? NaN
  return first / 0x100000000
}

/** The Philox blocks of a draw; `words` is written anew for each. */
function* philoxWords(
  seed: string,
  { stream, purpose, step = 0 }: Draw,
  length: number,
): Generator<{ readonly start: number; readonly words: Uint32Array }> {
  const bits = BigInt(seed)
  const key: [number, number] = [Number(bits & 0xffffffffn), Number(bits >> 32n)]
  const words = new Uint32Array(4)
  for (let start = 0, block = 0; start < length; start += 4, block++) {
    philoxBlock([block, step, stream, purposes[purpose]], key, words)
    yield { start, words }
  }
}

/** SHA-256 (hex) of the noise's little-endian float32 bytes: proof that two places made the same noise. */
export function noiseSha256(noise: Float32Array): string {
  const bytes = Buffer.from(noise.buffer, noise.byteOffset, noise.byteLength)
  const little = endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
  return createHash('sha256').update(little).digest('hex')
}
