/**
 * Feeds as graphs declare them: exporters differ in the types and ranks of the same inputs (token ids as int32 or int64,
 * a timestep as a scalar or one a row), and a runtime refuses what does not match.
 */

import type { Declared, Feed } from './sessions.ts'

/** A tensor in one of the types that graphs take. */
export type FittedFeed = {
  readonly type: 'float32' | 'float16' | 'float64' | 'int64' | 'int32' | 'bool'
  /** Half-precision numbers as their bits. */
  readonly data: Float32Array | Uint16Array | Float64Array | BigInt64Array | Int32Array | Uint8Array
  readonly dims: readonly number[]
}

/**
 * Casts a feed to the declared type and brings it to the declared rank. Numbers become whole ones by leaving out what
 * stands behind the point, as torch does. An axis of length 1 is added or left out in front; a row of equal numbers
 * becomes the one number that a graph with a single timestep takes. Numbers in float32 go in as they are, not copied.
 *
 * @throws RangeError for a type that no feed can be cast to, and for rows that differ where the graph takes one number
 */
export function fitFeed(feed: Feed, declared: Declared): FittedFeed {
  const { values, dims } = fitRank(feed, declared.shape)
  switch (declared.type) {
    case 'float32':
      return { type: 'float32', data: numbers(values), dims }
    case 'float16':
      return { type: 'float16', data: new Uint16Array(new Float16Array(numbers(values)).buffer), dims }
    case 'float64':
      return { type: 'float64', data: Float64Array.from(values, Number), dims }
    case 'int64':
      return {
        type: 'int64',
        data: BigInt64Array.from(values, (value) => BigInt(Math.trunc(Number(value)))),
        dims,
      }
    case 'int32':
      return { type: 'int32', data: Int32Array.from(values, Number), dims }
    case 'bool':
      return { type: 'bool', data: Uint8Array.from(values, (value) => Number(Number(value) !== 0)), dims }
    default:
      throw new RangeError(
        `Expected an input of float32, float16, float64, int64, int32 or bool, found ${declared.type}`,
      )
  }
}

/** Whether a graph declares one number where a batch has one a row. */
export function takesOne(shape: Declared['shape']): boolean {
  return shape.length === 0 || (shape.length === 1 && shape[0] === 1)
}

type Values = ArrayLike<number | bigint>

/** As they are where they are numbers: text features of large models are millions, cast at every step. */
function numbers(values: Values): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values, Number)
}

function fitRank(
  feed: Feed,
  shape: Declared['shape'],
): { readonly values: Values; readonly dims: readonly number[] } {
  const { data, dims } = feed
  if (dims.length === 1 && takesOne(shape)) {
    const [first] = data
    if (first === undefined || data.some((value: number | bigint) => value !== first)) {
      throw new RangeError(`Expected one number for all rows, found ${data.length} that differ`)
    }
    return { values: [first], dims: shape.length === 0 ? [] : [1] }
  }
  if (shape.length === dims.length + 1) return { values: data, dims: [1, ...dims] }
  if (shape.length === dims.length - 1 && dims[0] === 1) return { values: data, dims: dims.slice(1) }
  return { values: data, dims }
}
