/**
 * Settings in a graph of ComfyUI, from its texts `prompt` (the graph as it ran) or `workflow` (as it was drawn). A
 * graph has no settings of its own: they are looked for from its sampler on, along its links. Nothing of it is run.
 */

import type { ScheduleId } from '../../../shared/vocabulary.ts'
import { leave, noFindings, samplerOf, scheduleOf, take, takePrompt, type Findings } from './findings.ts'
import { parseBounded } from './parse-bounded.ts'

const maxNodes = 10_000
const maxLinks = 100_000
/** Links followed from one input. */
const maxDepth = 64

/** Pure noise is asked for by latents without anything in them. */
const emptyLatents = /Empty.*Latent/

type Node = { readonly id: string; readonly type: string; readonly inputs: Readonly<Record<string, unknown>> }
type Graph = ReadonlyMap<string, Node>

/**
 * Null where neither text holds a graph of at most 10,000 nodes.
 *
 * @throws `bad_input` for text that is not JSON, or is nested too deep
 */
export function readComfyUi(texts: {
  readonly prompt: string | undefined
  readonly workflow: string | undefined
}): Findings | null {
  const graph = graphOf(texts.prompt, nodesThatRan) ?? graphOf(texts.workflow, nodesAsDrawn)
  if (graph === null) return null
  const samplers = [...graph.values()].filter(({ type }) => Object.hasOwn(samplerReaders, type))
  // A first pass begins with noise alone, a second one with what the first has made.
  const first = samplers.find((node) => emptyLatents.test(from(graph, node, 'latent_image')?.type ?? ''))
  const sampler = first ?? samplers[0]
  const findings = noFindings()
  if (sampler === undefined) {
    leave(
      findings,
      'graph',
      [...new Set([...graph.values()].map(({ type }) => type))].join(', '),
      'has no sampler that is known here',
    )
    return findings
  }
  samplerReaders[sampler.type]?.(findings, graph, sampler)
  for (const other of samplers) {
    if (other !== sampler)
      leave(findings, other.type, `node ${other.id}`, 'is another pass, which is not made here')
  }
  takeLatents(findings, graph, sampler)
  return findings
}

function graphOf(text: string | undefined, nodesOf: (json: object) => Iterable<Node>): Graph | null {
  if (text === undefined) return null
  const json = parseBounded(text)
  if (!isObject(json)) return null
  const graph = new Map<string, Node>()
  for (const node of nodesOf(json)) {
    if (graph.size === maxNodes) return null
    graph.set(node.id, node)
  }
  return graph.size === 0 ? null : graph
}

/** `{"3": {"class_type": "KSampler", "inputs": {"steps": 20, "model": ["4", 0]}}}` */
function* nodesThatRan(json: object): Generator<Node> {
  for (const [id, node] of Object.entries(json)) {
    const { class_type: type, inputs } = isObject(node) ? node : {}
    if (isType(type)) yield { id, type, inputs: isObject(inputs) ? inputs : {} }
  }
}

/** The names of the values that a node shows, in their order; null for one that does not reach the graph. */
const widgets: Readonly<Record<string, readonly (string | null)[]>> = {
  KSampler: ['seed', null, 'steps', 'cfg', 'sampler_name', 'scheduler', 'denoise'],
  KSamplerAdvanced: [
    ...['add_noise', 'noise_seed', null, 'steps', 'cfg', 'sampler_name', 'scheduler'],
    ...['start_at_step', 'end_at_step', 'return_with_leftover_noise'],
  ],
  SamplerCustom: ['add_noise', 'noise_seed', null, 'cfg'],
  RandomNoise: ['noise_seed', null],
  KSamplerSelect: ['sampler_name'],
  BasicScheduler: ['scheduler', 'steps', 'denoise'],
  KarrasScheduler: ['steps', 'sigma_max', 'sigma_min', 'rho'],
  SDTurboScheduler: ['steps', 'denoise'],
  CFGGuider: ['cfg'],
  FluxGuidance: ['guidance'],
  ModelSamplingSD3: ['shift'],
  ModelSamplingFlux: ['max_shift', 'base_shift', 'width', 'height'],
  CLIPTextEncode: ['text'],
  CLIPTextEncodeFlux: ['clip_l', 't5xxl', 'guidance'],
  CLIPTextEncodeSD3: ['clip_l', 'clip_g', 't5xxl', 'empty_padding'],
  CLIPTextEncodeSDXL: [
    'width',
    'height',
    'crop_w',
    'crop_h',
    'target_width',
    'target_height',
    'text_g',
    'text_l',
  ],
  EmptyLatentImage: ['width', 'height', 'batch_size'],
  EmptySD3LatentImage: ['width', 'height', 'batch_size'],
  CheckpointLoaderSimple: ['ckpt_name'],
  UNETLoader: ['unet_name', 'weight_dtype'],
  PrimitiveNode: ['value', null],
}

