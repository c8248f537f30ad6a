/** What views are told of a pack: the part of its manifest that a person chooses by. */

import { basename } from 'node:path'

import { assertNever } from '../../shared/assert-never.ts'
import type { PackSummary } from '../../shared/domain.ts'
import type { ErrorData } from '../../shared/errors.ts'
import { defaultShift } from '../../shared/run-spec.ts'
import { idsOf, schedules, type VerifierId } from '../../shared/vocabulary.ts'
import {
  fitsTimes,
  type ImagePackManifest,
  type PackManifest,
  type VerifierPackManifest,
} from './manifest.ts'

/**
 * A pack as views list it.
 *
 * @param problem why it cannot be used; null where it can
 */
export function summaryOf(manifest: PackManifest, imported: boolean, problem: ErrorData | null): PackSummary {
  const { id, name, description, version, licence } = manifest
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0)
  const head = { id, name, description, version, licence, bytes, imported, problem }
  switch (manifest.kind) {
    case 'text_to_image':
      return {
        ...head,
        kind: manifest.kind,
        ...imageFacts(manifest),
        examplePrompts: manifest.examplePrompts,
      }
    case 'class_to_image':
      return { ...head, kind: manifest.kind, ...imageFacts(manifest), classes: manifest.classes }
    case 'verifier':
      return { ...head, kind: manifest.kind, verifiers: verifierIds(manifest) }
    case 'judge':
      return { ...head, kind: manifest.kind }
    default:
      return assertNever(manifest, 'kind of pack')
  }
}

function imageFacts({ image, sizes, guidanceBy, timeConvention, defaults }: ImagePackManifest) {
  return {
    ...{ width: image.width, height: image.height, sizes: sizes ?? null, guidanceBy },
    schedules: idsOf(schedules).filter((id) => fitsTimes(id, timeConvention)),
    defaults: { ...defaults, shift: defaults.shift ?? defaultShift },
  }
}

/** A folder whose pack.json cannot be read: nothing is known of it but its name. */
export function unreadableSummary(folder: string, imported: boolean, problem: ErrorData): PackSummary {
  const name = basename(folder)
  const unknown = { description: '', version: '', licence: '', bytes: 0 }
  return { ...unknown, kind: 'verifier', id: name, name, verifiers: [], imported, problem }
}

/** The verifiers that a pack holds, in the manifest's order. */
export function verifierIds(manifest: VerifierPackManifest): readonly VerifierId[] {
  return manifest.verifiers.map(({ id }) => id)
}
