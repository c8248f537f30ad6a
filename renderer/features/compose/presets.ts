/** Settings under a name: three that come with Goldpan, and a person's own. None touches prompt, pack, seed or device. */

import type { Preferences } from '../../../shared/preferences.ts'
import { restoreDraft } from './draft.ts'
import type { Draft, ImagePack } from './draft.ts'

export type Preset = {
  readonly id: string
  readonly label: string
  /** What it does, in a sentence. */
  readonly about: string
  /** A person's own, which can be removed. */
  readonly own: boolean
  readonly changes: Partial<Draft>
}

/** What a preset leaves alone: what is drawn, with which models, where, from which noise. */
const untouched = ['prompt', 'negativePrompt', 'pack', 'device', 'generator', 'seed', 'seedLocked'] as const

const noBudget = {
  budgetNfe: '',
  budgetVerifierCalls: '',
  budgetMinutes: '',
  budgetAmount: '',
  finalSteps: '',
}

/** The presets that come with Goldpan, as they are for a pack. */
export function builtInPresets(pack: ImagePack): readonly Preset[] {
  const { sampler, schedule, shift, steps, guidance } = pack.defaults
  const usual = { sampler, schedule, shift: String(shift), guidance: String(guidance), steps: String(steps) }
  const short = Math.max(2, Math.round(steps / 2))
  return [
    {
      ...{ id: 'draft', label: 'Draft', own: false },
      about: `Four noises at half of the pack's steps and no baselines: a first look at the prompt.`,
      changes: {
        ...{ ...usual, ...noBudget, algorithm: 'random_search', candidates: '4', steps: String(short) },
        ...{ baselines: '', equalCost: false },
      },
    },
    {
      ...{ id: 'overnight', label: 'Overnight', own: false },
      about: `As many noises as eight hours allow, 1,024 at most, and the best once more with four times the steps.`,
      changes: {
        ...{ ...usual, ...noBudget, algorithm: 'random_search', candidates: '1024' },
        ...{ finalSteps: String(4 * steps), budgetMinutes: String(8 * 60) },
        ...{ baselines: `${steps}, ${4 * steps}`, equalCost: true },
      },
    },
    { id: 'paper', label: "The paper's", own: false, ...asInThePaper(pack) },
  ]
}

/** Settings of Ma et al. 2025, section 5 and appendix C, of the model that the pack is like. */
function asInThePaper(pack: ImagePack): Pick<Preset, 'about' | 'changes'> {
  const search = { ...noBudget, algorithm: 'random_search' as const, schedule: pack.defaults.schedule }
  const steps = (count: number) => ({ steps: String(count), equalCost: true })
  if (pack.kind === 'class_to_image') {
    return {
      about: 'As the paper ran SiT: Heun, 49 NFE a candidate, no guidance; 64 noises, the best with 249 NFE.',
      changes: {
        ...{ ...search, ...steps(25), sampler: 'heun', guidance: '1', candidates: '64' },
        ...{ finalSteps: '125', baselines: '25, 50, 125' },
      },
    }
  }
  if (pack.schedules.includes('leading')) {
    return {
      about: 'As the paper ran PixArt: DDIM, 30 steps, guidance 4.5; 64 noises, as for T2I-CompBench.',
      changes: {
        ...{ ...search, ...steps(30), sampler: 'ddim', guidance: '4.5', candidates: '64' },
        ...{ baselines: '30, 60, 120, 240' },
      },
    }
  }
  return {
    about: 'As the paper ran FLUX: Euler, 30 steps, guidance 3.5; 128 noises, as for DrawBench.',
    changes: {
      ...{ ...search, ...steps(30), sampler: 'euler', guidance: '3.5', candidates: '128' },
      ...{ baselines: '30, 60, 120, 240' },
    },
  }
}

/** A person's own presets; what a setting is that this version does not know is left out. */
export function ownPresets(preferences: Preferences | null, draft: Draft): readonly Preset[] {
  return (preferences?.presets ?? []).map(({ name, settings }) => {
    const known = restoreDraft(JSON.stringify(settings), draft)
    const changes = Object.fromEntries(
      Object.keys(settings)
        .filter((key) => Object.hasOwn(draft, key) && !isUntouched(key))
        .map((key) => [key, known[key as keyof Draft]]),
    )
    // One that was saved without a budget means its own size.
    return {
      ...{ id: `own ${name}`, label: name, about: 'Saved here.', own: true },
      changes: { budgetAmount: '', ...changes },
    }
  })
}

/** What a preset of the form as it stands keeps. */
export function settingsToKeep(draft: Draft): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(draft).filter(([key]) => !isUntouched(key)))
}

/** What the changes of a preset replace, so that they can be taken back. */
export function replacedBy(draft: Draft, changes: Partial<Draft>): Partial<Draft> {
  return Object.fromEntries(Object.keys(changes).map((key) => [key, draft[key as keyof Draft]]))
}

function isUntouched(key: string): boolean {
  return untouched.some((one) => one === key)
}
