/** How latents look: the linear map to RGB that previews are made with, fitted to what the decoder made of some. */

/** Latents and the picture that they became. */
export type DecodedSample = {
  /** Normalised, [channels, height, width]. */
  readonly latents: Float32Array
  /** RGB, 8 bits, row by row; each side a whole multiple of the latents'. */
  readonly picture: { readonly width: number; readonly height: number; readonly data: Uint8Array }
}

type Rgb = [number, number, number]

/** Rows per latent channel; see the manifest. */
export type PreviewFit = { readonly previewMatrix: readonly Rgb[]; readonly previewBias: Rgb }

/**
 * Share of the latents' mean variance that is added to each channel's own: few samples of many channels could be
 * fitted by a map of huge numbers that cancel each other, which would show noise for anything else.
 */
const ridge = 1e-3

/**
 * Least squares of the mean colour (0..1) under each latent pixel on its channels, with a ridge on the map and none on
 * the bias.
 *
 * @throws RangeError for no samples, and for latents whose pixels do not divide the picture
 */
export function fitPreview(samples: readonly DecodedSample[], channels: number): PreviewFit {
  const rows = samples.flatMap((sample) => pixelsOf(sample, channels))
  if (rows.length === 0) throw new RangeError('Expected latents and their pictures, found none')
  const count = rows.length
  const meanOf = (value: (row: Row) => number): number =>
    rows.reduce((sum, row) => sum + value(row), 0) / count
  const means = Array.from({ length: channels }, (_, c) => meanOf(({ latent }) => latent[c] ?? NaN))
  const colour = ([0, 1, 2] as const).map((i) => meanOf(({ rgb }) => rgb[i])) as Rgb
  const centred = (row: Row, c: number): number => (row.latent[c] ?? NaN) - (means[c] ?? NaN)

  const covariance = means.map((_, a) =>
    means.map((_, b) => meanOf((row) => centred(row, a) * centred(row, b))),
  )
  const variance = covariance.reduce((sum, line, c) => sum + (line[c] ?? NaN), 0) / channels
  const system = covariance.map((line, a) => [
    // Above 0 even where all latents are 0: there is something to divide by then.
    ...line.map((value, b) => (a === b ? Math.max(value + ridge * variance, Number.MIN_VALUE) : value)),
    ...([0, 1, 2] as const).map((i) => meanOf((row) => centred(row, a) * (row.rgb[i] - colour[i]))),
  ])
  const previewMatrix = solve(system).map((line) => line as Rgb)
  const previewBias = colour.map((value, i) =>
    previewMatrix.reduce((left, line, c) => left - (line[i] ?? NaN) * (means[c] ?? NaN), value),
  ) as Rgb
  return { previewMatrix, previewBias }
}

type Row = { readonly latent: readonly number[]; readonly rgb: Rgb }

/** Each latent pixel with the mean colour of the picture under it. */
function pixelsOf({ latents, picture }: DecodedSample, channels: number): readonly Row[] {
  const plane = latents.length / channels
  const factor = Math.sqrt((picture.width * picture.height) / plane)
  const [width, height] = [picture.width / factor, picture.height / factor]
  if (![factor, width, height].every(Number.isInteger)) {
    throw new RangeError(
      `Expected a picture of whole latent pixels, found ${picture.width} x ${picture.height} for ${plane}`,
    )
  }
  return Array.from({ length: plane }, (_, place) => {
    const rgb: Rgb = [0, 0, 0]
    const [top, left] = [Math.floor(place / width) * factor, (place % width) * factor]
    for (let y = top; y < top + factor; y++) {
      for (let x = left; x < left + factor; x++) {
        const at = 3 * (y * picture.width + x)
        for (const i of [0, 1, 2] as const) rgb[i] += (picture.data[at + i] ?? NaN) / 255 / (factor * factor)
      }
    }
    return { latent: Array.from({ length: channels }, (_, c) => latents[c * plane + place] ?? NaN), rgb }
  })
}

/**
 * Gauss-Jordan elimination of [A | B] with partial pivoting: the rows of A^-1 B. A is symmetric and, by its ridge,
 * positive definite.
 */
function solve(system: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const lines = system.map((line) => [...line])
  const size = lines.length
  for (let k = 0; k < size; k++) {
    const below = lines.slice(k).map((line) => Math.abs(line[k] ?? 0))
    const pivot = k + below.indexOf(Math.max(...below))
    const [from, to] = [lines[pivot] ?? [], lines[k] ?? []]
    lines[pivot] = to
    const scale = from[k] ?? NaN
    const unit = from.map((value) => value / scale)
    lines[k] = unit
    lines.forEach((line, i) => {
      if (i === k) return
      const factor = line[k] ?? NaN
      lines[i] = line.map((value, j) => value - factor * (unit[j] ?? NaN))
    })
  }
  return lines.map((line) => line.slice(size))
}
