/**
 * Latents as FLUX's network takes them: each square of 2 x 2 latent pixels is a token, its values one channel after the
 * other, each row by row (Black Forest Labs, `prepare`: "b c (h ph) (w pw) -> b (h w) (c ph pw)"). Noise is drawn and
 * kept unpacked.
 */

import { StudioError } from '../../../shared/errors.ts'
import type { LatentSize } from '../../core/runs/adapters.ts'

/** Latent pixels along a token's side. */
const side = 2

/** Tokens down and across latents of this size; throws `bad_input` where a side is odd. */
export function tokensOf({ height, width }: LatentSize): {
  readonly down: number
  readonly across: number
} {
  if (height % side !== 0 || width % side !== 0) {
    throw new StudioError(
      'bad_input',
      `Expected latents whose sides are multiples of ${side}, found ${width} x ${height}; choose a picture size that is a multiple of 16.`,
    )
  }
  return { down: height / side, across: width / side }
}

/** [rows, channels, height, width] to [rows, tokens, channels * 4]. */
export function packed(latents: Float32Array, channels: number, size: LatentSize): Float32Array {
  const tokens = new Float32Array(latents.length)
  forEachValue(latents.length, channels, size, (place, token) => {
    tokens[token] = latents[place] ?? NaN
  })
  return tokens
}

/** [rows, tokens, channels * 4] to [rows, channels, height, width]. */
export function unpacked(tokens: Float32Array, channels: number, size: LatentSize): Float32Array {
  const latents = new Float32Array(tokens.length)
  forEachValue(tokens.length, channels, size, (place, token) => {
    latents[place] = tokens[token] ?? NaN
  })
  return latents
}

/** Calls with each value's place in latents and in tokens, `count` in all. */
function forEachValue(
  count: number,
  channels: number,
  size: LatentSize,
  visit: (place: number, token: number) => void,
): void {
  const { across } = tokensOf(size)
  const { height, width } = size
  const plane = height * width
  const row = channels * plane
  for (let place = 0; place < count; place++) {
    const [y, x] = [Math.floor((place % plane) / width), place % width]
    const channel = Math.floor((place % row) / plane)
    const token = Math.floor(y / side) * across + Math.floor(x / side)
    const within = channel * side * side + (y % side) * side + (x % side)
    visit(place, Math.floor(place / row) * row + token * channels * side * side + within)
  }
}
