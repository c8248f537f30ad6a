/**
 * The text `parameters` as AUTOMATIC1111's web UI writes it into its PNGs and many programs read it: the prompt, a line
 * "Negative prompt: ...", a line "Steps: 20, Sampler: Euler, ..." (its modules/processing.py, create_infotext, and
 * modules/infotext_utils.py, quote).
 */

import type { RecipeOperation } from '../../shared/domain.ts'
import { generators, schedules, type SamplerId, type ScheduleId } from '../../shared/vocabulary.ts'
import type { RgbImage } from '../core/runs/adapters.ts'
import type { ImageRecord } from './png.ts'

/** The samplers by the names that they have there. */
export const samplerNames: Readonly<Record<SamplerId, string>> = {
  euler: 'Euler',
  heun: 'Heun',
  ddim: 'DDIM',
  euler_ancestral: 'Euler a',
  dpmpp_2m: 'DPM++ 2M',
  lcm: 'LCM',
  pndm: 'PLMS',
}

/** The schedules that are there too; the others are written by our own names. */
const scheduleNames: { readonly [Id in ScheduleId]?: string } = { karras: 'Karras', linspace: 'Uniform' }

/**
 * What a picture tells other programs. A seed is meant there as the seed of torch's noise; wherever the starting noise
 * is not that one, a field "Goldpan noise" says how it was made.
 */
export function parametersText(record: ImageRecord, { width, height }: RgbImage): string {
  const { spec, steps, recipe, level } = record
  const { sampler, schedule, shift, guidance, negativePrompt, pack } = spec
  const isTorch = recipe.generator === 'torch-cpu-mt19937'
  // Stream k of a torch generator is what the seed + k gives (core/diffusion/noise.ts).
  const seed = isTorch ? BigInt.asUintN(64, BigInt(recipe.seed) + BigInt(recipe.stream)) : recipe.seed
  const noise = [
    ...(isTorch
      ? []
      : [`${generators[recipe.generator].label} ${recipe.generator}, stream ${recipe.stream}`]),
    ...recipe.operations.map(operationText),
    ...(level === 0 ? [] : [`looked at on level ${level}`]),
  ]
  const fields: readonly (readonly [name: string, value: string | number | bigint])[] = [
    ['Steps', steps],
    ['Sampler', samplerNames[sampler]],
    ['Schedule type', scheduleNames[schedule] ?? schedules[schedule].label],
    ...(schedule === 'shifted' || schedule === 'sd3' ? [['Shift', shift] as const] : []),
    ['CFG scale', guidance],
    ['Seed', seed],
    ['Size', `${width}x${height}`],
    ['Model', pack],
    ...(isTorch ? [['RNG', 'CPU'] as const] : []),
    ...(noise.length === 0 ? [] : [['Goldpan noise', noise.join('; ')] as const]),
    ['Version', 'Goldpan'],
  ]
  return [
    spec.prompt,
    ...(negativePrompt === '' ? [] : [`Negative prompt: ${negativePrompt}`]),
    fields.map(([name, value]) => `${name}: ${quoted(String(value))}`).join(', '),
  ].join('\n')
}

function operationText(operation: RecipeOperation): string {
  const { kind, ...values } = operation
  return `${kind} ${Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(' ')}`
}

/** Values that would end a field or look like one are written as JSON. */
function quoted(value: string): string {
  return /[,:\n]/.test(value) ? JSON.stringify(value) : value
}
