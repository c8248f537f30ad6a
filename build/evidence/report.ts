/** Writes EVIDENCE.md, its plots and figures.json from the figures; it computes nothing but the words. */

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { verifiers as vocabulary, type VerifierId } from '../../shared/vocabulary.ts'
import {
  computeConclusions,
  draftConclusions,
  goalLines,
  guideConclusions,
  searchConclusions,
} from './conclusions.ts'
import type { Figures } from './figures.ts'
import { ensemble, guidesOf, oracle, type Guide } from './guides.ts'
import type { LedgerLine } from './ledger.ts'
import {
  candidatesWithin,
  candidateSteps,
  computeMultiples,
  draftSteps,
  finalSteps,
  poolSize,
  searchBudget,
  searchSizes,
  seedOf,
  stepCounts,
} from './plan.ts'
import type { Estimate } from './statistics.ts'
import { categories } from './suite.ts'
import { dotPlot, linePlot, type Series } from './svg.ts'
import { amountOf, percentOf, pointsOf, table } from './words.ts'

/** A pack that took part. */
export type PackLine = {
  readonly id: string
  readonly version: string
  /** SHA-256 of its pack.json. */
  readonly sha256: string
  readonly role: string
}

export type ReportInput = {
  readonly figures: Figures
  readonly verifiers: readonly VerifierId[]
  readonly ledger: readonly LedgerLine[]
  readonly packs: readonly PackLine[]
  /** Sampler, schedule and guidance, in words. */
  readonly sampling: string
  /** GFLOP of one forward pass, and of one evaluation with guidance. */
  readonly gflop: { readonly large: number; readonly small: number | null; readonly passes: number }
  /** Runtimes and processors that made the rows. */
  readonly places: readonly string[]
  /** Prompts with at least one finished part, and of how many. */
  readonly prompts: { readonly done: number; readonly of: number }
}

/** Writes the report into a folder: EVIDENCE.md, evidence/figures.json, evidence/*.svg. */
export async function writeReport(folder: string, input: ReportInput): Promise<void> {
  const { figures, packs, places, sampling, prompts } = input
  const plots = plotsOf(input)
  await mkdir(join(folder, 'evidence'), { recursive: true })
  for (const [name, content] of plots) await writeFile(join(folder, 'evidence', `${name}.svg`), content)
  const about = { packs, places, sampling, prompts }
  await writeFile(
    join(folder, 'evidence', 'figures.json'),
    `${JSON.stringify({ formatVersion: 1, about, figures: roundedFigures(figures) }, null, 1)}\n`,
  )
  await writeFile(join(folder, 'EVIDENCE.md'), reportText(input, new Set(plots.keys())))
}

/** Six digits are more than any interval is worth, and the same on every processor. */
function roundedFigures(figures: Figures): Figures {
  const rounded = (value: number) => Number(value.toFixed(6))
  return Object.fromEntries(
    Object.entries(figures).map(([name, { mean, low, high, n }]) => [
      name,
      { mean: rounded(mean), low: rounded(low), high: rounded(high), n },
    ]),
  )
}

