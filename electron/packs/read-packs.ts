/**
 * Finds, checks and opens the packs on disk. A pack is a folder with a pack.json; nothing in it is used before every
 * file has the size and SHA-256 that the manifest names.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import type { z } from 'zod'

import type { PackSummary } from '../../shared/domain.ts'
import { StudioError, toErrorData, type ErrorData } from '../../shared/errors.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { FileHasher } from './hash-file.ts'
import {
  packManifestSchema,
  type ImagePackManifest,
  type InstalledPack,
  type JudgePackManifest,
  type PackManifest,
  type VerifierPackManifest,
} from './manifest.ts'
import { summaryOf, unreadableSummary, verifierIds } from './pack-summary.ts'

/** A folder with a pack.json, read but with its files not yet hashed. */
type FoundPack =
  | { readonly kind: 'readable'; readonly pack: InstalledPack }
  | { readonly kind: 'unreadable'; readonly folder: string; readonly error: StudioError }

type PictureSize = { readonly width: number; readonly height: number }

/** Manifests without fault, by the SHA-256 of their bytes: a check takes longer than reading them again. */
type CheckedManifests = Map<string, PackManifest>

/**
 * The packs in the subfolders of some folders, read afresh at every call. Only hashes are remembered, and the manifests
 * that were checked, by theirs.
 */
export class PackFolders {
  readonly #folders: readonly string[]
  readonly #imported: string | null
  readonly #hasher: FileHasher
  readonly #checked: CheckedManifests = new Map()

  /**
   * @param folders looked through in order; a folder that does not exist holds no packs
   * @param imported looked through last: what the person imported
   */
  constructor(folders: readonly string[], imported: string | null = null) {
    this.#imported = imported === null ? null : resolve(imported)
    this.#hasher = new FileHasher(this.#imported === null ? null : join(this.#imported, '.hashes.json'))
    this.#folders = [...folders, ...(imported === null ? [] : [imported])].map((folder) => resolve(folder))
  }

  /**
   * Every pack by folder name. A pack that cannot be used is listed with its `problem`; one whose pack.json cannot be
   * read has the folder's name and is shown as a verifier pack without verifiers, the kind that claims least.
   */
  async summaries(): Promise<readonly PackSummary[]> {
    const found = await this.#find()
    return Promise.all(
      found.map(async (one) => {
        const imported = dirname(one.kind === 'unreadable' ? one.folder : one.pack.folder) === this.#imported
        if (one.kind === 'unreadable') return unreadableSummary(one.folder, imported, toErrorData(one.error))
        return summaryOf(one.pack.manifest, imported, await this.#problemOf(one.pack))
      }),
    )
  }

  /** Absolute folder of a pack, usable or not, by the id of its summary. Throws `unknown_pack`. */
  async folderOf(id: string): Promise<string> {
    const found = await this.#find()
    const named = found.map((one) =>
      one.kind === 'readable'
        ? { id: one.pack.manifest.id, folder: one.pack.folder }
        : { id: basename(one.folder), folder: one.folder },
    )
    const pack = named.find((one) => one.id === id)
    if (pack !== undefined) return pack.folder
    const ids = named.map((one) => one.id)
    throw new StudioError('unknown_pack', `Expected ${oneOf(ids)} as pack, found ${show(id)}.`)
  }

  /** Takes the hashes of a pack that was just imported: they were made of its files while these were written. */
  async learn({ folder, manifest }: InstalledPack): Promise<void> {
    for (const [file, { sha256 }] of Object.entries(manifest.files)) {
      await this.#hasher.learn(join(folder, file), sha256)
    }
  }

  /** Opens a pack that makes images. Throws `unknown_pack`, `pack_invalid`, `pack_damaged`. */
  async openImagePack(id: string): Promise<InstalledPack<ImagePackManifest>> {
    const found = await this.#find()
    for (const one of found) {
      if (one.kind === 'unreadable') {
        if (basename(one.folder) === id) throw one.error
      } else if (isImagePack(one.pack) && one.pack.manifest.id === id) {
        await this.#verify(one.pack)
        return one.pack
      }
    }
    const ids = found.flatMap((one) =>
      one.kind === 'readable' && isImagePack(one.pack) ? [one.pack.manifest.id] : [],
    )
    throw new StudioError('unknown_pack', `Expected ${oneOf(ids)} as pack, found ${show(id)}.`, {
      detail: `Looked in ${this.#folders.join(', ')}`,
    })
  }

  /**
   * Opens the first intact pack that holds a verifier; one made for pictures of `size` comes before one that brings
   * pictures of any size to its own, and that before one of another size. Throws `unknown_verifier` when no pack holds
   * it, and the pack's own fault when every one that does is damaged.
   */
  async openVerifierPack(id: VerifierId, size?: PictureSize): Promise<InstalledPack<VerifierPackManifest>> {
    const found = await this.#find()
    const readable = found
      .flatMap((one) => (one.kind === 'readable' && isVerifierPack(one.pack) ? [one.pack] : []))
      .sort((a, b) => misfit(a.manifest, size) - misfit(b.manifest, size))
    const intact = await this.#firstIntact(
      readable.filter(({ manifest }) => verifierIds(manifest).includes(id)),
    )
    if (intact !== null) return intact
    const ids = readable.flatMap(({ manifest }) => verifierIds(manifest))
    const unreadable = found.flatMap((one) => (one.kind === 'unreadable' ? [one.error.message] : []))
    throw new StudioError('unknown_verifier', `Expected ${oneOf(ids)} as verifier, found ${show(id)}.`, {
      detail: [`Looked in ${this.#folders.join(', ')}`, ...unreadable].join('\n'),
    })
  }

