/** The pixels of PNG files that anybody may have made. */

import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png'

import { StudioError } from '../../shared/errors.ts'
import { badPng, pngOf, readChunks, requirePixels } from './png-chunks.ts'

/** Samples in their order, row by row: `channels` of them a pixel, 8 or 16 bits each. */
type Samples = Pick<DecodedPng, 'width' | 'height' | 'channels' | 'data'>

/**
 * The samples of a PNG as it holds them: grey (1), grey and alpha (2), RGB (3) or RGBA (4); palettes are spread out to
 * RGB. Transparency that is no channel (tRNS) is left out.
 *
 * @throws `bad_input` for what is no whole PNG, is beyond the limits, or is grey in fewer than 8 bits
 */
export function decodeSamples(png: Uint8Array): Samples {
  const file = readChunks(png)
  // Nothing else is given to the decoder: what it would inflate of a profile or a text has no limit.
  const chunks = file.chunks.filter(({ type }) => ['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))
  requirePixels({ ...file, chunks })
  try {
    return spread(decode(pngOf(chunks)))
  } catch (error) {
    if (error instanceof StudioError) throw error
    throw badPng('a PNG whose pixels can be read', (error as Error).message)
  }
}

function spread(decoded: DecodedPng): Samples {
  const { depth, palette } = decoded
  if (palette !== undefined) return { ...decoded, channels: 3, data: convertIndexedToRgb(decoded) }
  if (depth < 8) throw badPng('pixels of 8 or 16 bits', `some of ${depth}`)
  return decoded
}
