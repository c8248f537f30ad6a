/** Text features put together, as feeds without the batch's axis. */

import type { Feed } from '../../sessions.ts'

/** A feed of float32 numbers. */
export type Features = Extract<Feed, { readonly type: 'float32' }>

/** [tokens, a] and [tokens, b] to [tokens, a + b]; throws RangeError for different numbers of tokens. */
export function sideBySide(left: Features, right: Features): Features {
  const [tokens = 0, a = 0] = left.dims
  const [others = 0, b = 0] = right.dims
  if (tokens !== others) throw new RangeError(`Expected features of ${tokens} tokens, found ${others}`)
  const data = new Float32Array(tokens * (a + b))
  for (let token = 0; token < tokens; token++) {
    data.set(left.data.subarray(token * a, (token + 1) * a), token * (a + b))
    data.set(right.data.subarray(token * b, (token + 1) * b), token * (a + b) + a)
  }
  return { type: 'float32', data, dims: [tokens, a + b] }
}

/** [a, width] and [b, width] to [a + b, width], or [a] and [b] to [a + b]. */
export function oneAfterOther(first: Features, second: Features): Features {
  const data = new Float32Array(first.data.length + second.data.length)
  data.set(first.data)
  data.set(second.data, first.data.length)
  const [a = 0, ...rest] = first.dims
  return { type: 'float32', data, dims: [a + (second.dims[0] ?? 0), ...rest] }
}

/** Zeros behind each token's values, up to `width`; throws RangeError for features that are wider. */
export function widened(features: Features, width: number): Features {
  const [tokens = 0, own = 0] = features.dims
  if (own > width) throw new RangeError(`Expected features of at most ${width} values, found ${own}`)
  return sideBySide(features, zeros([tokens, width - own]))
}

/** Of this shape. */
export function zeros(dims: readonly number[]): Features {
  return { type: 'float32', data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)), dims }
}