/** `{"nodes": [{"id": 3, "type": "KSampler", "widgets_values": [...], "inputs": [{"name", "link"}]}], "links": [...]}` */
function* nodesAsDrawn(json: object): Generator<Node> {
  const { nodes, links } = json as { readonly nodes?: unknown; readonly links?: unknown }
  if (!Array.isArray(nodes) || !Array.isArray(links) || links.length > maxLinks) return
  // [id, from node, from slot, to node, to slot, type]
  const origins = new Map(
    links.flatMap((link: unknown) =>
      Array.isArray(link) ? [[link[0], [String(link[1]), link[2]]]] : [],
    ) as [unknown, unknown][],
  )
  for (const node of nodes as readonly unknown[]) {
    const { id, type, widgets_values: values, inputs } = isObject(node) ? node : {}
    if (!isType(type)) continue
    const names = Object.hasOwn(widgets, type) ? (widgets[type] ?? []) : []
    const shown = Array.isArray(values)
      ? names.flatMap((name, i) => (name === null ? [] : [[name, values[i]] as const]))
      : []
    const linked = (Array.isArray(inputs) ? (inputs as readonly unknown[]) : []).flatMap((input) => {
      const { name, link } = isObject(input) ? input : {}
      return typeof name === 'string' && origins.has(link) ? [[name, origins.get(link)] as const] : []
    })
    yield { id: String(id), type, inputs: Object.fromEntries([...shown, ...linked]) }
  }
}

/** The node that an input is linked to, past the bends of a drawn link; null for a value. */
function from(graph: Graph, node: Node, input: string): Node | null {
  let at = linked(graph, Object.hasOwn(node.inputs, input) ? node.inputs[input] : undefined)
  for (let depth = 0; at?.type === 'Reroute' && depth < maxDepth; depth += 1) {
    at = linked(graph, Object.values(at.inputs).find(Array.isArray))
  }
  return at
}

function linked(graph: Graph, link: unknown): Node | null {
  return Array.isArray(link) ? (graph.get(String(link[0])) ?? null) : null
}

/** What nodes call a value that they pass on. */
const valueNames = [
  'value',
  'int',
  'float',
  'seed',
  'noise_seed',
  'number',
  'text',
  'string',
  'prompt',
  'Text',
  'Value',
]

/** The value of an input, also where it comes from a node that passes one on. */
function valueOf(graph: Graph, node: Node, input: string): unknown {
  let at: Node | null = node
  let name: string | undefined = input
  for (let depth = 0; at !== null && name !== undefined && depth < maxDepth; depth += 1) {
    const value = Object.hasOwn(at.inputs, name) ? at.inputs[name] : undefined
    if (!Array.isArray(value)) return value
    at = from(graph, at, name)
    const { inputs }: Pick<Node, 'inputs'> = at ?? { inputs: {} }
    name = [input, ...valueNames].find((one) => Object.hasOwn(inputs, one))
  }
  return undefined
}

/** The first node of a kind on the way up from an input, by the inputs that lead on. */
function upstream(
  graph: Graph,
  node: Node,
  inputs: readonly string[],
  isWanted: (node: Node) => boolean,
): Node | null {
  let at: Node | null = node
  for (let depth = 0; at !== null && depth < maxDepth; depth += 1) {
    const here: Node = at
    at = inputs.reduce<Node | null>((found, input) => found ?? from(graph, here, input), null)
    if (at !== null && isWanted(at)) return at
  }
  return null
}

/** How each sampler node says what it does. */
const samplerReaders: Readonly<Record<string, (findings: Findings, graph: Graph, node: Node) => void>> = {
  KSampler(findings, graph, node) {
    takeSeed(findings, graph, node, 'seed')
    takeSampler(findings, graph, node)
    takeLevels(findings, graph, node, node)
    takeConditioning(findings, graph, node, node)
  },
  KSamplerAdvanced(findings, graph, node) {
    takeSeed(findings, graph, node, 'noise_seed')
    takeSampler(findings, graph, node)
    takeLevels(findings, graph, node, node)
    takeConditioning(findings, graph, node, node)
    const steps = valueOf(graph, node, 'steps')
    const start = valueOf(graph, node, 'start_at_step')
    const end = valueOf(graph, node, 'end_at_step')
    const part = 'samples a part of the way, which is not done here'
    if (typeof start === 'number' && start > 0) leave(findings, 'start_at_step', start, part)
    if (typeof end === 'number' && typeof steps === 'number' && end < steps)
      leave(findings, 'end_at_step', end, part)
  },
  SamplerCustom(findings, graph, node) {
    takeSeed(findings, graph, node, 'noise_seed')
    takeSampler(findings, graph, from(graph, node, 'sampler'))
    takeLevels(findings, graph, from(graph, node, 'sigmas'), node)
    takeConditioning(findings, graph, node, node)
  },
  SamplerCustomAdvanced(findings, graph, node) {
    const noise = from(graph, node, 'noise')
    const guider = from(graph, node, 'guider')
    if (noise !== null) takeSeed(findings, graph, noise, 'noise_seed')
    takeSampler(findings, graph, from(graph, node, 'sampler'))
    if (guider === null) return
    takeLevels(findings, graph, from(graph, node, 'sigmas'), guider)
    takeConditioning(findings, graph, guider, guider)
  },
}

