/** A pack in the making: what the recognisers of pipelines and verifiers hand to the import. */

import { posix } from 'node:path'

import { StudioError } from '../../../shared/errors.ts'
import {
  filesOf,
  variantsOf,
  type ComponentName,
  type ModelContents,
  type ModelGraph,
} from './model-contents.ts'
import type { OnnxFile, OnnxTensorInfo } from './onnx-file.ts'
import type { Questions } from './questions.ts'
import type { ModelFile } from './safe-copy.ts'
import type { TokenizerFamily } from './tokenizer-files.ts'

export type PackDraft = {
  /** What was recognised, for people: "Stable Diffusion XL". */
  readonly what: string
  /** What every graph was taken for, by the name of its component in the manifest. */
  readonly roles: Readonly<Record<string, string>>
  /** Files of the folder and their paths in the pack. */
  readonly copies: readonly { readonly file: ModelFile; readonly to: string }[]
  /** Tokenizers to be built anew out of the files of a folder. */
  readonly tokenizers: readonly TokenizerDraft[]
  /** What a person should know before importing. */
  readonly notes: readonly string[]
  /** pack.json without id, name, licence, version and files. */
  readonly manifest: Readonly<Record<string, unknown>>
}

export type TokenizerDraft = {
  /** Folder of the model; `` is the top. */
  readonly folder: string
  readonly family: TokenizerFamily
  /** Fills texts up where no file of the folder says what does. */
  readonly pad?: string
  /** Folder in the pack, with a tokenizer.json and a tokenizer_config.json. */
  readonly to: string
}

/** The files of a graph in a folder of the component's name: data files must stay beside it under their own names. */
export function copiesOf(contents: ModelContents, component: string, graph: ModelGraph): PackDraft['copies'] {
  return filesOf(contents, graph).map((file) => ({
    file,
    to: `${component}/${posix.basename(file.path)}`,
  }))
}

/** Path in the pack of the graph that `copiesOf` copies. */
export function packPath(component: string, graph: ModelGraph): string {
  return `${component}/${posix.basename(graph.path)}`
}

/** The inputs of a graph in the roles that their names say. @throws `pack_invalid` for one that has none */
export function inputRoles<Role extends string>(
  graph: ModelGraph,
  names: Readonly<Record<Role, readonly string[]>>,
): ReadonlyMap<Role, OnnxTensorInfo> {
  const roles = new Map<Role, OnnxTensorInfo>()
  for (const input of graph.onnx.inputs) {
    const role = (Object.keys(names) as Role[]).find((one) => names[one].includes(input.name))
    if (role === undefined || roles.has(role)) {
      const known = Object.values<readonly string[]>(names).flat().join(', ')
      throw new StudioError(
        'pack_invalid',
        `${graph.path}: expected inputs among ${known}, found ${shown(input)}. Goldpan does not know what this model takes there; choose another export.`,
      )
    }
    roles.set(role, input)
  }
  return roles
}

/** The input of a role. @throws `pack_invalid` when the graph lacks it, or has it in another rank */
export function inputOf<Role extends string>(
  graph: ModelGraph,
  roles: ReadonlyMap<Role, OnnxTensorInfo>,
  role: Role,
  ranks: readonly number[],
): OnnxTensorInfo {
  const input = roles.get(role)
  const found = listed(graph.onnx.inputs)
  if (input === undefined) {
    throw new StudioError(
      'pack_invalid',
      `${graph.path}: expected an input for ${role}, found ${found}. Choose another export.`,
    )
  }
  requireNumbers(graph, input)
  if (ranks.includes(input.dims.length)) return input
  throw new StudioError(
    'pack_invalid',
    `${graph.path}: expected ${input.name} with ${ranks.join(' or ')} dimensions, found ${shown(input)}. Choose another export.`,
  )
}

/** Types that can be fed and read: the runtime's JavaScript side has no bfloat16, and nobody else's floats. */
const feedable = new Set(['float32', 'float16', 'float64', 'int64', 'int32', 'bool'])

export function requireNumbers(graph: ModelGraph, port: OnnxTensorInfo): void {
  if (port.type !== null && feedable.has(port.type)) return
  const message = `${graph.path}: expected numbers of ${[...feedable].join(', ')} at ${port.name}, found ${port.type ?? 'no tensor'}. Export the model in float32 or float16.`
  throw new StudioError('pack_invalid', message)
}

/** The names of the roles' inputs, for the manifest. */
export function namesOf<Role extends string>(
  roles: ReadonlyMap<Role, OnnxTensorInfo>,
): Partial<Record<Role, string>> {
  return Object.fromEntries([...roles].map(([role, { name }]) => [role, name])) as Partial<
    Record<Role, string>
  >
}

/** The first output of these names. @throws `pack_invalid` naming those that are there */
export function outputOf(graph: ModelGraph, names: readonly string[]): OnnxTensorInfo {
  const output = findOutput(graph.onnx, names)
  if (output !== undefined) {
    requireNumbers(graph, output)
    return output
  }
  const found = listed(graph.onnx.outputs)
  throw new StudioError(
    'pack_invalid',
    `${graph.path}: expected the output ${names.join(' or ')}, found ${found}. Choose another export.`,
  )
}

export function findOutput({ outputs }: OnnxFile, names: readonly string[]): OnnxTensorInfo | undefined {
  return names.flatMap((name) => outputs.find((output) => output.name === name) ?? [])[0]
}

/** A dimension that the file fixes; undefined for a named or an open one. */
export function fixed(port: OnnxTensorInfo | undefined, dim: number): number | undefined {
  const size = port?.dims[dim]
  return typeof size === 'number' && size > 0 ? size : undefined
}

/** @throws `pack_invalid` naming what the folder has instead */
export function requireGraph(
  contents: ModelContents,
  component: ComponentName,
  graph: ModelGraph | undefined,
): ModelGraph {
  if (graph !== undefined) return graph
  const found = contents.graphs.map(({ path }) => path).join(', ')
  throw new StudioError(
    'pack_invalid',
    `${contents.folder.folder}: expected ${component}/model.onnx, found ${found}. Export the missing part too, or copy it into the folder.`,
  )
}

/** Inputs or outputs of a graph, as many as a message can hold. */
export function listed(ports: readonly OnnxTensorInfo[]): string {
  const most = 10
  return [...ports.slice(0, most).map(shown), ...(ports.length > most ? ['...'] : [])].join(', ')
}

function shown({ name, type, dims }: OnnxTensorInfo): string {
  return `${name.slice(0, 100)} ${type ?? ''}[${dims.map((size) => String(size ?? '?').slice(0, 50)).join(', ')}]`
}

/** Which precision is taken, where a folder has these parts in several: `` or `fp16`, `q8`, ... */
export function choosePrecision(
  contents: ModelContents,
  components: readonly ComponentName[],
  questions: Questions,
): string {
  const variants = variantsOf(contents, components)
  if (variants.length < 2) return variants[0] ?? ''
  return questions.choice(
    'precision',
    'Precision',
    'The folder has the model in several. Full precision runs fastest on a processor; half takes half the memory.',
    Object.fromEntries(variants.map((variant) => [variant, variant === '' ? 'as exported' : variant])),
    variants[0] ?? '',
  )
}
