/** What the readers of other programs' metadata collect: settings as they stand there, still to be checked. */

import type { NotTaken } from '../../../shared/domain.ts'
import { idsOf, samplers, schedules, type SamplerId, type ScheduleId } from '../../../shared/vocabulary.ts'

/** The fields of a specification that other programs have too. */
export type FoundField =
  | 'prompt'
  | 'negativePrompt'
  | 'steps'
  | 'sampler'
  | 'schedule'
  | 'shift'
  | 'guidance'
  | 'seed'
  | 'generator'
  | 'size'

export type Findings = {
  /** By field of the specification: the value, and the name and text that the file has for it. */
  readonly fields: Map<FoundField, { readonly value: unknown; readonly name: string; readonly found: string }>
  readonly notTaken: NotTaken[]
  /** What the file calls the model. */
  model: string | null
}

/** Nothing found yet. */
export function noFindings(): Findings {
  return { fields: new Map(), notTaken: [], model: null }
}

/** How much is shown of what is not taken; the whole text stands beside it. */
const shownLength = 200
const maxNotTaken = 1000

/** Lists something that is in the file and not in the settings. */
export function leave(findings: Findings, field: string, value: unknown, why: string): void {
  if (findings.notTaken.length === maxNotTaken) return
  const text = textOf(value)
  const shown = text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
  findings.notTaken.push({ field: field.slice(0, shownLength), value: shown, why })
}

/** Sets a field that is still to be checked. */
export function take(
  findings: Findings,
  field: FoundField,
  value: unknown,
  name: string,
  found = value,
): void {
  findings.fields.set(field, { value, name, found: textOf(found) })
}

function textOf(value: unknown): string {
  const json: unknown = typeof value === 'string' ? value : JSON.stringify(value)
  return typeof json === 'string' ? json : 'nothing'
}

/** The names that samplers have elsewhere, in small letters, besides our own ids. */
const samplerAliases = new Map<string, SamplerId>([
  ['euler a', 'euler_ancestral'],
  ['dpm++ 2m', 'dpmpp_2m'],
  ['plms', 'pndm'],
])

/** Our sampler of a name from A1111 or ComfyUI; null for one that we do not have. */
export function samplerOf(name: string): SamplerId | null {
  const key = name.toLowerCase()
  return samplerAliases.get(key) ?? idsOf(samplers).find((id) => id === key) ?? null
}

/**
 * What other programs call the spacing of trained timesteps: theirs are close to ours rather than the same where the
 * steps do not divide 1000 ("simple", "SGM uniform").
 */
const scheduleAliases = new Map<string, ScheduleId>([
  ['uniform', 'linspace'],
  ['normal', 'linspace'],
  ['simple', 'trailing'],
  ['sgm uniform', 'trailing'],
  ['sgm_uniform', 'trailing'],
  ['ddim', 'leading'],
  ['ddim_uniform', 'leading'],
])

/** Our schedule of a name from A1111 or ComfyUI, or our own label; null for one that we do not have. */
export function scheduleOf(name: string): ScheduleId | null {
  const key = name.toLowerCase()
  const alias = scheduleAliases.get(key)
  if (alias !== undefined) return alias
  return idsOf(schedules).find((id) => id === key || schedules[id].label.toLowerCase() === key) ?? null
}

/** Emphasis such as (word:1.2), which other programs weigh and our text encoders read as it stands. */
const emphasis = /\([^():]*:\s*[\d.]+\)/
/** Extra networks and the like, such as <lora:name:0.8>, which no text encoder should read. */
const extraNetwork = /<[a-z]+:[^<>]*>/gi

/** A prompt without what is no text in it. */
export function takePrompt(
  findings: Findings,
  field: 'prompt' | 'negativePrompt',
  text: string,
  name: string,
): void {
  const seen = new Set<string>()
  const plain = text.replaceAll(extraNetwork, (network) => {
    if (!seen.has(network) && seen.size < 100) {
      seen.add(network)
      leave(
        findings,
        name,
        network,
        'loads an extra network, which is not done here; it is taken out of the prompt',
      )
    }
    return ''
  })
  const [weighed] = emphasis.exec(plain) ?? []
  if (weighed !== undefined) {
    leave(findings, name, weighed, 'weighs words, which is not done here; the prompt keeps it as plain text')
  }
  take(findings, field, seen.size === 0 ? plain : plain.replaceAll(/ {2,}/g, ' ').trim(), name, text)
}