/** ComfyUI draws its noise with torch on the CPU, whatever it samples on. */
function takeSeed(findings: Findings, graph: Graph, node: Node, input: string): void {
  const seed = valueOf(graph, node, input)
  if (seed === undefined) return
  const isNumber = typeof seed === 'number' && Number.isSafeInteger(seed)
  take(findings, 'seed', isNumber ? String(seed) : seed, input, seed)
  take(findings, 'generator', 'torch-cpu-mt19937', input, 'drawn on the CPU')
  if (valueOf(graph, node, 'add_noise') === 'disable') {
    leave(findings, 'add_noise', 'disable', 'begins without noise, which is not done here')
  }
}

function takeSampler(findings: Findings, graph: Graph, node: Node | null): void {
  const name = node === null ? undefined : valueOf(graph, node, 'sampler_name')
  if (name === undefined) {
    if (node !== null)
      leave(findings, node.type, `node ${node.id}`, 'is a sampler that is not here; choose one')
    return
  }
  const sampler = typeof name === 'string' ? samplerOf(name) : null
  if (sampler === null) leave(findings, 'sampler_name', name, 'is a sampler that is not here; choose one')
  else take(findings, 'sampler', sampler, 'sampler_name', name)
}

/**
 * Steps and schedule.
 *
 * @param node what has them
 * @param sampled what has the model
 */
function takeLevels(findings: Findings, graph: Graph, node: Node | null, sampled: Node): void {
  if (node === null) return
  const steps = valueOf(graph, node, 'steps')
  if (steps !== undefined) take(findings, 'steps', steps, 'steps')
  const denoise = valueOf(graph, node, 'denoise')
  if (denoise !== undefined && denoise !== 1) {
    leave(
      findings,
      'denoise',
      denoise,
      'begins with a picture or a part of the noise; here it is made of noise alone',
    )
  }
  const named: Readonly<Record<string, string>> = { KarrasScheduler: 'karras', SDTurboScheduler: 'trailing' }
  const name =
    valueOf(graph, node, 'scheduler') ?? (Object.hasOwn(named, node.type) ? named[node.type] : node.type)
  const shift = shiftOf(graph, sampled)
  const schedule = typeof name === 'string' ? scheduleOf(name) : null
  if (shift !== null && typeof name === 'string' && flowSchedules.has(name)) {
    take(findings, 'schedule', flowSchedules.get(name), 'scheduler', name)
    take(findings, 'shift', shift, 'shift')
  } else if (schedule === null)
    leave(findings, 'scheduler', name, 'is a schedule that is not here; choose one')
  else if (shift !== null && schedule !== 'karras')
    leave(
      findings,
      'scheduler',
      name,
      'spaces trained timesteps, which this model has none of; choose the schedule of the pack',
    )
  else take(findings, 'schedule', schedule, 'scheduler', name)
}

/** ComfyUI's spacings where they are of a flow model: "normal" shifts its lowest level twice, as SD3's pipelines do. */
const flowSchedules = new Map<string, ScheduleId>([
  ['simple', 'shifted'],
  ['sgm_uniform', 'shifted'],
  ['normal', 'sd3'],
])

/** How far the levels of a flow model are shifted; null for a model of trained timesteps, or where nothing tells. */
function shiftOf(graph: Graph, sampled: Node): number | null {
  const isSampling = ({ type }: Node): boolean => type === 'ModelSamplingSD3' || type === 'ModelSamplingFlux'
  const node = upstream(graph, sampled, ['model'], isSampling)
  const number = (input: string, otherwise: number): number => {
    const value = node === null ? undefined : valueOf(graph, node, input)
    return typeof value === 'number' ? value : otherwise
  }
  if (node?.type === 'ModelSamplingSD3') return number('shift', 3)
  if (node?.type === 'ModelSamplingFlux') {
    // comfy_extras/nodes_model_advanced.py: a straight line over the tokens of 16 x 16 pixels.
    const [most, least] = [number('max_shift', 1.15), number('base_shift', 0.5)]
    const tokens = (number('width', 1024) * number('height', 1024)) / 256
    return Math.exp(least + ((tokens - 256) * (most - least)) / (4096 - 256))
  }
  // Where no node says another: comfy/supported_models.py.
  const model = modelOf(graph, sampled) ?? ''
  const has = (...types: readonly string[]): boolean =>
    [...graph.values()].some(({ type }) => types.includes(type))
  if (/schnell/i.test(model)) return 1
  if (/flux/i.test(model) || has('FluxGuidance', 'CLIPTextEncodeFlux')) return Math.exp(1.15)
  return has('EmptySD3LatentImage') ? 3 : null
}

