/** How a model is sampled and guided: by its scheduler_config.json, by its family, or by what a person answers. */

import type { ImagePackManifest } from '../manifest.ts'
import { families, type Family, type Roles } from './families.ts'
import type { ModelContents } from './model-contents.ts'
import type { Questions } from './questions.ts'
import {
  flowSampling,
  trainedSampling,
  usualSampling,
  type FlowSampling,
  type SchedulerConfig,
  type TrainedSampling,
} from './schedulers.ts'

export type Sampling = (Omit<TrainedSampling, 'prediction'> | FlowSampling) & {
  readonly prediction: ImagePackManifest['prediction']
  readonly trainedNoise?: TrainedSampling['trainedNoise']
  readonly shift?: number
  readonly dynamicShift?: FlowSampling['dynamicShift']
}

export function samplingOf(
  family: Family,
  roles: Roles,
  scheduler: SchedulerConfig | null,
  questions: Questions,
): Sampling {
  const path = 'scheduler/scheduler_config.json'
  switch (family.id) {
    case 'sit':
      return { sampler: 'heun', schedule: 'linear', prediction: 'velocity', notes: [] }
    case 'sd3':
    case 'flux': {
      const flow =
        scheduler === null ? usualFlow(family, roles) : flowSampling(path, scheduler, family.id === 'flux')
      return { ...flow, prediction: 'velocity' }
    }
    default:
      return scheduler === null ? askedSampling(family, questions) : trainedSampling(path, scheduler)
  }
}

/** Of a folder without a scheduler_config.json: FLUX.1-dev, which takes guidance, shifts by size; schnell does not. */
function usualFlow(family: Family, roles: Roles): FlowSampling {
  if (family.id === 'sd3') return { sampler: 'euler', schedule: 'sd3', shift: 3, notes: [] }
  if (roles.has('guidance')) return { sampler: 'euler', schedule: 'shifted_dynamic', notes: [] }
  return { sampler: 'euler', schedule: 'shifted', shift: 1, notes: [] }
}

function askedSampling(family: Family, questions: Questions): TrainedSampling {
  const sampler =
    family.id === 'lcm'
      ? family.sampler
      : questions.choice(
          'sampler',
          'Sampler',
          'The folder has no scheduler_config.json; any of these works, the suggestion is what the model is usually run with.',
          {
            pndm: 'PNDM',
            ddim: 'DDIM',
            euler: 'Euler',
            euler_ancestral: 'Euler ancestral',
            heun: 'Heun',
            dpmpp_2m: 'DPM++ 2M',
          },
          family.sampler as 'pndm' | 'euler' | 'ddim',
        )
  const prediction = questions.choice(
    'prediction',
    'Prediction',
    'What the network was trained to predict; the wrong one makes noise instead of pictures. Stable Diffusion 2.1 at 768 pixels predicts v, nearly all others the noise.',
    { epsilon: 'The noise (epsilon)', v_prediction: 'The velocity (v)' },
    'epsilon',
  )
  return usualSampling(sampler, prediction)
}

type Guidance = {
  readonly guidanceBy: ImagePackManifest['guidanceBy']
  readonly guidance: number
  readonly steps: number
  readonly guidedChannels?: number
}

/** How the model is guided: some are distilled to need no second pass, and only names and schedules tell. */
export function guidanceOf(
  { folder }: ModelContents,
  family: Family,
  roles: Roles,
  levels: Sampling,
  trainedAs: string,
  questions: Questions,
): Guidance {
  const usual = { guidance: family.guidance, steps: family.steps }
  if (roles.has('guidance')) return { guidanceBy: 'embedding', ...usual }
  if (roles.has('timestepCond')) {
    const { guidance, steps } = families.lcm
    return { guidanceBy: 'embedding', guidance, steps }
  }
  if (family.id === 'flux') return { guidanceBy: 'none', guidance: 1, steps: 4 }
  if (family.id === 'sit') {
    const guided = questions.choice(
      'guided_channels',
      'Guided channels',
      'Where guidance is above 1: SiT was published with guidance of three of the four channels of its latents.',
      { 3: 'Three, as published', 4: 'All four' },
      '3',
    )
    return { guidanceBy: 'second_pass', ...usual, guidedChannels: Number(guided) }
  }
  const distilled = { guidanceBy: 'none', guidance: 1, steps: 4 } as const
  const guided = { guidanceBy: 'second_pass', ...usual } as const
  const name = `${folder.folder.slice(folder.folder.lastIndexOf('/') + 1)} ${trainedAs}`
  if (/turbo|lightning|hyper-?sd/i.test(name)) return distilled
  const fewSteps = levels.schedule === 'trailing' && levels.sampler.startsWith('euler')
  if (!fewSteps) return guided
  const answer = questions.choice(
    'guidance',
    'Guidance',
    'Its scheduler spaces timesteps as Turbo and Lightning models do, which are distilled to few steps without guidance. The files do not say which it is.',
    { none: 'None: distilled to few steps', second_pass: 'Classifier-free guidance' },
    'none',
  )
  return answer === 'none' ? distilled : guided
}
