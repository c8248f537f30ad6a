/** What goldpan.json says of a verifier: models/recipes/export writes it beside its graphs, so that nothing is asked. */

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import { idsOf, verifiers } from '../../../shared/vocabulary.ts'
import { classTemplates, imagenetClasses } from './class-lists.ts'
import { findOutput, fixed, type PackDraft } from './draft.ts'
import type { ModelContents } from './model-contents.ts'
import { distinct, type Questions } from './questions.ts'
import { readSmallFile } from './safe-copy.ts'
import { tokenizerFamilies } from './tokenizer-files.ts'
import {
  askClasses,
  imageOutputs,
  type PictureSize,
  type Recognised,
  type Resize,
  type Towers,
} from './verifier-towers.ts'

const triple = z.tuple([z.number(), z.number(), z.number()])

/** As wide as a manifest lets features be. */
const maxDimensions = 4096

/** goldpan.json: the fields of a verifier's manifest that its graphs cannot say. */
export const cardSchema = z.looseObject({
  kind: z.literal('verifier', { error: 'expected verifier' }),
  verifiers: z.array(z.enum(idsOf(verifiers)).exclude(['you'])).min(1),
  image: z.looseObject({
    width: z.number().optional(),
    height: z.number().optional(),
    mean: triple,
    std: triple,
    resize: z
      .looseObject({
        fit: z.enum(['shortest_edge_then_crop', 'exact']),
        filter: z.enum(['bicubic', 'bilinear', 'tensor_bilinear']),
        size: z.number(),
        cropOffset: z.enum(['floor', 'half_even']).default('floor'),
      })
      .optional(),
  }),
  components: z.looseObject({ tokenizer: z.enum(tokenizerFamilies).optional() }).default({}),
  textTokens: z.number().optional(),
  promptPrefix: z.string().optional(),
  logitScale: z.number().optional(),
  logitBias: z.number().optional(),
  reward: z.unknown().optional(),
  classes: z.array(z.string()).max(10_000).optional(),
  classTemplates: z.array(z.string()).optional(),
  reference: z.looseObject({ file: z.string(), dimensions: z.int().min(1).max(maxDimensions) }).optional(),
})

/** By goldpan.json; asks only for names of classes that it leaves out. */
export async function fromCard(
  card: z.infer<typeof cardSchema>,
  towers: Towers,
  pixels: PictureSize,
  questions: Questions,
): Promise<Recognised> {
  const { verifiers: ids, image } = card
  const zeroShot = ids.includes('clip_zero_shot')
  const classes = card.classes ?? (zeroShot ? await imagenetClasses() : undefined)
  const reads = ids.some((id) => id === 'dino_linear' || id === 'inception_confidence')
  const facts = defined(card, ['promptPrefix', 'logitScale', 'logitBias', 'reward', 'classTemplates'])
  return {
    what: ids.map((id) => verifiers[id].label).join(', '),
    verifiers: ids,
    image: {
      width: image.width ?? pixels.width ?? 224,
      height: image.height ?? pixels.height ?? 224,
      mean: image.mean,
      std: image.std,
      ...(image.resize !== undefined && { resize: resizeOf(image.resize) }),
    },
    tokenizer: card.components.tokenizer ?? (towers.pair === undefined ? 'clip' : 'bert'),
    tokens: card.textTokens ?? (towers.pair === undefined ? 77 : 35),
    facts: {
      ...(zeroShot && { classTemplates }),
      ...facts,
      ...(classes !== undefined && { classes: distinct(classes) }),
      ...(classes === undefined && reads && { classes: askClasses(towers, questions) }),
    },
    notes: [],
  }
}

/**
 * The numbers that frechet is held against (manifest/verifier-packs.ts, reference), looked at before they are copied.
 *
 * @throws StudioError `pack_invalid` for a file that is not there, does not fit the network, has another length, or holds what is no number
 */
export async function describeReference(
  { folder }: ModelContents,
  { image }: Towers,
  { file: path, dimensions }: NonNullable<z.infer<typeof cardSchema>['reference']>,
): Promise<{ readonly copy: PackDraft['copies'][number]; readonly field: object }> {
  const expected = 8 * (dimensions + dimensions ** 2)
  const refuse = (found: string): StudioError =>
    new StudioError(
      'pack_invalid',
      `${folder.folder}, ${path.slice(0, 200)}: expected ${expected} bytes, the mean and the covariance of ${dimensions} features as finite float64, found ${found}. Export the model again with models/recipes/export/inception.py --statistics.`,
    )
  const width = fixed(image === undefined ? undefined : findOutput(image.onnx, imageOutputs), 1)
  if (width !== undefined && width !== dimensions) throw refuse(`a network of ${width} features`)
  const file = folder.files.get(path)
  if (file?.bytes !== expected) throw refuse(file === undefined ? 'no such file' : `${file.bytes}`)
  const { buffer } = await readSmallFile(folder, file, expected)
  const view = new DataView(buffer)
  for (let at = 0; at < expected; at += 8) {
    const value = view.getFloat64(at, true)
    if (!Number.isFinite(value)) throw refuse(`${value} at byte ${at}`)
  }
  const to = 'reference.bin'
  return { copy: { file, to }, field: { file: to, dimensions } }
}

/** The recipes' words for it in those of a manifest. */
function resizeOf({
  fit,
  filter,
  size: edge,
  cropOffset,
}: NonNullable<z.infer<typeof cardSchema>['image']['resize']>): Resize {
  if (filter === 'tensor_bilinear') return { fit: 'interpolated' }
  return fit === 'exact' ? { fit, filter } : { fit, filter, size: edge, cropOffset }
}

function defined(source: object, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(source).filter(([key, value]) => keys.includes(key) && value !== undefined),
  )
}
