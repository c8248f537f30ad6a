/** Starting noises of a run's candidates, whatever operations their recipes hold. */

import type { NoiseRecipe, RecipeOperation } from '../../../shared/domain.ts'
import { nfeOfGradient } from '../../../shared/plan.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { ImagePackManifest, InstalledPack } from '../../packs/manifest.ts'
import { neighbourOf, noiseOperations, rootNoise, type NoiseOperation } from '../diffusion/noise.ts'
import { ascend } from '../search/adjoint.ts'
import type { Engine, Library } from './adapters.ts'
import type { Job } from './jobs.ts'
import { noiseGradient } from './noise-gradient.ts'
import type { Panel } from './panel.ts'
import { pathRule } from './path-rule.ts'

/** A noise and what making it cost in evaluations; nothing unless a gradient was followed. */
export type MadeNoise = {
  readonly noise: Float32Array
  readonly nfe: number
  readonly forwardPasses: number
  readonly gflop: number
  readonly seconds: number
}

type NoiseContext = {
  readonly runId: number
  readonly spec: RunSpec
  readonly pack: InstalledPack<ImagePackManifest>
  readonly engine: Engine
  readonly library: Pick<Library, 'savedState'>
}

type Ascent = Extract<NoiseOperation, { readonly kind: 'ascend' }>

/** Noises that are kept for the next neighbours of the same pivot. */
const remembered = 16

const free = { nfe: 0, forwardPasses: 0, gflop: 0, seconds: 0 }

export class NoiseMaker {
  readonly #context: NoiseContext
  readonly #panel: Panel
  /** Numbers of a noise: channels * height * width of the latents. */
  readonly #length: number
  /** By stream and operations, oldest first. */
  readonly #known = new Map<string, Float32Array>()

  /** @param panel judges what gradients are followed from */
  constructor(context: NoiseContext, panel: Panel) {
    const { channels, height, width } = context.pack.manifest.latents
    this.#context = context
    this.#panel = panel
    this.#length = channels * height * width
  }

  /** The starting noise of a candidate. A final image takes that of the candidate which it repeats, at no cost. */
  async make({ arm, recipe, parent }: Pick<Job, 'arm' | 'recipe' | 'parent'>): Promise<MadeNoise> {
    const operations = noiseOperations(recipe)
    if (arm !== 'final') return this.#after(recipe, operations, parent)
    const noise =
      this.#known.get(nameOf(recipe, operations)) ??
      (isCostly(operations) ? this.#saved(parent) : null) ??
      (await this.#after(recipe, operations, null)).noise
    return { noise, ...free }
  }

  /** The noise after these operations; only the last one costs, what came before belongs to other candidates. */
  async #after(
    recipe: NoiseRecipe,
    operations: readonly NoiseOperation[],
    parent: number | null,
  ): Promise<MadeNoise> {
    const last = operations.at(-1)
    if (last === undefined) return { noise: rootNoise(recipe, this.#length), ...free }
    const before = operations.slice(0, -1)
    const from =
      this.#known.get(nameOf(recipe, before)) ??
      (isCostly(before) ? this.#saved(parent) : null) ??
      (await this.#after(recipe, before, null)).noise
    const made =
      last.kind === 'neighbour'
        ? { noise: neighbourOf(from, last, recipe.seed), ...free }
        : await this.#ascend(from, last)
    this.#remember(nameOf(recipe, before), from)
    this.#remember(nameOf(recipe, operations), made.noise)
    return made
  }

  /** The noise of a candidate that was costly to make, from the library. */
  #saved(seq: number | null): Float32Array | null {
    const { library, runId } = this.#context
    const state = seq === null ? null : library.savedState(runId, seq)
    return state === null ? null : Float32Array.from(state.x)
  }

  /** A step up the gradient; the noise itself where its image has no score to climb. */
  async #ascend(noise: Float32Array, { verifier, eta, steps }: Ascent): Promise<MadeNoise> {
    const { spec, pack, engine } = this.#context
    const levels = pathRule(spec, pack.manifest, steps)
    const { gradient, ...cost } = await noiseGradient(noise, {
      ...{ engine, pack, panel: this.#panel, spec, levels, verifier },
    })
    return { noise: gradient === null ? noise : ascend(noise, gradient, eta), ...cost }
  }

  #remember(name: string, noise: Float32Array): void {
    this.#known.delete(name)
    this.#known.set(name, noise)
    const [oldest] = this.#known.keys()
    if (this.#known.size > remembered && oldest !== undefined) this.#known.delete(oldest)
  }
}

function nameOf({ stream }: NoiseRecipe, operations: readonly NoiseOperation[]): string {
  return `${stream} ${JSON.stringify(operations)}`
}

/** Whether a noise is costly to make again, so that it is kept with its candidate. */
export function isCostly(operations: readonly RecipeOperation[]): boolean {
  return operations.some(({ kind }) => kind === 'ascend')
}

/** What making a candidate's noise from that of its parent takes: a gradient, where it followed one. */
export function nfeOfNoise({ arm, recipe }: Pick<Job, 'arm' | 'recipe'>): number {
  const last = arm === 'final' ? undefined : recipe.operations.at(-1)
  return last?.kind === 'ascend' ? nfeOfGradient * last.steps : 0
}
