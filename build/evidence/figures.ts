/**
 * All figures of the evidence, by name, computed from the judged images alone. Names are paths, such as
 * `search/16/ensemble/accuracy`; figures.json holds them, the report looks them up, `--check` compares them.
 */

import { idsOf, verifiers as vocabulary, type VerifierId } from '../../shared/vocabulary.ts'
import { directionOf, ensemble, guidesOf, oracle, pick, winnerOf, type Guide } from './guides.ts'
import {
  candidatesWithin,
  candidateSteps,
  computeMultiples,
  draftSteps,
  finalSteps,
  poolSize,
  searchBudget,
  searchSizes,
  stepCounts,
} from './plan.ts'
import { accuracyOf, shareOf, type JudgedImage, type PromptResults } from './results.ts'
import { estimate, estimateDifference, meanOf, type Estimate } from './statistics.ts'
import { categories } from './suite.ts'

export type Figures = Readonly<Record<string, Estimate>>

/** GFLOP of one forward pass of each denoiser; null where scenes-mini is not installed. */
export type Costs = { readonly large: number; readonly small: number | null }

/** A number for each prompt; null where there is none. */
type PerPrompt = readonly (number | null)[]

/** Accuracy and share of claims for each prompt: means over the images that stand for the arm there. */
type Arm = { readonly accuracy: PerPrompt; readonly share: PerPrompt }

type Results = readonly PromptResults[]

/** Collects the figures that can be had; an arm without any prompt has none. */
class Collection {
  readonly figures: Record<string, Estimate> = {}

  #keep(name: string, found: Estimate | null): void {
    if (found !== null) this.figures[name] = found
  }

  share(name: string, values: PerPrompt): void {
    this.#keep(name, estimate(values, 'share'))
  }

  amount(name: string, values: PerPrompt): void {
    this.#keep(name, estimate(values))
  }

  gain(name: string, values: PerPrompt, base: PerPrompt): void {
    this.#keep(name, estimateDifference(values, base))
  }

  /** An arm, and its gains over another. */
  arm(name: string, { accuracy, share }: Arm, base: Arm): void {
    this.share(`${name}/accuracy`, accuracy)
    this.share(`${name}/share`, share)
    this.gain(`${name}/gain/accuracy`, accuracy, base.accuracy)
    this.gain(`${name}/gain/share`, share, base.share)
  }
}

export function computeFigures(results: Results, costs: Costs): Figures {
  const into = new Collection()
  const guides = guidesOf(verifiersOf(results))
  stepFigures(into, results)
  searchFigures(into, results, guides)
  guideFigures(into, results, guides)
  claimFigures(into, results)
  computeRatioFigures(into, results, costs)
  draftFigures(into, results)
  return into.figures
}

/** Verifiers that scored any image of the pool, in the vocabulary's order. */
export function verifiersOf(results: Results): readonly VerifierId[] {
  const scored = new Set(results.flatMap((one) => poolOf(one).flatMap(({ scores }) => Object.keys(scores))))
  return idsOf(vocabulary).filter((id) => scored.has(id))
}

/** More steps for one noise, paired with the same noise at the steps of a candidate. */
function stepFigures(into: Collection, results: Results): void {
  const base = stepsArm(results, candidateSteps)
  for (const steps of stepCounts) into.arm(`steps/${steps}`, stepsArm(results, steps), base)
}

/** Random search at equal NFE, for each guide and for the best that any guide could do. */
function searchFigures(into: Collection, results: Results, guides: readonly Guide[]): void {
  const single = searchArm(results, poolOf, 1)
  for (const count of searchSizes) {
    for (const guide of [...guides, oracle])
      into.arm(`search/${count}/${guide.id}`, searchArm(results, poolOf, count, guide), single)
  }
  for (const id of verifiersOf(results)) {
    const values = results.map((one) => directionOf(id, poolOf(one)))
    into.share(`direction/${id}`, values)
  }
}

/** The winner of the whole pool under each guide: in every verifier's eyes, for the judge, by category. */
function guideFigures(into: Collection, results: Results, guides: readonly Guide[]): void {
  const verifiers = verifiersOf(results)
  const single = searchArm(results, poolOf, 1)
  const best = searchArm(results, poolOf, poolSize, ensemble)
  const singleScores = new Map(
    verifiers.map((id) => [
      id,
      results.map((one) => meanOf(poolOf(one).map((image) => image.scores[id] ?? null))),
    ]),
  )
  for (const guide of [null, ...guides]) {
    const id = guide?.id ?? 'none'
    const found = guide === null ? single : searchArm(results, poolOf, poolSize, guide)
    into.arm(`guides/${id}`, found, single)
    into.gain(`guides/${id}/behind_ensemble/accuracy`, best.accuracy, found.accuracy)
    const winners = results.map((one) => (guide === null ? null : winnerOf(guide, fullPoolOf(one))))
    for (const verifier of verifiers) {
      const base = singleScores.get(verifier) ?? []
      const values = guide === null ? base : winners.map((image) => image?.scores[verifier] ?? null)
      into.amount(`guides/${id}/score/${verifier}`, values)
      into.gain(`guides/${id}/gain/score/${verifier}`, values, base)
    }
    for (const category of categories) {
      const within = (values: PerPrompt) => values.filter((_, i) => results[i]?.category === category)
      const name = `categories/${id}/${category}`
      into.share(`${name}/accuracy`, within(found.accuracy))
      into.gain(`${name}/gain/accuracy`, within(found.accuracy), within(single.accuracy))
    }
  }
}