/** Prompts and guidance. */
function takeConditioning(findings: Findings, graph: Graph, guider: Node, sampled: Node): void {
  const positive = textOf(
    findings,
    graph,
    guider,
    guider.type === 'BasicGuider' ? 'conditioning' : 'positive',
  )
  if (positive !== null) takePrompt(findings, 'prompt', positive, 'positive')
  const negative = textOf(findings, graph, guider, 'negative')
  if (negative !== null) takePrompt(findings, 'negativePrompt', negative, 'negative')
  const cfg = valueOf(graph, guider, 'cfg')
  const tellsGuidance = ({ inputs }: Node): boolean => Object.hasOwn(inputs, 'guidance')
  const told = upstream(graph, guider, ['positive', 'conditioning', 'conditioning_1'], tellsGuidance)
  if (told !== null) {
    take(findings, 'guidance', valueOf(graph, told, 'guidance'), 'guidance')
    if (cfg !== undefined && cfg !== 1)
      leave(findings, 'cfg', cfg, 'guides a second time, which is not done here')
  } else if (cfg !== undefined) take(findings, 'guidance', cfg, 'cfg')
  else if (guider.type === 'BasicGuider') take(findings, 'guidance', 1, guider.type, 'none')
  findings.model = modelOf(graph, sampled)
  if (findings.model !== null)
    leave(findings, 'model', findings.model, 'names the model; choose the pack that holds it')
  const lora = upstream(graph, sampled, ['model'], ({ inputs }) => Object.hasOwn(inputs, 'lora_name'))
  if (lora !== null)
    leave(findings, lora.type, lora.inputs.lora_name, 'loads an extra network, which is not done here')
}

/** The text that an input is encoded from; null where no node on the way has one. */
function textOf(findings: Findings, graph: Graph, guider: Node, input: string): string | null {
  const names = ['text', 't5xxl', 'text_g', 'text_l', 'clip_l', 'clip_g']
  let at = from(graph, guider, input)
  for (let depth = 0; at !== null && depth < maxDepth; depth += 1) {
    const here: Node = at
    if (here.type === 'ConditioningZeroOut') return ''
    const name = names.find((one) => Object.hasOwn(here.inputs, one))
    if (name !== undefined) {
      const text = valueOf(graph, here, name)
      const other = names
        .map((one) => valueOf(graph, here, one))
        .find((one) => typeof one === 'string' && one !== '' && one !== text)
      if (other !== undefined)
        leave(
          findings,
          `${here.type} of ${input}`,
          other,
          'tells another text encoder something else; here all read one prompt',
        )
      return typeof text === 'string' ? text : null
    }
    if (Object.hasOwn(here.inputs, 'conditioning_2') || Object.hasOwn(here.inputs, 'conditioning_to')) {
      leave(
        findings,
        here.type,
        `node ${here.id}`,
        'joins prompts, which is not done here; the first is taken',
      )
    }
    at = ['conditioning', 'conditioning_1', 'conditioning_to', input].reduce<Node | null>(
      (found, one) => found ?? from(graph, here, one),
      null,
    )
  }
  return null
}

function modelOf(graph: Graph, sampled: Node): string | null {
  const names = ['ckpt_name', 'unet_name', 'model_name']
  const nameIn = ({ inputs }: Node): string | undefined =>
    names.find((one) => typeof inputs[one] === 'string')
  const loader = upstream(graph, sampled, ['model'], (node) => nameIn(node) !== undefined)
  return loader === null ? null : String(loader.inputs[nameIn(loader) ?? ''])
}

/** The size, of a picture that is made of noise alone. */
function takeLatents(findings: Findings, graph: Graph, sampler: Node): void {
  const latents = from(graph, sampler, 'latent_image')
  if (latents === null) return
  if (!emptyLatents.test(latents.type)) {
    leave(
      findings,
      latents.type,
      `node ${latents.id}`,
      'begins with a picture; here it is made of noise alone',
    )
    return
  }
  const [width, height] = [valueOf(graph, latents, 'width'), valueOf(graph, latents, 'height')]
  if (width !== undefined) take(findings, 'size', { width, height }, latents.type)
  const batch = valueOf(graph, latents, 'batch_size')
  if (batch !== undefined && batch !== 1) {
    leave(
      findings,
      'batch_size',
      batch,
      'draws the noise of a batch in one: the first picture is that of the seed, the others are not',
    )
  }
}

/** What kinds of node are called. */
function isType(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 200
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
