import type { ImagePackManifest } from '../../packs/manifest.ts'

/**
 * A coarse look at an unfinished image, at no cost: each latent pixel mapped linearly to the mean colour of its block
 * (the pack's least-squares fit). The decoder would cost about as much as a step.
 *
 * @param latents one sample, [channels, height, width], normalised
 * @returns height * width * 3 bytes RGB, base64
 */
export function previewRgb(latents: Float32Array, shape: ImagePackManifest['latents']): string {
  const pixels = shape.height * shape.width
  const rgb = new Uint8ClampedArray(pixels * 3)
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      let value = shape.previewBias[colour] ?? 0
      for (let channel = 0; channel < shape.channels; channel++) {
        value += (latents[channel * pixels + pixel] ?? 0) * (shape.previewMatrix[channel]?.[colour] ?? 0)
      }
      rgb[pixel * 3 + colour] = value * 255
    }
  }
  return Buffer.from(rgb.buffer).toString('base64')
}