/** Which kinds of claim a single image keeps, and which the ensemble's winner. */
function claimFigures(into: Collection, results: Results): void {
  const all = results.flatMap((one) => poolOf(one).flatMap(({ claims }) => claims ?? []))
  for (const kind of new Set(all.map(([one]) => one))) {
    const held = (image: JudgedImage | null) =>
      meanOf(image?.claims?.filter(([one]) => one === kind).map(([, holds]) => Number(holds)) ?? [])
    const before = results.map((one) => meanOf(poolOf(one).map(held)))
    const after = results.map((one) => held(winnerOf(ensemble, fullPoolOf(one))))
    into.share(`claims/${kind}/none`, before)
    into.share(`claims/${kind}/ensemble`, after)
    into.gain(`claims/${kind}/gain`, after, before)
  }
}

/** The small model with search against one image of the large one, and what else that could do with the compute. */
function computeRatioFigures(into: Collection, results: Results, costs: Costs): void {
  const single = searchArm(results, poolOf, 1)
  const smallOf = (one: PromptResults) => one.small
  into.arm('compute/small_single', searchArm(results, smallOf, 1), single)
  for (const multiple of computeMultiples) {
    const count = costs.small === null ? 0 : candidatesWithin(multiple, costs.large, costs.small)
    const large = searchArm(results, poolOf, multiple, ensemble)
    if (count > 0) {
      const small = searchArm(results, smallOf, count, ensemble)
      into.arm(`compute/${multiple}/small_search`, small, single)
      into.arm(`compute/${multiple}/small_bound`, searchArm(results, smallOf, count, oracle), single)
      into.gain(`compute/${multiple}/small_over_large_search/accuracy`, small.accuracy, large.accuracy)
    }
    into.arm(`compute/${multiple}/large_search`, large, single)
    into.arm(
      `compute/${multiple}/large_steps`,
      stepsArm(results, multiple * candidateSteps),
      stepsArm(results, candidateSteps),
    )
  }
}

/** One search budget, spent on few long candidates or on many short ones; the winner's noise sampled again. */
function draftFigures(into: Collection, results: Results): void {
  const unsearched = stepsArm(results, finalSteps)
  const finals = (steps: number): Arm =>
    armOf(results, ({ large }) => {
      const winner = draftWinner(large, steps)
      return winner === null ? null : imageOf(large, winner.seq, finalSteps)
    })
  for (const steps of draftSteps) {
    into.arm(`drafts/${steps}`, finals(steps), unsearched)
    for (const other of draftSteps.filter((one) => one !== steps))
      into.gain(`drafts/${steps}/over_${other}/accuracy`, finals(steps).accuracy, finals(other).accuracy)
  }
}

/** The winner among the drafts of so many steps; null unless all of them are there. */
export function draftWinner(images: readonly JudgedImage[], steps: number): JudgedImage | null {
  const count = searchBudget / steps
  const drafts = images.filter((image) => image.steps === steps && image.seq < count)
  return drafts.length < count ? null : winnerOf(ensemble, drafts)
}

function armOf(results: Results, imageOfPrompt: (one: PromptResults) => JudgedImage | null): Arm {
  const images = results.map(imageOfPrompt)
  return { accuracy: images.map(accuracyOf), share: images.map(shareOf) }
}

const stepsArm = (results: Results, steps: number): Arm =>
  armOf(results, ({ large }) => imageOf(large, 0, steps))

/**
 * Searches of `count` candidates: the images are cut into as many disjoint blocks as they hold, each is a search of
 * its own, and the prompt's figure is their mean. A search of few candidates is so drawn several times, at no cost.
 */
function searchArm(
  results: Results,
  imagesOf: (one: PromptResults) => readonly JudgedImage[],
  count: number,
  guide: Guide = ensemble,
): Arm {
  const winners = results.map((one) => {
    const images = imagesOf(one)
    return Array.from({ length: Math.floor(images.length / count) }, (_, block) =>
      pick(guide, images.slice(block * count, (block + 1) * count)),
    )
  })
  return {
    accuracy: winners.map((list) => meanOf(list.map(accuracyOf))),
    share: winners.map((list) => meanOf(list.map(shareOf))),
  }
}

/** The candidates of the pool that are there, in order. */
function poolOf({ large }: PromptResults): readonly JudgedImage[] {
  return large
    .filter(({ seq, steps }) => steps === candidateSteps && seq < poolSize)
    .toSorted((a, b) => a.seq - b.seq)
}

/** The pool where it is whole, else nothing. */
function fullPoolOf(one: PromptResults): readonly JudgedImage[] {
  const pool = poolOf(one)
  return pool.length === poolSize ? pool : []
}

function imageOf(images: readonly JudgedImage[], seq: number, steps: number): JudgedImage | null {
  return images.find((image) => image.seq === seq && image.steps === steps) ?? null
}
