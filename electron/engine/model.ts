/** One graph of a pack, evaluated with everything checked that a runtime does not check. */

import { join } from 'node:path'

import { StudioError } from '../../shared/errors.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import type { Declared, Feeds, Session, Sessions } from './sessions.ts'

/** Where a graph stands in its pack, as the manifest names it. */
export type Component = {
  readonly file: string
  /** What the pack does without is absent. */
  readonly inputs: Readonly<Record<string, string | undefined>>
  readonly outputs: Readonly<Record<string, string | undefined>>
}

export class Model {
  readonly #session: Session
  readonly #packId: string
  readonly #component: string
  readonly #output: string

  private constructor(session: Session, packId: string, component: string, output: string) {
    this.#session = session
    this.#packId = packId
    this.#component = component
    this.#output = output
  }

  /**
   * Opens a graph and compares its inputs and outputs with the manifest.
   *
   * @param output the output that `evaluate` gives, by its name in the graph
   * @throws `pack_invalid` when the runtime refuses the file or the names do not match
   */
  static async open(
    sessions: Sessions,
    pack: InstalledPack,
    component: string,
    { file, inputs, outputs }: Component,
    output: string,
  ): Promise<Model> {
    const { id } = pack.manifest
    const session = await sessions.open(join(pack.folder, file), pack.sha256).catch((error: unknown) => {
      if (error instanceof StudioError) throw error
      const { device, runtime } = sessions.info
      if (device !== 'cpu') {
        const [why] = String(error).split('\n')
        const message = `Pack ${id}, ${component}: expected a model that ${runtime} can load on ${device}, found ${file}, which it refuses there (${why}). Choose another device, or a float32 export of the model.`
        throw new StudioError('engine_failed', message, { detail: String(error), cause: error })
      }
      const message = `Pack ${id}, ${component}: expected a model that this runtime can load, found ${file}, which it refuses. Install the pack again, or another version of it.`
      throw new StudioError('pack_invalid', message, { detail: String(error), cause: error })
    })
    const named = (names: typeof inputs) => Object.values(names).filter((name) => name !== undefined)
    requireNames(id, component, 'inputs', named(inputs), [...session.inputs.keys()])
    requireNames(id, component, 'outputs', named(outputs), session.outputNames)
    return new Model(session, id, component, output)
  }

  /** What the graph says of an input; throws RangeError for one that it does not have. */
  declared(input: string): Declared {
    const declared = this.#session.inputs.get(input)
    if (declared === undefined) throw new RangeError(`Expected an input of the graph, found ${input}`)
    return declared
  }

  /** Rows that the graph takes in every evaluation, by the first axis of an input; null where it takes any number. */
  fixedBatch(input: string): number | null {
    const batch = this.declared(input).shape[0]
    return typeof batch === 'number' && batch > 0 ? batch : null
  }

  /** Length of an input's axis; throws `pack_invalid` where the graph leaves it open. */
  fixedSize(input: string, axis: number): number {
    const { shape } = this.declared(input)
    const size = shape[axis]
    if (typeof size === 'number' && size > 0) return size
    const message = `${this.#name()}, input ${input}: expected a fixed length of axis ${axis}, found ${show(shape)}. Export the model again with that axis fixed.`
    throw new StudioError('pack_invalid', message)
  }

