/** What a real library made of a fixture's model: models/fixtures/<name>/golden.json and golden.bin. */

import { readFileSync } from 'node:fs'

import type { SamplerId, ScheduleId } from '../../../shared/vocabulary.ts'

type TensorPlace = {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int64' | 'uint8'
  /** In bytes, into golden.bin. */
  readonly offset: number
}

type Tensors = Readonly<Record<string, TensorPlace>>

/** One run of a real pipeline; models/recipes/fixtures says what the tensors are. */
export type GoldenCase = {
  readonly name: string
  readonly prompt: string
  readonly negativePrompt: string
  readonly guidance: number
  readonly steps: number
  /** Class of diffusers, and what was laid over its configuration; SiT has a sampler of its own. */
  readonly scheduler?: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly sampler?: 'euler' | 'heun'
  readonly width: number
  readonly height: number
  readonly tensors: Tensors
}

/** Schedulers of diffusers, and whether their latents are x / sqrt(sigma^2 + 1). */
const schedulers: Readonly<Record<string, readonly [sampler: SamplerId, scaled: boolean]>> = {
  PNDMScheduler: ['pndm', true],
  DDIMScheduler: ['ddim', true],
  EulerDiscreteScheduler: ['euler', false],
  EulerAncestralDiscreteScheduler: ['euler_ancestral', false],
  HeunDiscreteScheduler: ['heun', false],
  DPMSolverMultistepScheduler: ['dpmpp_2m', true],
  LCMScheduler: ['lcm', true],
  FlowMatchEulerDiscreteScheduler: ['euler', false],
  FlowMatchHeunDiscreteScheduler: ['heun', false],
}

/** How a case is sampled, in our words. */
export function samplingOf(
  { scheduler = '', options = {}, sampler }: GoldenCase,
  defaults: { readonly schedule: ScheduleId },
): {
  readonly sampler: SamplerId
  readonly schedule: ScheduleId
  /** Whether the kept latents are x / sqrt(sigma^2 + 1). */
  readonly scaled: boolean
} {
  const [ours, scaled] = schedulers[scheduler] ?? [sampler, false]
  if (ours === undefined)
    throw new RangeError(`Expected a scheduler that has a sampler here, found ${scheduler}`)
  const { use_karras_sigmas: karras, timestep_spacing: spacing } = options
  const schedule = karras === true ? 'karras' : ((spacing as ScheduleId | undefined) ?? defaults.schedule)
  return { sampler: ours, schedule, scaled }
}

/** Little endian, as all machines that this runs on. */
export class Golden {
  readonly prompts: readonly string[]
  readonly tensors: Tensors
  readonly cases: readonly GoldenCase[]
  readonly #bytes: ArrayBuffer

  /** @param folder of the fixture; one with the weights of another in another layout has the values of that one */
  constructor(folder: URL) {
    const { sameAs } = readJson(folder)
    const original = sameAs === undefined ? folder : new URL(`../${sameAs}/`, folder)
    const json = readJson(original)
    this.prompts = json.prompts
    this.tensors = json.tensors
    this.cases = json.cases
    this.#bytes = new Uint8Array(readFileSync(new URL('golden.bin', original))).buffer
  }

  /** Values of a tensor, whatever its type; throws RangeError for one that is not there. */
  numbers(place: TensorPlace | undefined): readonly number[] {
    return place?.dtype === 'int64' ? Array.from(this.integers(place), Number) : [...this.floats(place)]
  }

  /** Values of a tensor of that type; throws RangeError for one that is not there, or is of another. */
  floats(place: TensorPlace | undefined): Float32Array {
    return new Float32Array(this.#bytes, ...this.#rangeOf(place, 'float32'))
  }

  integers(place: TensorPlace | undefined): BigInt64Array {
    return new BigInt64Array(this.#bytes, ...this.#rangeOf(place, 'int64'))
  }

  bytes(place: TensorPlace | undefined): Uint8Array {
    return new Uint8Array(this.#bytes, ...this.#rangeOf(place, 'uint8'))
  }

  #rangeOf(place: TensorPlace | undefined, dtype: TensorPlace['dtype']): [offset: number, length: number] {
    if (place?.dtype !== dtype) throw new RangeError(`Expected a tensor of ${dtype}, found ${place?.dtype}`)
    return [place.offset, place.shape.reduce((product, size) => product * size, 1)]
  }
}

function readJson(folder: URL): Golden & { readonly sameAs?: string } {
  return JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as Golden & { sameAs?: string }
}