  /**
   * Opens the first intact judge, for evidence: a run never has one. Throws `unknown_pack` when none is installed, and
   * the pack's own fault when every one is damaged.
   */
  async openJudgePack(): Promise<InstalledPack<JudgePackManifest>> {
    const found = await this.#find()
    const intact = await this.#firstIntact(
      found.flatMap((one) => (one.kind === 'readable' && isJudgePack(one.pack) ? [one.pack] : [])),
    )
    if (intact !== null) return intact
    throw new StudioError('unknown_pack', 'Expected a judge among the packs, found none. Install one.', {
      detail: `Looked in ${this.#folders.join(', ')}`,
    })
  }

  /** The first of these whose files are whole; null for none to choose from. Throws the first fault when all have one. */
  async #firstIntact<Manifest extends PackManifest>(
    packs: readonly InstalledPack<Manifest>[],
  ): Promise<InstalledPack<Manifest> | null> {
    let fault: StudioError | undefined
    for (const pack of packs) {
      try {
        await this.#verify(pack)
        return pack
      } catch (error) {
        if (!(error instanceof StudioError)) throw error
        fault ??= error
      }
    }
    if (fault !== undefined) throw fault
    return null
  }

  async #find(): Promise<readonly FoundPack[]> {
    const found: FoundPack[] = []
    const folderOfId = new Map<string, string>()
    for (const folder of await packFolders(this.#folders)) {
      const one = await readPack(folder, this.#checked)
      const id = one.kind === 'readable' ? one.pack.manifest.id : null
      const other = id === null ? undefined : folderOfId.get(id)
      if (id !== null && other !== undefined) {
        const message = `${join(folder, 'pack.json')}, field id: expected an id of its own, found ${show(id)}, the id of ${other}. Remove one of the two.`
        found.push({ kind: 'unreadable', folder, error: new StudioError('pack_invalid', message) })
        continue
      }
      if (id !== null) folderOfId.set(id, folder)
      found.push(one)
    }
    return found
  }

  async #problemOf(pack: InstalledPack): Promise<ErrorData | null> {
    try {
      await this.#verify(pack)
      return null
    } catch (error) {
      return toErrorData(error)
    }
  }

  /** Compares every listed file with the manifest. */
  async #verify(pack: InstalledPack): Promise<void> {
    for (const [file, expected] of Object.entries(pack.manifest.files)) {
      const path = join(pack.folder, file)
      const found = await this.#hasher.look(path).catch((error: unknown) => {
        throw damaged(pack, `${file} cannot be read`, `${path}: ${String(error)}`)
      })
      if (found.kind === 'missing') throw damaged(pack, `${file} is missing`, `${path} does not exist`)
      if (found.kind === 'not-a-file') {
        throw damaged(pack, `${file} is a link or a folder`, `${path}: expected a regular file`)
      }
      if (found.bytes !== expected.bytes) {
        const sizes = `expected ${expected.bytes} bytes, found ${found.bytes}`
        throw damaged(pack, `${file} was altered (${sizes})`, path)
      }
      if (found.sha256 !== expected.sha256) {
        const hashes = `expected SHA-256 ${expected.sha256}, found ${found.sha256}`
        throw damaged(
          pack,
          `${file} was altered (its size is right, its content is not)`,
          `${path}: ${hashes}`,
        )
      }
    }
  }
}

/**
 * The bytes of an open pack's reference: little-endian float64, the mean, then the covariance (verifier frechet).
 *
 * @throws `pack_invalid` where the file has not the length of the manifest's dimensions, `pack_damaged` where it cannot
 * be read
 */
export async function readReferenceFile(pack: InstalledPack<VerifierPackManifest>): Promise<Uint8Array> {
  const { reference } = pack.manifest
  if (reference === undefined)
    throw new RangeError(`Expected a pack with a reference, found ${pack.manifest.id}`)
  const { file, dimensions } = reference
  const path = join(pack.folder, file)
  const bytes = await readFile(path).catch((error: unknown) => {
    throw damaged(pack, `${file} cannot be read`, `${path}: ${String(error)}`)
  })
  const expected = 8 * (dimensions + dimensions ** 2)
  if (bytes.length === expected) return bytes
  throw new StudioError(
    'pack_invalid',
    `${path}: expected ${expected} bytes for ${dimensions} dimensions, found ${bytes.length}. ${repair(file)}`,
  )
}