  /**
   * Evaluates the graph for the output that it was opened for.
   *
   * @param dims expected of the output; -1 where the model decides
   * @returns the output's values, which may be NaN or infinite: see `requireFinite`
   * @throws `bad_input` for a size that the graph does not take, `engine_failed` when the runtime refuses,
   * `pack_invalid` when the output has another shape
   */
  async evaluate(feeds: Feeds, dims: readonly number[]): Promise<Float32Array> {
    const values = await this.evaluateAll(feeds, { [this.#output]: dims })
    return values.get(this.#output) ?? new Float32Array()
  }

  /**
   * Evaluates the graph once for several outputs.
   *
   * @param dims expected of each output, by its name in the graph; -1 where the model decides
   * @returns the values by the same names; errors as `evaluate`
   */
  async evaluateAll(
    feeds: Feeds,
    dims: Readonly<Record<string, readonly number[]>>,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    this.#requireSizes(feeds)
    const outputs = await this.#session.run(feeds, Object.keys(dims)).catch((error: unknown) => {
      if (error instanceof StudioError) throw error
      const shapes = Object.entries(feeds).map(([name, feed]) => `${name} ${show(feed.dims)}`)
      const message = `${this.#name()} failed to evaluate. If it fails again, the pack does not fit its manifest: install it again.`
      throw new StudioError('engine_failed', message, {
        detail: `${String(error)}\n${shapes.join('\n')}`,
        cause: error,
      })
    })
    for (const [name, { dims: found }] of outputs) {
      const expected = dims[name] ?? []
      if (fits(found, expected)) continue
      const message = `${this.#name()}, output ${name}: expected the shape ${show(expected)}, found ${show(found)}. The model does not fit its manifest; install the pack again.`
      throw new StudioError('pack_invalid', message)
    }
    return new Map([...outputs].map(([name, { data }]) => [name, data]))
  }

  /**
   * Refuses NaN and infinite values, which runtimes pass on without a word.
   *
   * @param count of rows of equal size that `data` holds
   * @param sampleOf the sample that a row belongs to, for the message
   * @param advice what a person can do, where it is not what helps most networks
   * @throws `model_output_invalid`
   */
  requireFinite(
    data: Float32Array,
    count: number,
    sampleOf: (row: number) => number = (row) => row,
    advice = 'Lower the guidance or change the prompt; if it stays, the pack is at fault.',
  ): void {
    const bad = countNotFinite(data, count)
    const first = bad.findIndex((found) => found > 0)
    if (first === -1) return
    const others = bad.filter((found) => found > 0).length - 1
    const size = data.length / count
    const message = `${this.#name()}, output ${this.#output}: expected finite numbers, found ${bad[first] ?? 0} of ${size} NaN or infinite in sample ${sampleOf(first)}${others > 0 ? ` and some in ${others} more` : ''}. ${advice}`
    throw new StudioError('model_output_invalid', message)
  }

  /** Refuses what a graph that was exported for one size does not take, in other words than the runtime's. */
  #requireSizes(feeds: Feeds): void {
    for (const [name, { dims }] of Object.entries(feeds)) {
      const { shape } = this.declared(name)
      if (shape.length !== dims.length || dims.length < 2) continue
      if (shape.every((size, i) => typeof size === 'string' || size <= 0 || size === dims[i])) continue
      const message = `${this.#name()}, input ${name}: expected ${show(shape)}, the size that it was exported for, found ${show(dims)}. Choose the size of pictures that the pack was made for.`
      throw new StudioError('bad_input', message)
    }
  }

  #name(): string {
    return `Pack ${this.#packId}, ${this.#component}`
  }
}

/** NaN and infinite values in each of `samples` equal parts of `data`. */
export function countNotFinite(data: Float32Array, samples: number): readonly number[] {
  const size = data.length / samples
  return Array.from({ length: samples }, (_, sample) => {
    let count = 0
    for (let i = sample * size; i < (sample + 1) * size; i++) {
      if (!Number.isFinite(data[i])) count++
    }
    return count
  })
}

function requireNames(
  packId: string,
  component: string,
  what: 'inputs' | 'outputs',
  expected: readonly string[],
  found: readonly string[],
): void {
  const missing = expected.filter((name) => !found.includes(name))
  // An input that nobody feeds would fail at the first evaluation; an output that nobody reads does no harm.
  const extra = what === 'inputs' ? found.filter((name) => !expected.includes(name)) : []
  if (missing.length === 0 && extra.length === 0) return
  throw new StudioError(
    'pack_invalid',
    `Pack ${packId}, ${component}: expected the ${what} ${expected.join(', ')}, found ${found.join(', ')}. The model does not fit its manifest; install the pack again.`,
  )
}

/** One value a sample may come as [batch] or as [batch, 1]: exporters differ. */
function fits(found: readonly number[], expected: readonly number[]): boolean {
  const whole = found.length === 2 && expected.length === 1 && found[1] === 1 ? found.slice(0, 1) : found
  return whole.length === expected.length && expected.every((dim, i) => dim === -1 || dim === whole[i])
}

function show(dims: readonly (number | string)[]): string {
  return `[${dims.map((dim) => (dim === -1 ? 'any' : dim)).join(', ')}]`
}
