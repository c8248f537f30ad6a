/**
 * Settings in the text `parameters` as AUTOMATIC1111's web UI, its forks and many converters write it: the prompt, a
 * line "Negative prompt: ..." and what follows it, a last line "Steps: 20, Sampler: Euler a, ...". Read as its
 * modules/infotext_utils.py does (parse_generation_parameters), in one pass, whatever the text is.
 */

import { leave, noFindings, samplerOf, scheduleOf, take, takePrompt, type Findings } from './findings.ts'

const maxFields = 1000
/** A line with fewer fields is a part of the prompt. */
const leastFields = 3

/** Null where the text has no line of parameters. */
export function readA1111(text: string): Findings | null {
  const lines = text.replaceAll('\r\n', '\n').trim().split('\n')
  const at = parametersLine(lines)
  if (at === -1) return null
  const findings = noFindings()
  takePrompts(findings, lines.slice(0, at))
  takeFields(findings, new Map(fieldsOf(lines[at] ?? '')))
  const rest = lines.slice(at + 1).join('\n')
  if (rest !== '') leave(findings, 'text after the parameters', rest, 'is no setting that is known here')
  return findings
}

/** Extensions add lines below the one that begins with "Steps:"; a file without that one has its parameters last. */
function parametersLine(lines: readonly string[]): number {
  const withSteps = lines.findLastIndex((line) => /^\s*Steps: /.test(line))
  const at = withSteps === -1 ? lines.length - 1 : withSteps
  return [...fieldsOf(lines[at] ?? '')].length < leastFields ? -1 : at
}

function takePrompts(findings: Findings, lines: readonly string[]): void {
  const mark = 'Negative prompt:'
  const at = lines.findIndex((line) => line.trimStart().startsWith(mark))
  const positive = at === -1 ? lines : lines.slice(0, at)
  const negative =
    at === -1 ? [] : lines.slice(at).map((line, i) => (i === 0 ? line.trimStart().slice(mark.length) : line))
  const joined = (part: readonly string[]): string => part.map((line) => line.trim()).join('\n')
  takePrompt(findings, 'prompt', joined(positive), 'prompt')
  if (negative.length > 0) takePrompt(findings, 'negativePrompt', joined(negative), 'Negative prompt')
}

/** "Name: value" after "Name: value", values in quotes as JSON; what fits neither is passed over, as it is there. */
function* fieldsOf(line: string): Generator<readonly [name: string, value: string]> {
  const name = /\s*([\p{L}\p{N}_][\p{L}\p{N}_ \-/]{1,99}):\s*/uy
  const quoted = /"(?:\\.|[^\\"])+"(?=,|$)/y
  for (let at = 0, fields = 0; at < line.length && fields < maxFields;) {
    name.lastIndex = at
    const [head, key] = name.exec(line) ?? []
    const start = at + (head?.length ?? 0)
    quoted.lastIndex = start
    const [json] = (key === undefined ? null : quoted.exec(line)) ?? []
    const comma = line.indexOf(',', start + (json?.length ?? 0))
    const end = comma === -1 ? line.length : comma
    if (key !== undefined) {
      fields += 1
      yield [key, json === undefined ? line.slice(start, end).trim() : unquoted(json)]
    }
    at = end + 1
  }
}

function unquoted(json: string): string {
  try {
    return String(JSON.parse(json))
  } catch {
    return json
  }
}

/** What the fields mean, by which of them are not taken. */
const whys = new Map([
  ['Model', 'names the model; choose the pack that holds it'],
  ['Model hash', 'names the model; choose the pack that holds it'],
  ['VAE', 'names the decoder; a pack has its own'],
  ['VAE hash', 'names the decoder; a pack has its own'],
  [
    'Denoising strength',
    'belongs to a picture that was made of another one, or in two passes; here it is made of noise in one',
  ],
  ['Clip skip', 'chooses a layer of the text encoder; a pack has its own'],
  ['ENSD', 'changes the noise of stochastic samplers, which is drawn in another way here'],
  ['Eta', 'changes the noise of stochastic samplers; here DDIM has none'],
  ['Lora hashes', 'loads extra networks, which is not done here'],
  ['Goldpan noise', 'is the noise of one candidate; a search with this seed makes it in its turn'],
  ['TI hashes', 'loads embeddings, which is not done here'],
])