/** Subfolders with a pack.json, by name within each of the folders. */
async function packFolders(folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const folder of folders) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    // Hidden ones are imports that are not done.
    const names = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
    for (const name of names.sort()) {
      const inside = await readdir(join(folder, name)).catch((): string[] => [])
      if (inside.includes('pack.json')) found.push(join(folder, name))
    }
  }
  return found
}

async function readPack(folder: string, checked: CheckedManifests): Promise<FoundPack> {
  const file = join(folder, 'pack.json')
  try {
    const bytes = await readFile(file)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const manifest = checked.get(sha256) ?? parseManifest(file, bytes.toString('utf8'))
    checked.set(sha256, manifest)
    return { kind: 'readable', pack: { folder, manifest, sha256 } }
  } catch (error) {
    if (error instanceof StudioError) return { kind: 'unreadable', folder, error }
    const fault = new StudioError('pack_invalid', `${file} cannot be read. ${repair(basename(folder))}`, {
      detail: String(error),
    })
    return { kind: 'unreadable', folder, error: fault }
  }
}

/** Checks a pack.json; throws `pack_invalid` with a line for each fault: file, field, expected, found. */
function parseManifest(file: string, text: string): PackManifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new StudioError('pack_invalid', `${file}: expected JSON, found something else. ${repair(file)}`, {
      detail: String(error),
    })
  }
  const result = packManifestSchema.safeParse(json)
  const faults = result.success
    ? unlistedFiles(result.data)
    : result.error.issues.map((issue) => faultText(json, issue))
  if (result.success && faults.length === 0) return result.data
  throw new StudioError('pack_invalid', `${file}: ${faults.join('; ')}. ${repair(file)}`)
}

/** One fault as a person reads it: field, what was expected, what was found. */
function faultText(json: unknown, issue: z.core.$ZodIssue): string {
  const { path } = issue
  if (issue.code === 'invalid_key') {
    const expected = issue.issues.map(({ message }) => message).join(', ')
    return `a name in ${path.slice(0, -1).map(String).join('.')}: ${expected}, found ${show(path.at(-1))}`
  }
  const field = path.length === 0 ? 'the whole file' : `field ${path.map(String).join('.')}`
  return `${field}: ${issue.message}, found ${show(valueAt(json, path))}`
}

/** Files that a component names and `files` does not: they would be used unchecked. */
function unlistedFiles(manifest: PackManifest): readonly string[] {
  const reference = 'reference' in manifest ? manifest.reference : undefined
  const unlisted =
    reference === undefined || manifest.files[reference.file] !== undefined
      ? []
      : [`field reference.file: expected a file that files lists, found ${show(reference.file)}`]
  const ofComponents = Object.entries(manifest.components).flatMap(([component, content]) => {
    const fields = 'configFile' in content ? (['file', 'configFile'] as const) : (['file'] as const)
    return fields.flatMap((field) => {
      const file = field in content ? (content as Record<typeof field, string>)[field] : undefined
      if (file === undefined || manifest.files[file] !== undefined) return []
      return [`field components.${component}.${field}: expected a file that files lists, found ${show(file)}`]
    })
  })
  return [...unlisted, ...ofComponents]
}

function damaged(pack: InstalledPack, what: string, detail: string): StudioError {
  const { id, version } = pack.manifest
  const message = `Pack ${id} ${version} cannot be used: ${what}. Restore that file or install the pack again.`
  return new StudioError('pack_damaged', message, { detail })
}

function isImagePack(pack: InstalledPack): pack is InstalledPack<ImagePackManifest> {
  return pack.manifest.kind === 'text_to_image' || pack.manifest.kind === 'class_to_image'
}

function isVerifierPack(pack: InstalledPack): pack is InstalledPack<VerifierPackManifest> {
  return pack.manifest.kind === 'verifier'
}

function isJudgePack(pack: InstalledPack): pack is InstalledPack<JudgePackManifest> {
  return pack.manifest.kind === 'judge'
}

/** How badly pictures of a size suit a verifier pack: 0 as they are, 1 brought to its size, 2 not at all. */
function misfit({ image }: VerifierPackManifest, size: PictureSize | undefined): number {
  if (size === undefined || (image.width === size.width && image.height === size.height)) return 0
  return image.resize === undefined ? 2 : 1
}

function oneOf(ids: readonly string[]): string {
  const unique = [...new Set(ids)]
  return unique.length === 0 ? 'an installed one (none is installed)' : `one of ${unique.join(', ')}`
}

function repair(pack: string): string {
  return `Restore ${pack} or install the pack again.`
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    json,
  )
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const json = JSON.stringify(value)
  return json.length > 80 ? `${json.slice(0, 77)}...` : json
}