function reportText(input: ReportInput, plots: ReadonlySet<string>): string {
  const { figures, verifiers, ledger, packs, sampling, gflop, places, prompts } = input
  const picture = (name: string, words: string) =>
    plots.has(name) ? `![${words}](evidence/${name}.svg)` : ''
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join('\n')
  const guides = guidesOf(verifiers)
  const at = (name: string) => figures[name]
  const sections = [
    `# What search does for scenes

Written by \`npm run evidence\` from ${prompts.done} of ${prompts.of} prompts of a fixed suite; every sentence below is made from the figures by
rules (build/evidence). Accuracy is the share of images of which the judge finds every claim of the prompt true; the judge never guides a search.
Brackets are 95 % intervals: bootstrap over prompts, 4,000 resamples, differences paired prompt by prompt, and the exact binomial bound where
all prompts agree.`,

    `## In short

${goalLines(figures).join('\n')}
${list(headlines(input))}`,

    `## Steps against search

${picture('steps-against-search', 'Judge accuracy by NFE for more steps and for random search')}

One noise with more steps, and random search with candidates of ${candidateSteps} steps at the same NFE. "Steps" is candidate 0 throughout; a search of
N candidates is the mean over the ${poolSize} / N disjoint parts of one pool of ${poolSize}, candidate 0 among them. The bound is what a guide would reach that knew
the judge's answer (Figure 1 of the paper).

${stepsTable(figures, guides)}

${list(searchConclusions(figures))}

The share of claims that hold, where accuracy asks for all at once:

${sharesTable(figures, guides)}`,

    `## Guides

${picture('guides', 'Judge accuracy of the winner under each guide')}

What the winner of ${poolSize} candidates is like, by guide: the mean of every verifier's score, and what the judge says (Table 2 of the paper). In the row
"none", every figure is the mean over all ${poolSize} candidates.

${metricTable(
  figures,
  guides,
  verifiers.filter((id) => preferences.includes(id)),
)}

${list([...gapLines(figures, guides), ...guideConclusions(figures, verifiers)])}

<details><summary>Gains over no search in every verifier's eyes: scores in their own units, judge accuracy in points</summary>

${gainTable(figures, guides, verifiers)}

</details>

How much direction each score gives: of a right and a wrong candidate of one prompt, how often it puts the right one first (50: a coin).

${table(
  ['verifier', 'right one first, %', 'prompts with both'],
  verifiers.map((id) => [
    vocabulary[id].label,
    percentOf(at(`direction/${id}`)),
    countOf(at(`direction/${id}`)),
  ]),
)}`,

    `### By category

Judge accuracy of the winner of ${poolSize} by the prompt's category (Table 1 of the paper).

${table(
  ['guide', ...categories],
  rowsOfGuides(guides).map(([id, label]) => [
    label,
    ...categories.map((category) => percentOf(at(`categories/${id}/${category}/accuracy`))),
  ]),
)}

### By kind of claim

Share of claims that hold, for one sample and for the ensemble's winner of ${poolSize}.

${claimTable(figures)}`,

    gflop.small === null
      ? ''
      : `## A small model with search

${picture('equal-compute', 'Judge accuracy by compute for scenes-mini with search and scenes')}

Compute of the denoiser in multiples of one image of scenes (${candidateSteps} steps, ${(candidateSteps * gflop.passes * gflop.large).toFixed(1)} GFLOP); scenes-mini costs ${gflop.small} GFLOP a forward
pass, scenes ${gflop.large}. Gains are over one image of scenes (Table 4 of the paper). Figures with search are means over pools of candidates, those with more
steps are of candidate 0, as above.

${computeTable(figures, gflop.large, gflop.small)}

One image of scenes-mini: ${percentOf(at('compute/small_single/accuracy'))} %, ${pointsOf(at('compute/small_single/gain/accuracy'))} points from one of scenes.

${list(computeConclusions(figures))}`,

    `## Evaluations of a candidate

${picture('nfe-per-candidate', 'Final judge accuracy by NFE spent on each candidate')}

A search budget of ${searchBudget} NFE under the ensemble, spent on few long candidates or on many short ones; the winner's noise is then sampled with ${finalSteps}
steps and judged (Figure 10 of the paper). Gains are over the same ${finalSteps} steps without search.

${table(
  ['NFE a candidate', 'candidates', 'accuracy, %', 'gain, points', `against ${candidateSteps} NFE, points`],
  draftSteps.map((steps) => [
    String(steps),
    String(searchBudget / steps),
    percentOf(at(`drafts/${steps}/accuracy`)),
    pointsOf(at(`drafts/${steps}/gain/accuracy`)),
    steps === candidateSteps ? '' : pointsOf(at(`drafts/${steps}/over_${candidateSteps}/accuracy`)),
  ]),
)}

${list(draftConclusions(figures))}`,

    `## What was run

${table(
  ['pack', 'version', 'role', 'SHA-256 of pack.json'],
  packs.map(({ id, version, role, sha256 }) => [id, version, role, `\`${sha256.slice(0, 16)}\``]),
)}

${sampling}. Made with ${places.join('; ') || 'nothing'}. The seed of prompt i is ${seedOf(0)} + i in every part; candidate k has stream k.

${table(
  [
    'part',
    'prompts',
    'images',
    'NFE',
    'forward passes',
    'verifier calls',
    'TFLOP of denoisers',
    'engine minutes',
  ],
  ledger.map((line) => [
    line.part,
    String(line.prompts),
    grouped(line.images),
    grouped(line.nfe),
    grouped(line.forwardPasses),
    grouped(line.verifierCalls),
    (line.gflop / 1000).toFixed(1),
    (line.seconds / 60).toFixed(1),
  ]),
)}

Engine minutes are summed over the engine processes, which work side by side. Parts share images: the pool of "search" also serves the guides, the
baseline of every part, and the ${candidateSteps}-step drafts.`,
  ]
  return `${sections
    .filter((section) => section !== '')
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n')}\n`
}

