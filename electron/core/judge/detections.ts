/** From the cells of a detector to the things in a picture. */

/** What the judge's pack says about its detector: the sides, and names in the order of the channels. */
export type Layout = {
  readonly image: { readonly width: number }
  readonly shapes: readonly string[]
  readonly colours: readonly string[]
  readonly textures: readonly string[]
  readonly backgrounds: readonly string[]
  /** Cells along each side. */
  readonly gridSize: number
}

/** What the detector gives for one image. */
export type Detection = {
  /**
   * [channels, gridSize, gridSize]: objectness logit; logits of shapes, colours, textures; offset of the centre from the
   * middle of the cell (x, y), in cells; radius in pixels over 16.
   */
  readonly cells: Float32Array
  /** [backgrounds] logits. */
  readonly background: Float32Array
}

/** A thing in a picture: centre and radius in pixels (x to the right, y down), texture "" for plain. */
export type Thing = {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly shape: string
  readonly colour: string
  readonly texture: string
}

export type Picture = { readonly things: readonly Thing[]; readonly background: string }

/** Pixels of radius for each unit of the last channel. */
const radiusUnit = 16

/**
 * The things of one picture, in reading order: the cells whose objectness is positive (a probability above one half) and
 * the largest of their 3 x 3 neighbourhood, each with its likeliest names.
 *
 * @throws RangeError where the sizes are not those of the layout
 */
export function pictureOf({ cells, background }: Detection, layout: Layout): Picture {
  const { shapes, colours, textures, backgrounds, gridSize } = layout
  const names = [shapes, colours, textures]
  const channels = 4 + shapes.length + colours.length + textures.length
  const plane = gridSize * gridSize
  if (cells.length !== channels * plane || background.length !== backgrounds.length) {
    throw new RangeError(
      `Expected ${channels} x ${plane} cells and ${backgrounds.length} backgrounds, found ${cells.length} and ${background.length} numbers`,
    )
  }
  const pixels = layout.image.width / gridSize
  const value = (channel: number, at: number): number => cells[channel * plane + at] ?? NaN
  const likeliest = (options: readonly string[], first: number, at: number): string =>
    largest(options, (i) => value(first + i, at))

  const things: Thing[] = []
  for (let at = 0; at < plane; at++) {
    if (!isPeak(cells, gridSize, at)) continue
    const [shape, colour, texture] = names.map((options, i) => {
      const before = names.slice(0, i).reduce((sum, { length }) => sum + length, 1)
      return likeliest(options, before, at)
    })
    if (shape === undefined || colour === undefined || texture === undefined) continue
    things.push({
      x: ((at % gridSize) + 0.5 + value(channels - 3, at)) * pixels,
      y: (Math.floor(at / gridSize) + 0.5 + value(channels - 2, at)) * pixels,
      radius: value(channels - 1, at) * radiusUnit,
      shape,
      colour,
      texture,
    })
  }
  return { things, background: largest(backgrounds, (i) => background[i] ?? NaN) }
}

/** Whether the objectness (channel 0) of a cell is positive and no neighbour's is larger. */
function isPeak(objectness: Float32Array, side: number, at: number): boolean {
  const own = objectness[at] ?? NaN
  if (!(own > 0)) return false
  const [row, column] = [Math.floor(at / side), at % side]
  for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, side - 1); r++) {
    for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, side - 1); c++) {
      if ((objectness[r * side + c] ?? NaN) > own) return false
    }
  }
  return true
}

/** The first of the names with the largest value. */
function largest(names: readonly string[], valueOf: (i: number) => number): string {
  let best = 0
  for (let i = 1; i < names.length; i++) if (valueOf(i) > valueOf(best)) best = i
  return names[best] ?? ''
}