function whyNot(name: string): string {
  if (name.startsWith('Hires')) return 'belongs to a second pass in higher resolution, which is not made here'
  if (name.startsWith('Variation seed'))
    return 'mixes two noises, which is not done here: the noise will be that of the seed alone'
  return whys.get(name) ?? 'has nothing here that it could set'
}

function takeFields(findings: Findings, fields: Map<string, string>): void {
  const pop = (name: string): string | undefined => {
    const value = fields.get(name)
    fields.delete(name)
    return value
  }
  const steps = pop('Steps')
  if (steps !== undefined) take(findings, 'steps', numberOf(steps), 'Steps', steps)
  const distilled = pop('Distilled CFG Scale')
  takeSampler(findings, pop('Sampler'), pop('Schedule type'), distilled !== undefined)
  takeGuidance(findings, pop('CFG scale'), distilled)
  const shift = pop('Shift')
  if (shift !== undefined) take(findings, 'shift', numberOf(shift), 'Shift', shift)
  takeSize(findings, pop('Size'))
  takeSeed(findings, pop('Seed'), pop('RNG'), fields.has('Goldpan noise'))
  findings.model = fields.get('Model') ?? null
  for (const [name, value] of fields) {
    if (name !== 'Version') leave(findings, name, value, whyNot(name))
  }
}

/** Until version 1.9 the schedule was a part of the sampler's name: "DPM++ 2M Karras". */
function takeSampler(
  findings: Findings,
  name: string | undefined,
  schedule: string | undefined,
  isFlow: boolean,
): void {
  if (name === undefined) return
  const [, base = name, suffix] = /^(.*?) (Karras|Exponential)$/.exec(name) ?? []
  const sampler = samplerOf(base)
  if (sampler === null) leave(findings, 'Sampler', name, 'is a sampler that is not here; choose one')
  else take(findings, 'sampler', sampler, 'Sampler', name)
  if (isFlow) {
    const why = 'spaces trained timesteps, which FLUX has none of; choose the schedule of the pack'
    if (schedule !== undefined) leave(findings, 'Schedule type', schedule, why)
    return
  }
  // These two have timesteps of their own, whatever the form says.
  if (sampler === 'ddim' || sampler === 'pndm') {
    take(findings, 'schedule', 'leading', 'Sampler', name)
    return
  }
  const called = suffix ?? schedule ?? 'Uniform'
  // DPM++ 2M is the one of ours that has another default.
  const automatic = sampler === 'dpmpp_2m' ? 'Karras' : 'Uniform'
  const found = scheduleOf(called === 'Automatic' ? automatic : called)
  if (found === null) leave(findings, 'Schedule type', called, 'is a schedule that is not here; choose one')
  else take(findings, 'schedule', found, 'Schedule type', called)
}

/** Of FLUX, which was distilled for guidance, Forge writes both: the one that the network is told, and 1. */
function takeGuidance(findings: Findings, scale: string | undefined, distilled: string | undefined): void {
  if (distilled !== undefined) {
    take(findings, 'guidance', numberOf(distilled), 'Distilled CFG Scale', distilled)
    if (scale !== undefined && numberOf(scale) !== 1) {
      leave(findings, 'CFG scale', scale, 'guides a second time, which is not done here')
    }
  } else if (scale !== undefined) take(findings, 'guidance', numberOf(scale), 'CFG scale', scale)
}

function takeSize(findings: Findings, size: string | undefined): void {
  if (size === undefined) return
  const [, width = '', height = ''] = /^(\d{1,9})x(\d{1,9})$/.exec(size) ?? []
  if (width === '') leave(findings, 'Size', size, 'expected a size such as 512x512')
  else take(findings, 'size', { width: Number(width), height: Number(height) }, 'Size', size)
}

function takeSeed(
  findings: Findings,
  seed: string | undefined,
  source: string | undefined,
  isOurs: boolean,
): void {
  if (seed === undefined) return
  take(findings, 'seed', seed, 'Seed', seed)
  if (isOurs) return
  if (source === 'CPU') take(findings, 'generator', 'torch-cpu-mt19937', 'RNG', source)
  else {
    const why =
      'drew the noise as a graphics card does; here the seed gives another noise, and another picture'
    leave(findings, 'RNG', source ?? 'GPU (not said)', why)
  }
}

/** The number that a text is, or the text itself, so that the check can show what was found. */
function numberOf(text: string): number | string {
  return /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : text
}
