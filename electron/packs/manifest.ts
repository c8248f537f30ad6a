/**
 * The manifest of a pack (pack.json): what its files are, what they expect, what they give. Written by
 * models/recipes; read here and nowhere else, kind by kind in manifest/. Nothing of a pack is guessed from file names.
 */

import { z } from 'zod'

import { assertNever } from '../../shared/assert-never.ts'
import { classPackSchema } from './manifest/class-packs.ts'
import { judgePackSchema } from './manifest/judge-packs.ts'
import { textPackSchema } from './manifest/text-packs.ts'
import { verifierPackSchema } from './manifest/verifier-packs.ts'

export { fitsTimes } from './manifest/image-maker.ts'

export const packManifestSchema = z.discriminatedUnion('kind', [
  textPackSchema,
  classPackSchema,
  verifierPackSchema,
  judgePackSchema,
])

export type TextPackManifest = z.infer<typeof textPackSchema>
export type ClassPackManifest = z.infer<typeof classPackSchema>
/** A pack that makes images, whatever tells it what to draw. */
export type ImagePackManifest = TextPackManifest | ClassPackManifest
export type VerifierPackManifest = z.infer<typeof verifierPackSchema>
export type JudgePackManifest = z.infer<typeof judgePackSchema>
export type PackManifest = z.infer<typeof packManifestSchema>

/** A pack on disk whose files have been checked against the manifest's hashes. */
export type InstalledPack<Manifest extends PackManifest = PackManifest> = {
  /** Absolute folder. */
  readonly folder: string
  readonly manifest: Manifest
  /** SHA-256 of pack.json: it holds the hashes of all other files, so it stands for the whole pack. */
  readonly sha256: string
}

/** Whether a pack carries the gradient graphs that first_order_search needs of its kind. */
export function hasGradients(manifest: PackManifest): boolean {
  switch (manifest.kind) {
    case 'text_to_image':
    case 'class_to_image': {
      const { denoiserGradient, decoderGradient } = manifest.components
      return denoiserGradient !== undefined && decoderGradient !== undefined
    }
    case 'verifier': {
      const { imageTowerGradient, pairTowerGradient } = manifest.components
      return imageTowerGradient !== undefined || pairTowerGradient !== undefined
    }
    case 'judge':
      return false
    default:
      return assertNever(manifest, 'kind of pack')
  }
}
