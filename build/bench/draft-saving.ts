/**
 * `draftSaving`: NFE of draft_cull_resume divided by the NFE of random search at the same expected winning score, on
 * every eighth prompt of the evidence's suite.
 *
 * Real runs in which every draft survives give, for a pool of noises, the score of each draft and of the image that it
 * becomes. What either algorithm wins from a part of the pool then follows by counting: for random search exactly, for
 * drafts by drawing parts with a fixed seed. Scores are means over the prompts; between two numbers of candidates of
 * random search they are interpolated.
 */

import { openStudio, type Studio } from '../../electron/core/studio.ts'
import { uniform } from '../../electron/core/diffusion/noise.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { suite } from '../evidence/suite.ts'
import { note, packFolders, rounded, runOf } from './common.ts'

const steps = 20
const draftSteps = 7
const pool = 32
const everyPrompt = 8
/** Candidates of draft_cull_resume, and how many of them go on: the first setting is the figure. */
const settings = [
  { candidates: 24, survivors: 6 },
  { candidates: 24, survivors: 4 },
  { candidates: 16, survivors: 4 },
  { candidates: 8, survivors: 2 },
] as const
const drawn = 400
const guides = ['image_reward', 'clip_score', 'pick_score'] as const satisfies readonly VerifierId[]

/** The scores of one noise's draft and image. */
type Pair = { readonly draft: number; readonly image: number }

/** The figure, and the same for other settings and guides. */
export async function measureDraftSaving(libraryPath: string): Promise<Record<string, unknown>> {
  const prompts = suite.filter(({ index }) => index % everyPrompt === 0).map(({ prompt }) => prompt)
  const pools = new Map<VerifierId, (readonly Pair[])[]>(guides.map((guide) => [guide, []]))
  const studio = await openStudio({ libraryPath, packFolders, host: 'cli' })
  try {
    for (const [i, prompt] of prompts.entries()) {
      const pairs = await pairsOf(studio, prompt)
      for (const guide of guides) pools.get(guide)?.push(pairs(guide))
      note(`drafts of prompt ${i + 1} of ${prompts.length}`)
    }
  } finally {
    await studio.close()
  }
  const savings = guides.flatMap((guide) =>
    settings.map((setting) => ({
      guide,
      ...setting,
      saving: rounded(savingOf(pools.get(guide) ?? [], setting)),
    })),
  )
  const [first] = savings
  return {
    draftSaving: first?.saving ?? NaN,
    drafts: { prompts: prompts.length, pool, steps, draftSteps, savings },
  }
}

/** All drafts of a pool finished: the pairs by each guide. */
async function pairsOf(studio: Studio, prompt: string): Promise<(guide: VerifierId) => readonly Pair[]> {
  const [guide, ...heldOut] = guides
  const run = await runOf(studio, {
    ...{ prompt, pack: 'scenes', guide: [guide], heldOut, baselines: [], seed: '1' },
    ...{ sampler: 'euler', schedule: 'linear', steps, guidance: 3.5 },
    ...{ algorithm: 'draft_cull_resume', candidates: pool, draftSteps, survivors: pool },
  })
  const images = run.candidates.filter(({ level }) => level === 0)
  return (by) =>
    images.flatMap(({ parent, scores }) => {
      const draft = run.candidates.find(({ seq }) => seq === parent)?.scores[by]
      const image = scores[by]
      return draft === undefined || image === undefined ? [] : [{ draft, image }]
    })
}

type Setting = { readonly candidates: number; readonly survivors: number }

/** NFE of drafts over NFE of random search at the same expected winning score; 0 where random search never gets there. */
function savingOf(pools: readonly (readonly Pair[])[], { candidates, survivors }: Setting): number {
  const won = mean(pools.map((pairs, i) => draftWin(pairs, candidates, survivors, i)))
  const nfe = candidates * draftSteps + survivors * (steps - draftSteps)
  const byCount = Array.from({ length: pool }, (_, i) => mean(pools.map((pairs) => randomWin(pairs, i + 1))))
  const above = byCount.findIndex((score) => score >= won)
  if (above === -1) return 0
  const low = byCount[above - 1]
  const high = byCount[above] ?? won
  // Candidates are counted from one: byCount[0] is one candidate's score.
  const count = low === undefined ? 1 : above + (won - low) / (high - low)
  return nfe / (count * steps)
}

/** Expected best image of `count` noises of a pool, exactly: the k-th lowest is the best in C(k-1, count-1) of C(n, count) parts. */
function randomWin(pairs: readonly Pair[], count: number): number {
  const images = pairs.map(({ image }) => image).sort((a, b) => a - b)
  let expected = 0
  // Share of parts whose best is images[k]: from the highest down, each from the one before.
  let share = count / images.length
  for (let k = images.length - 1; k >= count - 1; k--) {
    expected += share * (images[k] ?? NaN)
    share *= (k - count + 1) / k
  }
  return expected
}

/** Expected best image among the best drafts of parts of a pool, the mean over parts drawn with a fixed seed. */
function draftWin(
  pairs: readonly Pair[],
  candidates: number,
  survivors: number,
  promptIndex: number,
): number {
  const wins = Array.from({ length: drawn }, (_, part) => {
    const stream = promptIndex * drawn + part
    const keyed = pairs.map((pair, i) => ({
      pair,
      key: uniform('1', { stream, purpose: 'resampling', step: i }),
    }))
    const drafts = keyed.toSorted((a, b) => a.key - b.key).slice(0, candidates)
    const best = drafts.toSorted((a, b) => b.pair.draft - a.pair.draft).slice(0, survivors)
    return Math.max(...best.map(({ pair }) => pair.image))
  })
  return mean(wins)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
