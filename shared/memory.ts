/** What a run will take of the machine's memory before it runs: an estimate on the high side. */

import type { PackSummary } from './domain.ts'
import type { RunSpec } from './run-spec.ts'

/** Candidates that are evaluated together. Results are the same bits whatever it is; memory and speed are not. */
export const batchSizes = { least: 1, usual: 4, most: 8 } as const

/**
 * Pixels from which pictures are decoded one at a time: a decoder with 128 channels at full size, as those of Stable
 * Diffusion and FLUX, holds 512 MB for one layer of one picture of 1024 x 1024, and is busy enough with it.
 */
export const largePicture = 512 * 512

/** A process with the runtime in it and no model, measured: 97 MB, and 40 MB more with the first session. */
const ofProcess = 150e6

/**
 * For each byte of weights. They are read, and laid out anew for the processor's kernels; half-precision ones are widened
 * there. Measured with the bundled packs: 2.4.
 */
const ofWeights = 2.5

/**
 * For each pixel of the pictures that are decoded together, in bytes: 1024 float32 numbers, as the decoders of Stable
 * Diffusion and FLUX hold at full size (256 channels in, 256 and 128 on the way, and what a convolution needs). The
 * bundled decoders are leaner: 340 bytes, measured.
 */
const ofPixel = 4096

type ImagePack = Extract<PackSummary, { readonly kind: 'text_to_image' | 'class_to_image' }>

/** What decides beside the packs; a run's own size, and the usual batch, unless told otherwise. */
type Load = { readonly size?: RunSpec['size']; readonly batchSize?: number }

/**
 * Bytes that the engine will take at its height.
 *
 * @param packs what makes the images, what scores them, or both
 */
export function expectedMemory(packs: readonly PackSummary[], load: Load = {}): number {
  const weights = packs.reduce((sum, { bytes }) => sum + bytes, 0)
  const pixels = Math.max(0, ...packs.filter(makesImages).map((pack) => pixelsAtOnce(pack, load)))
  return ofProcess + ofWeights * weights + ofPixel * pixels
}

function pixelsAtOnce(pack: ImagePack, { size, batchSize = batchSizes.usual }: Load): number {
  const { width, height } = size ?? pack
  const pixels = width * height
  return pixels < largePicture ? batchSize * pixels : pixels
}

function makesImages(pack: PackSummary): pack is ImagePack {
  return pack.kind === 'text_to_image' || pack.kind === 'class_to_image'
}
