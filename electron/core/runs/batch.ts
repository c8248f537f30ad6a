/**
 * Samples of one shape as one batch for the engine.
 *
 * @param samples at least one, each [channels, height, width]
 * @returns [samples, channels, height, width]
 */
export function stack(samples: readonly Float32Array[]): Float32Array {
  const size = samples[0]?.length ?? 0
  const batch = new Float32Array(samples.length * size)
  samples.forEach((sample, i) => {
    batch.set(sample, i * size)
  })
  return batch
}
