/**
 * Starting noise as a recipe: a few numbers that make the same Gaussian vector again, bit for bit, anywhere.
 *
 * The run's seed is the generator's key; a candidate's stream is the upper half of its counter, so no two candidates
 * of a run share a number and none depends on another having been made.
 */

import { createHash } from 'node:crypto'
import { endianness } from 'node:os'

import type { NoiseRecipe } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { philoxBlock } from './philox.ts'

/**
 * The recipe of a candidate's own noise.
 *
 * @param seed the run's seed, decimal, 0 to 2^64 - 1
 * @param stream the candidate's number, 0 to 2^32 - 1
 */
export function noiseRecipe(seed: string, stream: number): NoiseRecipe {
  return { generator: 'philox4x32-10', seed, stream, operations: [] }
}

/**
 * Makes a recipe's noise: `length` independent standard normal numbers, float32.
 *
 * Each Philox block gives four normals by two Box-Muller transforms in double precision, rounded once at the end.
 * Throws `bad_input` for a recipe of another generator or with operations this version does not know.
 */
export function makeNoise(recipe: NoiseRecipe, length: number): Float32Array {
  const generator: string = recipe.generator
  if (generator !== 'philox4x32-10' || recipe.operations.length > 0) {
    throw new StudioError(
      'bad_input',
      `This noise recipe (${generator}, ${recipe.operations.length} operations) needs a newer Goldpan; this one knows philox4x32-10 without operations.`,
    )
  }
  const seed = BigInt(recipe.seed)
  const key: [number, number] = [Number(seed & 0xffffffffn), Number(seed >> 32n)]
  const words = new Uint32Array(4)
  const noise = new Float32Array(length)
  for (let start = 0, block = 0; start < length; start += 4, block++) {
    philoxBlock([block, 0, recipe.stream, 0], key, words)
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

/** SHA-256 (hex) of the noise's little-endian float32 bytes: proof that two places made the same noise. */
export function noiseSha256(noise: Float32Array): string {
  const bytes = Buffer.from(noise.buffer, noise.byteOffset, noise.byteLength)
  const little = endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
  return createHash('sha256').update(little).digest('hex')
}
