/**
 * Ids and labels of everything a run can name. Data only: the same words in code, database, command line and screen.
 * Ids follow the field's use (k-diffusion for samplers, Ma et al. 2025 for algorithms and verifiers).
 */

export const samplers = {
  euler: { label: 'Euler', about: 'First order, one evaluation a step.' },
  heun: { label: 'Heun', about: 'Second order, two evaluations a step but the last.' },
} as const

export const schedules = {
  linear: { label: 'Linear', about: 'Evenly spaced from pure noise to the image.' },
} as const

export const algorithms = {
  random_search: {
    label: 'Random search',
    about: 'Draws independent starting noises, samples each to the end, keeps the best score.',
  },
} as const

export const verifiers = {
  clip_score: {
    label: 'CLIP score',
    about: 'Agreement of image and prompt: 2.5 × max(cosine, 0) of their CLIP features. Higher is better.',
  },
} as const

export type SamplerId = keyof typeof samplers
export type ScheduleId = keyof typeof schedules
export type VerifierId = keyof typeof verifiers

/** The ids of one of the tables above, as a tuple that zod's `enum` takes. */
export function idsOf<Id extends string>(table: Readonly<Record<Id, unknown>>): [Id, ...Id[]] {
  return Object.keys(table) as [Id, ...Id[]]
}
