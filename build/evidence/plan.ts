/**
 * What is made: for each prompt a few sets of images, each image named by its pack, its candidate and its steps. Every
 * image serves as many parts of the evidence as can use it.
 *
 * | set | images of a prompt | serves |
 * |---|---|---|
 * | pool | scenes, candidates 0-15, 20 steps | search against steps, guide and category tables, baselines of all parts |
 * | steps | scenes, candidate 0, the other step counts | steps against search |
 * | small | scenes-mini, 20 steps, as many candidates as four images of scenes cost | equal compute |
 * | drafts | scenes, candidates of 5, 10 and 40 steps | evaluations a candidate |
 * | finals | scenes, each budget's winner with 40 steps | evaluations a candidate |
 */

/** Steps of a candidate: what the pack's own defaults are, and the unit of "equal NFE" (Euler: NFE = steps). */
export const candidateSteps = 20

/** Candidates of the pool: one draw serves every N and every guide. */
export const poolSize = 16

/** Step counts of the baseline: one noise, more steps. */
export const stepCounts = [5, 10, 20, 40, 80, 160, 320] as const

/** Candidates of random search: 20 to 320 NFE. */
export const searchSizes = [1, 2, 4, 8, 16] as const

/** Compute of one image of scenes, in multiples: where scenes and scenes-mini are compared. */
export const computeMultiples = [1, 2, 4] as const

/** NFE of a whole search, spent on few long candidates or on many short ones. */
export const searchBudget = 80

/** Steps of a candidate in that comparison; candidates = searchBudget / steps. */
export const draftSteps = [5, 10, 20, 40] as const

/** Steps with which the winner's noise is then sampled again. */
export const finalSteps = 40

/** The parts that `--only` knows, in the order in which they run. */
export const parts = ['search', 'steps', 'small', 'drafts'] as const
export type Part = (typeof parts)[number]

/** An image of one pack and one prompt: which noise, how many steps. */
export type Job = { readonly seq: number; readonly steps: number }

/** Seed of a prompt: the same in every part, so that candidate 0 is one noise everywhere and arms are paired. */
export const seedOf = (promptIndex: number): string => String(2_025_000 + promptIndex)

const range = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + i)

export const poolJobs: readonly Job[] = range(poolSize).map((seq) => ({ seq, steps: candidateSteps }))

export const stepJobs: readonly Job[] = stepCounts
  .filter((steps) => steps !== candidateSteps)
  .map((steps) => ({ seq: 0, steps }))

/** The candidates of scenes-mini: whole images only, so that none of the multiples is exceeded. */
export const smallJobs = (count: number): readonly Job[] =>
  range(count).map((seq) => ({ seq, steps: candidateSteps }))

/** The drafts that neither the pool nor the steps hold. */
export const draftJobs: readonly Job[] = draftSteps
  .filter((steps) => steps !== candidateSteps)
  .flatMap((steps) => range(searchBudget / steps - 1, 1).map((seq) => ({ seq, steps })))

/** The winners' noises with the final steps, each once, without those that steps and drafts hold. */
export function finalJobs(winners: readonly number[]): readonly Job[] {
  const held = new Set([0, ...draftJobs.filter(({ steps }) => steps === finalSteps).map(({ seq }) => seq)])
  return [...new Set(winners)]
    .filter((seq) => !held.has(seq))
    .sort((a, b) => a - b)
    .map((seq) => ({ seq, steps: finalSteps }))
}

/** Candidates of the small pack that cost no more than `multiple` images of the large one, of equal steps. */
export function candidatesWithin(multiple: number, gflopLarge: number, gflopSmall: number): number {
  // A hair above, so that a quarter in decimals is a quarter.
  return Math.floor((multiple * gflopLarge) / gflopSmall + 1e-9)
}