/** The columns of the paper's Table 2, and PickScore. */
const preferences: readonly VerifierId[] = [...ensemble.verifiers, 'pick_score']

/** The conclusions of every section that are set in bold. */
function headlines({ figures, verifiers }: ReportInput): readonly string[] {
  return [
    ...searchConclusions(figures),
    ...guideConclusions(figures, verifiers),
    ...computeConclusions(figures),
    ...draftConclusions(figures),
  ].filter((line) => line.startsWith('**'))
}

/** A line for each guide that has no winner for some prompts: its figures are those of the others. */
function gapLines(figures: Figures, guides: readonly Guide[]): readonly string[] {
  const all = figures['guides/none/accuracy']?.n ?? 0
  return guides.flatMap(({ id, label }) => {
    const n = figures[`guides/${id}/accuracy`]?.n ?? 0
    return n === 0 || n === all
      ? []
      : [`${label} scores ${n} of the ${all} prompts; its figures are of these.`]
  })
}

function stepsTable(figures: Figures, guides: readonly Guide[]): string {
  const groups = guides.filter((guide) => guide.verifiers.length > 1)
  const columns = [...groups, oracle]
  return table(
    [
      'NFE',
      'steps, %',
      'gain of steps, points',
      'N',
      ...columns.map(({ label }) => `${label}, %`),
      'gain of the ensemble, points',
    ],
    stepCounts.map((nfe) => {
      const count = nfe / candidateSteps
      const searched = searchSizes.some((size) => size === count)
      return [
        String(nfe),
        percentOf(figures[`steps/${nfe}/accuracy`]),
        nfe === candidateSteps ? '' : pointsOf(figures[`steps/${nfe}/gain/accuracy`]),
        searched ? String(count) : '',
        ...columns.map(({ id }) => (searched ? percentOf(figures[`search/${count}/${id}/accuracy`]) : '')),
        searched && count > 1 ? pointsOf(figures[`search/${count}/${ensemble.id}/gain/accuracy`]) : '',
      ]
    }),
  )
}

function sharesTable(figures: Figures, guides: readonly Guide[]): string {
  const hasEnsemble = guides.includes(ensemble)
  return table(
    ['NFE', 'steps, %', ...(hasEnsemble ? ['ensemble, %'] : [])],
    stepCounts.map((nfe) => [
      String(nfe),
      percentOf(figures[`steps/${nfe}/share`]),
      ...(hasEnsemble ? [percentOf(figures[`search/${nfe / candidateSteps}/${ensemble.id}/share`])] : []),
    ]),
  )
}

const rowsOfGuides = (guides: readonly Guide[]): readonly (readonly [id: string, label: string])[] => [
  ['none', 'none'],
  ...guides.map(({ id, label }) => [id, label] as const),
]

function metricTable(figures: Figures, guides: readonly Guide[], verifiers: readonly VerifierId[]): string {
  return table(
    ['guide', 'judge accuracy, %', 'claims, %', ...verifiers.map((id) => vocabulary[id].label)],
    rowsOfGuides(guides).map(([id, label]) => [
      label,
      percentOf(figures[`guides/${id}/accuracy`]),
      percentOf(figures[`guides/${id}/share`]),
      ...verifiers.map((verifier) => amountOf(figures[`guides/${id}/score/${verifier}`])),
    ]),
  )
}

function gainTable(figures: Figures, guides: readonly Guide[], verifiers: readonly VerifierId[]): string {
  return table(
    ['guide', 'judge accuracy', 'behind the ensemble', ...verifiers.map((id) => vocabulary[id].label)],
    guides.map(({ id, label }) => [
      label,
      pointsOf(figures[`guides/${id}/gain/accuracy`]),
      id === ensemble.id ? '' : pointsOf(figures[`guides/${id}/behind_ensemble/accuracy`]),
      ...verifiers.map((verifier) => amountOf(figures[`guides/${id}/gain/score/${verifier}`], true)),
    ]),
  )
}

function claimTable(figures: Figures): string {
  const kinds = Object.keys(figures).flatMap((name) => /^claims\/(.+)\/none$/.exec(name)?.[1] ?? [])
  return table(
    ['claim', 'one sample, %', 'ensemble, %', 'gain, points', 'prompts'],
    kinds.map((kind) => [
      kind,
      percentOf(figures[`claims/${kind}/none`]),
      percentOf(figures[`claims/${kind}/ensemble`]),
      pointsOf(figures[`claims/${kind}/gain`]),
      countOf(figures[`claims/${kind}/none`]),
    ]),
  )
}

