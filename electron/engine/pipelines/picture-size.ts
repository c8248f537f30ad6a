import type { LatentSize } from '../../core/runs/adapters.ts'
import type { ImagePackManifest } from '../../packs/manifest.ts'

/** Of the picture that latents of this size become, in pixels: each latent pixel as large as in the pack's own size. */
export function pictureSize(
  { height, width }: LatentSize,
  { image, latents }: Pick<ImagePackManifest, 'image' | 'latents'>,
): { readonly height: number; readonly width: number } {
  return {
    height: (height * image.height) / latents.height,
    width: (width * image.width) / latents.width,
  }
}
