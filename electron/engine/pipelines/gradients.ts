/** What the gradients of all packs have in common: their graphs are opened when first asked for, few runs need them. */

import { StudioError } from '../../../shared/errors.ts'
import type { InstalledPack } from '../../packs/manifest.ts'
import { Model, type Component } from '../model.ts'
import type { Feeds, Sessions } from '../sessions.ts'
import { repeated } from './rows.ts'

/** A gradient graph as a manifest tells it. */
type GradientGraph = Component & {
  readonly inputs: { readonly cotangent: string }
  readonly outputs: { readonly gradient: string }
}

/**
 * Evaluates a gradient graph.
 *
 * @param graph the manifest's component, undefined where the pack has none
 * @param name of the component, for messages
 * @param cotangent [samples, length of the differentiated output]
 * @param feeds the graph's other inputs, of `copies * samples` rows
 * @param copies how often the samples stand in the feeds, one after the other
 * @param cotangentDims of the cotangent without its first axis
 * @param dims of a sample's gradient
 * @returns the gradient of all rows, [copies * samples, ...dims], finite
 * @throws `engine_failed` for a pack without this graph or a cotangent of another size, `model_output_invalid` for NaN
 */
export async function evaluateGradient(
  sessions: Sessions,
  pack: InstalledPack,
  graph: GradientGraph | undefined,
  name: string,
  {
    cotangent,
    cotangentDims,
    samples,
    copies,
    feeds,
    dims,
  }: {
    readonly cotangent: Float32Array
    readonly cotangentDims: readonly number[]
    readonly samples: number
    readonly copies: number
    readonly feeds: Feeds
    readonly dims: readonly number[]
  },
): Promise<Float32Array> {
  const { id } = pack.manifest
  if (graph === undefined) {
    const message = `Pack ${id}: expected ${name} among its components, found none. First-order search needs a pack with gradients; choose one, or another algorithm.`
    throw new StudioError('engine_failed', message)
  }
  const expected = cotangentDims.reduce((product, dim) => product * dim, samples)
  if (cotangent.length !== expected) {
    throw new StudioError(
      'engine_failed',
      `Pack ${id}, ${name}: expected a cotangent of ${[samples, ...cotangentDims].join(' x ')} = ${expected} values, found ${cotangent.length}.`,
    )
  }
  const model = await Model.open(sessions, pack, name, graph, graph.outputs.gradient)
  const rows = copies * samples
  const gradient = await model.evaluate(
    {
      ...feeds,
      [graph.inputs.cotangent]: {
        type: 'float32',
        data: repeated([cotangent], copies),
        dims: [rows, ...cotangentDims],
      },
    },
    [rows, ...dims],
  )
  model.requireFinite(gradient, rows, (row) => row % samples)
  return gradient
}
