/**
 * How a picture was made, from the metadata of its PNG: ours, A1111's, ComfyUI's. Whatever is found goes through the
 * same check as a run from a form; what does not pass, or means nothing here, is listed with the reason.
 */

import type { FoundSettings, NotTaken } from '../../../shared/domain.ts'
import { runSpecSchema, type RunSpecInput } from '../../../shared/run-spec.ts'
import { badPng, readChunks, readTexts } from '../../library/png-chunks.ts'
import { readRecipe } from '../../library/png.ts'
import { readA1111 } from './a1111.ts'
import { readComfyUi } from './comfyui.ts'
import { leave, type Findings } from './findings.ts'

/** What every other field is while one is checked: fields that are checked together with it say nothing. */
const otherFields = {
  algorithm: 'random_search',
  candidates: 1,
  prompt: 'any',
  pack: 'any',
  guide: ['clip_score'],
  heldOut: [],
  sampler: 'euler',
  schedule: 'linear',
  steps: 1,
  guidance: 1,
  baselines: [],
  seed: '0',
} satisfies RunSpecInput

/**
 * The settings in a PNG. Nothing is decoded; the pixels may even be left out (shared/png-without-pixels.ts).
 *
 * @param packs ids and names of the packs that there are: one of them that the file names is taken
 * @throws `bad_input` for what is no whole PNG, is beyond the limits of png-chunks.ts, or holds no settings
 */
export function readSettings(
  png: Uint8Array,
  packs: readonly { readonly id: string; readonly name: string }[],
): FoundSettings {
  const texts = readTexts(readChunks(png), ['goldpan', 'parameters', 'prompt', 'workflow'])
  const record = texts.get('goldpan')
  if (record !== undefined) {
    return { source: 'goldpan', settings: readRecipe(png).record.spec, notTaken: [], text: record }
  }
  const parameters = texts.get('parameters')
  const a1111 = parameters === undefined ? null : readA1111(parameters)
  if (a1111 !== null) return checked('a1111', a1111, parameters ?? '', packs)
  const [prompt, workflow] = [texts.get('prompt'), texts.get('workflow')]
  const comfyUi = readComfyUi({ prompt, workflow })
  if (comfyUi !== null) return checked('comfyui', comfyUi, prompt ?? workflow ?? '', packs)
  throw badPng('the settings of Goldpan, A1111 or ComfyUI in the PNG', 'none that are known')
}

function checked(
  source: FoundSettings['source'],
  findings: Findings,
  text: string,
  packs: Parameters<typeof readSettings>[1],
): FoundSettings {
  const settings: Record<string, unknown> = {}
  for (const [field, { value, name, found }] of findings.fields) {
    const result = runSpecSchema.safeParse({ ...otherFields, [field]: value })
    if (result.success) settings[field] = result.data[field]
    else leave(findings, name, found, result.error.issues.map(({ message }) => message).join('; '))
  }
  // A generator without the seed that it is for says nothing.
  if (settings.seed === undefined) delete settings.generator
  const named = packs.filter(({ id, name }) => [id, name].some((one) => isModel(one, findings.model)))
  const [pack] = named
  let { notTaken }: { notTaken: readonly NotTaken[] } = findings
  if (pack !== undefined && named.length === 1) {
    settings.pack = pack.id
    notTaken = notTaken.filter(({ value }) => value !== findings.model)
  }
  return { source, settings, notTaken, text }
}

/** Whether a pack is what a file calls its model, by name alone: folders, endings and capitals mean nothing. */
function isModel(pack: string, model: string | null): boolean {
  const name = model
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\.(?:safetensors|ckpt|gguf|onnx)$/i, '')
  return name !== undefined && name !== '' && name.toLowerCase() === pack.toLowerCase()
}
