/**
 * One piece of work: a part of the evidence for one prompt. What the store holds is taken from it; what it lacks is made
 * when there is an engine, in two steps that are kept apart: sampling, which follows from the image pack alone, and
 * judging, which follows from the samples and the packs that look at them. New verifiers do not sample anything anew.
 */

import type { ImagePackManifest, InstalledPack } from '../../electron/packs/manifest.ts'
import { draftWinner } from './figures.ts'
import {
  candidatesWithin,
  computeMultiples,
  draftJobs,
  draftSteps,
  finalJobs,
  finalSteps,
  poolJobs,
  seedOf,
  smallJobs,
  stepJobs,
  type Job,
  type Part,
} from './plan.ts'
import type { Bench } from './lanes.ts'
import { substanceOf } from './pack-substance.ts'
import type { Look, Referee } from './referee.ts'
import type { JudgedImage } from './results.ts'
import { sampleImages } from './sample.ts'
import { keyOf, type Store } from './store.ts'
import type { SuitePrompt } from './suite.ts'

/** What every piece of work needs. */
export type Kit = {
  readonly large: InstalledPack<ImagePackManifest>
  /** Null where scenes-mini is not installed: the part that needs it is left out. */
  readonly small: InstalledPack<ImagePackManifest> | null
  readonly referee: Referee
  readonly store: Store
}

/** A finished set of images, with what it cost. */
export type SetRow = {
  readonly packId: string
  readonly images: readonly JudgedImage[]
  /** Seconds in the engine: denoising; decoding, verifiers and judge. */
  readonly sampleSeconds: number
  readonly judgeSeconds: number
  readonly verifierCalls: number
  /** Runtime and processor. */
  readonly place: string
}

type SampleRow = {
  readonly seconds: number
  readonly samples: readonly (Omit<JudgedImage, 'scores' | 'claims'> & {
    readonly latents: string
  })[]
}

/** Decoded at a time: small enough that a call stays short. */
const decodeBatch = 16

/** GFLOP of one forward pass of the denoiser. */
export const gflopOf = (pack: InstalledPack<ImagePackManifest>): number =>
  pack.manifest.components.denoiser.gflopPerForward ?? 0

/** What a part costs for one prompt, about: evaluations times GFLOP. For the forecast only. */
export function weightOf(part: Part, kit: Kit): number {
  const nfe = (jobs: readonly Job[]) => jobs.reduce((sum, { steps }) => sum + steps, 0)
  switch (part) {
    case 'search':
      return nfe(poolJobs) * gflopOf(kit.large)
    case 'steps':
      return nfe(stepJobs) * gflopOf(kit.large)
    case 'small':
      return kit.small === null ? 0 : nfe(smallJobs(smallCount(kit))) * gflopOf(kit.small)
    case 'drafts':
      return (nfe(draftJobs) + draftSteps.length * finalSteps) * gflopOf(kit.large)
  }
}

/** Candidates of scenes-mini that the largest multiple pays for. */
export function smallCount({ large, small }: Kit): number {
  if (small === null) return 0
  const most = Math.max(...computeMultiples)
  return candidatesWithin(most, gflopOf(large), gflopOf(small))
}

/**
 * The sets of a part for one prompt, in the order in which they are made.
 *
 * @param bench loaded with the kit's packs; null: only what the store holds
 * @returns null where something is missing and there is nobody to make it
 */
export async function workOn(
  part: Part,
  prompt: SuitePrompt,
  kit: Kit,
  bench: Bench | null,
): Promise<readonly SetRow[] | null> {
  const { large, small } = kit
  const set = (pack: InstalledPack<ImagePackManifest>, jobs: readonly Job[], look: Look) =>
    rowOf(prompt, pack, jobs, look, kit, bench)
  const pool = () => set(large, poolJobs, 'all')
  const steps = () => set(large, stepJobs, 'ensemble')
  switch (part) {
    case 'search':
      return all([await pool()])
    case 'steps':
      return all([await steps()])
    case 'small':
      if (small === null) return []
      return all([await set(small, smallJobs(smallCount(kit)), 'ensemble')])
    case 'drafts': {
      const drafts = await set(large, draftJobs, 'ensemble')
      const known = all([await pool(), await steps(), drafts])
      if (known === null || drafts === null) return null
      const images = known.flatMap((row) => row.images)
      const winners = draftSteps.flatMap((each) => draftWinner(images, each)?.seq ?? [])
      return all([drafts, await set(large, finalJobs(winners), 'none')])
    }
  }
}

async function rowOf(
  prompt: SuitePrompt,
  pack: InstalledPack<ImagePackManifest>,
  jobs: readonly Job[],
  look: Look,
  { referee, store }: Kit,
  bench: Bench | null,
): Promise<SetRow | null> {
  const seed = seedOf(prompt.index)
  const sampleKey = keyOf({
    ...{ what: 'samples', pack: substanceOf(pack.manifest) },
    ...{ prompt: prompt.prompt, seed, jobs },
  })
  const judgedKey = keyOf({ what: 'judged', samples: sampleKey, look, referee: referee.identity })
  const known = await store.get<SetRow>(judgedKey)
  if (known !== null || bench === null) return known
  const { engine, place } = bench

  let samples = await store.get<SampleRow>(sampleKey)
  if (samples === null) {
    const made = await sampleImages(engine, pack, prompt.prompt, seed, jobs)
    samples = {
      seconds: made.seconds,
      samples: made.samples.map((sample) => ({ ...sample, latents: toText(sample.latents) })),
    }
    await store.put(sampleKey, samples)
  }

  const decode = async (texts: readonly string[]) => {
    const images = []
    let seconds = 0
    for (let from = 0; from < texts.length; from += decodeBatch) {
      const part = texts.slice(from, from + decodeBatch)
      const latents = toFloats(part)
      const answer = await engine.decode({
        packId: pack.manifest.id,
        latentSize: pack.manifest.latents,
        latents,
        batch: part.length,
      })
      images.push(...answer.images)
      seconds += answer.seconds
    }
    return { images, seconds }
  }
  const finals = await decode(samples.samples.map(({ latents }) => latents))
  const found = await referee.look(engine, prompt.prompt, finals.images, look)
  const row: SetRow = {
    packId: pack.manifest.id,
    images: samples.samples.map(({ seq, steps, nfe, forwardPasses }, i) => ({
      ...{ seq, steps, nfe, forwardPasses },
      scores: found.scores[i] ?? {},
      claims: found.claims[i] ?? null,
    })),
    sampleSeconds: samples.seconds,
    judgeSeconds: finals.seconds + found.seconds,
    verifierCalls: found.verifierCalls,
    place,
  }
  await store.put(judgedKey, row)
  return row
}

function all(rows: readonly (SetRow | null)[]): readonly SetRow[] | null {
  const found = rows.filter((row) => row !== null)
  return found.length === rows.length ? found : null
}

/** Latents as text: base64 of their little-endian float32 bytes. */
function toText(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

function toFloats(texts: readonly string[]): Float32Array {
  const bytes = Buffer.concat(texts.map((text) => Buffer.from(text, 'base64')))
  return new Float32Array(Uint8Array.from(bytes).buffer)
}
