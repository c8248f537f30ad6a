/** In the engine process: whether a device can be had, and computes what the processor computes. */

import { StudioError } from '../../shared/errors.ts'
import { devices, type DeviceId } from '../../shared/vocabulary.ts'
import { availableBackends, openProbe } from './sessions.ts'

/**
 * A graph of one convolution, a rectifier and a matrix product, x [1, 1, 6, 6] to y [1, 2, 4, 4], ONNX opset 13; weights
 * cos(i) and sin(i) in the order of memory.
 */
const graph = Buffer.from(
  'CAg6mQIKDwoBeAoBdxIBYyIEQ29udgoMCgFjEgFyIgRSZWx1ChEKAXIKAWISAXkiBk1hdE11bBIFcHJvYmUqVwgCCAEIAwgDEAFCAXdKSAAAgD9AUQo/MxHVviZwfb8wVSe/LDyRPrjNdT+9/0A/9v0UvtU/ab9kzVa/cgWRO9AGWD9vTmg/1wQMPuh6Qr8sKXW/NuKMvipLCAQIBBABQgFiSkAAAAAApGpXP7fHaD/DgRA+z71BvxB8db+MD4++RjAoP5VGfT8yAdM++EQLv1z/f7/YXAm/IiDXPnKYfT9EeSY/WhsKAXgSFgoUCAESEAoCCAEKAggBCgIIBgoCCAZiGwoBeRIWChQIARIQCgIIAQoCCAIKAggECgIIBEIECgAQDQ==',
  'base64',
)

const pixels = Float32Array.from({ length: 36 }, (_, i) => Math.sin(0.7 * i))

/** Values are up to about 3; graphics processors may multiply with 10 bits of mantissa (TF32). */
const tolerance = 0.02

export type ProbeAnswer = {
  readonly runtime: string
  /** Largest difference from what the processor gives. */
  readonly largestDifference: number
}

/** Runs the graph on the processor and on a device. Throws `engine_failed` with what is in the way. */
export async function probeDevice(device: DeviceId): Promise<ProbeAnswer> {
  const { runtime, names } = availableBackends()
  const { label } = devices[device]
  if (!names.includes(device)) throw new StudioError('engine_failed', `${runtime} has no ${label} here`)
  const run = async (on: DeviceId): Promise<Float32Array> => {
    const session = await openProbe(graph, on)
    const outputs = await session.run({ x: { type: 'float32', data: pixels, dims: [1, 1, 6, 6] } }, ['y'])
    return outputs.get('y')?.data ?? new Float32Array()
  }
  const expected = await run('cpu')
  const found = await run(device).catch((error: unknown) => {
    throw new StudioError('engine_failed', `${runtime} cannot start ${label} here`, {
      detail: String(error),
      cause: error,
    })
  })
  const largestDifference = expected.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(value - (found[i] ?? NaN))),
    0,
  )
  if (!(largestDifference <= tolerance)) {
    throw new StudioError(
      'engine_failed',
      `${label} gave other numbers for a small network than the processor, off by ${largestDifference}`,
    )
  }
  return { runtime, largestDifference }
}