function computeTable(figures: Figures, large: number, small: number): string {
  return table(
    [
      'compute',
      'candidates of scenes-mini',
      'scenes-mini with search, %',
      'gain, points',
      'scenes with search, %',
      'scenes with more steps, %',
    ],
    computeMultiples.map((multiple) => [
      `${multiple} x`,
      String(candidatesWithin(multiple, large, small)),
      percentOf(figures[`compute/${multiple}/small_search/accuracy`]),
      pointsOf(figures[`compute/${multiple}/small_search/gain/accuracy`]),
      percentOf(figures[`compute/${multiple}/large_search/accuracy`]),
      percentOf(figures[`compute/${multiple}/large_steps/accuracy`]),
    ]),
  )
}

/** The plots that have something to show, by file name. */
function plotsOf({ figures, verifiers }: ReportInput): ReadonlyMap<string, string> {
  const plots = new Map<string, string>()
  const percent = (found: Estimate): Estimate => ({
    mean: 100 * found.mean,
    low: 100 * found.low,
    high: 100 * found.high,
    n: found.n,
  })
  const series = (name: string, xs: readonly number[], at: (x: number) => string): Series => ({
    name,
    points: xs.flatMap((x) => {
      const found = figures[at(x)]
      return found === undefined ? [] : [{ x, y: percent(found) }]
    }),
  })
  const lines = (name: string, plot: Parameters<typeof linePlot>[0]) => {
    const drawn = plot.series.filter(({ points }) => points.length > 1)
    if (drawn.length > 0) plots.set(name, linePlot({ ...plot, series: drawn }))
  }
  const nfes = searchSizes.map((count) => count * candidateSteps)
  const guides = guidesOf(verifiers)
  const accuracy = 'judge accuracy, %'
  const searchLine = ({ id, label }: Guide) =>
    series(label, nfes, (nfe) => `search/${nfe / candidateSteps}/${id}/accuracy`)
  lines('steps-against-search', {
    title: 'More steps, or more noises',
    description: 'Judge accuracy against NFE for one noise with more steps and for random search.',
    xLabel: 'NFE (logarithmic)',
    yLabel: accuracy,
    series: [
      series('more steps', stepCounts, (nfe) => `steps/${nfe}/accuracy`),
      ...guides.filter(({ id }) => id === ensemble.id).map(searchLine),
      searchLine(oracle),
    ],
  })
  const none = figures['guides/none/accuracy']
  const rows = guides
    .flatMap(({ id, label }) => {
      const found = figures[`guides/${id}/accuracy`]
      return found === undefined ? [] : [{ label, value: percent(found), strong: id.startsWith(ensemble.id) }]
    })
    .toSorted((a, b) => b.value.mean - a.value.mean)
  if (rows.length > 0)
    plots.set(
      'guides',
      dotPlot({
        title: `The winner of ${poolSize}, by guide`,
        description: 'Judge accuracy of the winner under each guide, with its interval.',
        xLabel: accuracy,
        rows,
        ...(none === undefined ? {} : { reference: { label: 'no search', x: 100 * none.mean } }),
      }),
    )
  lines('equal-compute', {
    title: 'A small model with search, at equal compute',
    description:
      'Judge accuracy against compute for scenes-mini with search, scenes with search and with more steps.',
    xLabel: `GFLOP of the denoiser, in images of scenes (logarithmic)`,
    yLabel: accuracy,
    series: [
      series(
        'scenes-mini, search',
        computeMultiples,
        (multiple) => `compute/${multiple}/small_search/accuracy`,
      ),
      series('scenes, search', computeMultiples, (multiple) => `compute/${multiple}/large_search/accuracy`),
      series(
        'scenes, more steps',
        computeMultiples,
        (multiple) => `compute/${multiple}/large_steps/accuracy`,
      ),
    ],
  })
  lines('nfe-per-candidate', {
    title: `${searchBudget} NFE of search, then ${finalSteps} steps`,
    description: 'Judge accuracy of the final image against the NFE spent on each candidate.',
    xLabel: 'NFE a candidate (logarithmic)',
    yLabel: accuracy,
    series: [series('Ensemble', draftSteps, (steps) => `drafts/${steps}/accuracy`)],
  })
  return plots
}

const countOf = (found: Estimate | undefined): string => (found === undefined ? '-' : String(found.n))

/** 12345 as 12,345. */
const grouped = (value: number): string => value.toLocaleString('en')
