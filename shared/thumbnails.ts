/**
 * Smaller copies of pictures, for tiles: which sizes there are, and how one is asked for. The address of a thumbnail is
 * that of its picture with the side as its query, the same in both hosts.
 */

/** Pixels of a thumbnail's longer side: an ordinary tile, and one on a screen of twice as many pixels. */
export const thumbnailSides = [256, 512] as const

export type ThumbnailSide = (typeof thumbnailSides)[number]

/**
 * The smallest thumbnail that fills a tile, null where only the picture itself does.
 *
 * @param pixels longer side of the tile, in pixels of the screen
 */
export function thumbnailFor(pixels: number): ThumbnailSide | null {
  return thumbnailSides.find((side) => pixels <= side) ?? null
}

/** The address of a picture's thumbnail; null gives the picture's own. */
export function thumbnailUrl(pictureUrl: string, side: ThumbnailSide | null): string {
  return side === null ? pictureUrl : `${pictureUrl}?side=${side}`
}

/** What the query of a picture's address asks for: null the picture itself, undefined nothing that there is. */
export function thumbnailAsked(query: string): ThumbnailSide | null | undefined {
  return query === '' ? null : thumbnailSides.find((side) => query === `?side=${side}`)
}
