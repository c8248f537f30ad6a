/** What is in a model folder: its graphs by the part that they play, and its configuration. */

import { join, posix } from 'node:path'

import { z } from 'zod'

import { StudioError } from '../../../shared/errors.ts'
import { checkExternalData, checkOperators } from './graph-rules.ts'
import { readOnnxFile, type OnnxFile } from './onnx-file.ts'
import { checkKinds, readSmallFile, walkModelFolder, type ModelFile, type ModelFolder } from './safe-copy.ts'

/** Parts of models, as the folders of diffusers and the files of transformers.js are called. */
export const componentNames = [
  'safety_checker',
  'vae_encoder',
  'vae_decoder',
  'text_encoder_3',
  'text_encoder_2',
  'text_encoder',
  'unet',
  'transformer',
  'controlnet',
  'vision_model',
  'text_model',
  'pair_model',
  'model',
] as const

export type ComponentName = (typeof componentNames)[number]

export type ModelGraph = {
  readonly path: string
  /** Null for a graph whose name says nothing. */
  readonly component: ComponentName | null
  /** What distinguishes graphs of the same part: `` or `fp16`, `q4`, `layernorm`, ... */
  readonly variant: string
  readonly onnx: OnnxFile
}

export type ModelContents = {
  readonly folder: ModelFolder
  readonly graphs: readonly ModelGraph[]
}

const maxJsonBytes = 1 << 20
/** What Python writes into JSON though JSON has it not: `"lambda_min_clipped": -Infinity` of PixArt's scheduler. */
const pythonNumbers = /([:[,]\s*)(?:-?Infinity|NaN)(?=\s*[,}\]])/g

/**
 * Looks through a folder: rules 1 to 3 of the importer's README, as far as they concern all of its files.
 *
 * @throws StudioError `pack_invalid` or `bad_input` with the first thing that may not be there
 */
export async function readContents(path: string): Promise<ModelContents> {
  const folder = await walkModelFolder(path)
  const graphs: ModelGraph[] = []
  const data = new Set<string>()
  const graphFiles = [...folder.files.keys()].filter((file) => file.toLowerCase().endsWith('.onnx'))
  for (const file of graphFiles) {
    const onnx = readOnnxFile(join(folder.folder, file), file)
    for (const location of onnx.external.keys()) data.add(beside(file, location))
    graphs.push({ path: file, ...partOf(file), onnx })
  }
  const reference = await referenceFile({ folder, graphs })
  if (reference !== undefined) data.add(reference)
  checkKinds(folder, data)
  if (graphs.length === 0) {
    throw new StudioError(
      'pack_invalid',
      `${path}: expected ONNX models (.onnx), found none. Export the model first, with Optimum or with a recipe of models/recipes/export.`,
    )
  }
  for (const { path: file, onnx } of graphs) {
    checkExternalData(file, onnx, (location) => folder.files.get(beside(file, location))?.bytes)
  }
  return { folder, graphs }
}

/** goldpan.json beside the exports of our recipes, as far as it names a file. */
const namesFile = z.looseObject({ reference: z.looseObject({ file: z.string() }).optional() })

/** The file of numbers that frechet is held against, where goldpan.json names one. */
async function referenceFile(contents: ModelContents): Promise<string | undefined> {
  return (await readConfig(contents, 'goldpan.json', namesFile))?.reference?.file
}

/** Path of a file in the folder of another. */
export function beside(file: string, name: string): string {
  return posix.join(posix.dirname(file), name)
}

/** A graph and the data files that it names. */
export function filesOf({ folder }: ModelContents, graph: ModelGraph): readonly ModelFile[] {
  const paths = [graph.path, ...[...graph.onnx.external.keys()].map((name) => beside(graph.path, name))]
  return paths.flatMap((path) => folder.files.get(path) ?? [])
}

/**
 * The one graph of a part that is to be run, checked for its operators; undefined when the folder has none.
 *
 * @param variant which one, where there are several; the plainest without it
 */
export function graphOf(
  { graphs }: ModelContents,
  component: ComponentName,
  variant?: string,
): ModelGraph | undefined {
  const candidates = graphs
    .filter((graph) => graph.component === component)
    .sort((a, b) => rank(a.variant) - rank(b.variant))
  const chosen = candidates.find((graph) => graph.variant === variant) ?? candidates[0]
  if (chosen !== undefined) checkOperators(chosen.path, chosen.onnx)
  return chosen
}

/** Full precision is what a CPU runs best; half precision next; then whatever there is. */
function rank(variant: string): number {
  const order = ['', 'fp32', 'fp16', 'int8', 'uint8', 'quantized']
  const place = order.indexOf(variant)
  return place === -1 ? order.length : place
}

/** Graphs of a part in several precisions, as transformers.js names them. */
export function variantsOf(
  { graphs }: ModelContents,
  components: readonly ComponentName[],
): readonly string[] {
  const sets = components.map((component) =>
    graphs.filter((graph) => graph.component === component).map(({ variant }) => variant),
  )
  const [first = [], ...others] = sets.filter((set) => set.length > 0)
  return first
    .filter((variant) => others.every((set) => set.includes(variant)))
    .sort((a, b) => rank(a) - rank(b))
}

/**
 * A JSON file of the folder by its schema; null when it is not there.
 *
 * @throws StudioError `pack_invalid` with the first field that is not as expected
 */
export async function readConfig<Schema extends z.ZodType>(
  { folder }: ModelContents,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  const file = folder.files.get(path)
  if (file === undefined) return null
  // Without the mark that editors on Windows put before a text.
  const text = new TextDecoder().decode(await readSmallFile(folder, file, maxJsonBytes))
  let json: unknown
  try {
    json = JSON.parse(text.replace(pythonNumbers, '$1null'))
  } catch (error) {
    throw new StudioError(
      'pack_invalid',
      `${path}: expected JSON, found something else. Download it again.`,
      { detail: String(error) },
    )
  }
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? 'the whole file' : issue.path.join('.')
  throw new StudioError(
    'pack_invalid',
    `${path}, ${field}: ${issue?.message ?? 'expected another value'}. Download it again.`,
  )
}

const precisions = /[-_.](fp32|fp16|int8|uint8|quantized|bnb4|q\d(?:f16)?|qdq_q\d(?:f16)?)$/

/** Which part a file is: by its folder where that has a part's name, else by its own name. */
function partOf(path: string): Pick<ModelGraph, 'component' | 'variant'> {
  const segments = path.slice(0, -'.onnx'.length).toLowerCase().replaceAll('-', '_').split('/')
  const base = segments.pop() ?? ''
  const variant = precisions.exec(base)?.[1] ?? ''
  const stem = variant === '' ? base : base.slice(0, -variant.length - 1)
  const parent = segments.at(-1) ?? ''
  const ofFolder = componentNames.find((name) => name === parent)
  if (ofFolder !== undefined) {
    return { component: ofFolder, variant: stem === 'model' ? variant : stem.replace(/^model_/, '') }
  }
  // text-encoder.onnx, text_encoder_2_model_fp16.onnx, sd-unet-v1.5-model-...-float16.onnx
  const ofName =
    componentNames.find((name) => name === stem || `${name}_model` === stem) ??
    componentNames.find((name) => name !== 'model' && stem.includes(name))
  return { component: ofName ?? null, variant }
}
