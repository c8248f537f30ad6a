/**
 * The artist's own verifier as a pack: the image tower of the pack whose features it weighs, and the weights in the
 * manifest. So runs, hashes, replays and dossiers know it as they know any other verifier.
 */

import { createHash } from 'node:crypto'
import { copyFile, link, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { EarlierScorer } from '../../../shared/court.ts'
import { StudioError } from '../../../shared/errors.ts'
import { fillNewFolder } from '../../packs/import/staging.ts'
import { packManifestSchema, type InstalledPack, type VerifierPackManifest } from '../../packs/manifest.ts'

/** Id of the pack, and name of its folder. */
export const personalPackId = 'you'

/** What the manifest says of the weights, and how the votes speak for them. */
export type PersonalPart = NonNullable<VerifierPackManifest['personal']>

/**
 * Writes the pack into the models folder. Its files are hard links to those of `source` where the disk can, copies
 * otherwise: a tower of gigabytes is not stored twice.
 *
 * @param modelsFolder where no pack of this id lies
 * @param source whose image features are weighed
 * @throws `library_full`, `library_unwritable`, `bad_input` where its folder is taken
 */
export async function writePersonalPack(
  modelsFolder: string,
  source: InstalledPack<VerifierPackManifest>,
  personal: PersonalPart,
): Promise<void> {
  const manifest = personalManifest(source.manifest, personal)
  await mkdir(modelsFolder, { recursive: true })
  await fillNewFolder(modelsFolder, personalPackId, async (staging) => {
    for (const file of Object.keys(manifest.files)) {
      const [from, to] = [join(source.folder, file), join(staging, file)]
      await mkdir(dirname(to), { recursive: true })
      await link(from, to).catch(() => copyFile(from, to))
    }
    await writeFile(join(staging, 'pack.json'), `${JSON.stringify(manifest, null, 1)}\n`, { flush: true })
  })
}

/** A pack that was moved aside: what it is asked back by, and where it lies. */
export type RemovedPack = { readonly removed: string; readonly folder: string }

/** An earlier version as its manifest tells of it; null for what is no such pack, or can no longer be read. */
export async function readEarlier({ removed, folder }: RemovedPack): Promise<EarlierScorer | null> {
  const file = join(folder, 'pack.json')
  try {
    const parsed = packManifestSchema.safeParse(JSON.parse(await readFile(file, 'utf8')))
    if (!parsed.success || parsed.data.kind !== 'verifier' || parsed.data.personal === undefined) return null
    const { votes, own } = parsed.data.personal
    // Written once, when it was trained; moving its folder leaves the date as it is.
    return { removed, trainedAt: (await stat(file)).mtime.toISOString(), votes, own }
  } catch {
    return null
  }
}

function personalManifest(source: VerifierPackManifest, personal: PersonalPart): VerifierPackManifest {
  const { imageTower, imageTowerGradient, tokenizer, textTower, pairTower, pairTowerGradient } =
    source.components
  if (imageTower === undefined) throw new RangeError(`Expected an image tower in pack ${source.id}`)
  // A graph that holds both towers must be fed a text, whatever it says to the output that is read.
  const isFedText = imageTower.inputs.inputIds !== undefined
  const components = {
    imageTower: { ...imageTower, outputs: { embedding: imageTower.outputs.embedding } },
    ...(imageTowerGradient?.of === 'embedding' && { imageTowerGradient }),
    ...(isFedText && tokenizer !== undefined && { tokenizer }),
  }
  // What only the left-out parts need. Weights beside a graph have names that no manifest tells apart: all are kept.
  const kept = new Set(filesOf(components))
  const leftOut = new Set(
    filesOf({ tokenizer, textTower, pairTower, pairTowerGradient, imageTowerGradient }).concat(
      source.reference?.file ?? [],
    ),
  )
  const files = Object.fromEntries(
    Object.entries(source.files).filter(([file]) => kept.has(file) || !leftOut.has(file)),
  )
  const content = {
    verifiers: [{ id: 'you' }],
    image: source.image,
    ...(isFedText && { textTokens: source.textTokens }),
    personal,
    components,
    files,
  }
  const parsed = packManifestSchema.safeParse({
    ...{ formatVersion: 1, id: personalPackId, name: 'You', kind: 'verifier', licence: source.licence },
    version: createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16),
    description: `The artist's own eye: learned from ${personal.votes} blind votes, as a linear head on the image features of ${source.name}.`,
    ...content,
  })
  if (parsed.success && parsed.data.kind === 'verifier') return parsed.data
  throw new StudioError(
    'internal',
    `The manifest of the artist's own verifier does not hold: ${parsed.error?.message ?? ''}`,
  )
}

function filesOf(
  components: Readonly<Record<string, { readonly file: string; readonly configFile?: string } | undefined>>,
): string[] {
  return Object.values(components).flatMap((one) =>
    one === undefined ? [] : [one.file, ...(one.configFile === undefined ? [] : [one.configFile])],
  )
}
