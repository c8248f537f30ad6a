/** From SVG to PNG, in the page. */

/** Pixels a side at most: what Chromium's canvas draws. */
const maxSide = 16_384

/**
 * A drawing as PNG.
 *
 * @param scale pixels for one unit of the drawing; less where the picture would be larger than a canvas can be
 * @throws Error where the page cannot draw it
 */
export async function rasterised(svg: string, scale: number): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const { naturalWidth, naturalHeight } = image
    const fitting = Math.min(scale, maxSide / naturalWidth, maxSide / naturalHeight)
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(naturalWidth * fitting)
    canvas.height = Math.round(naturalHeight * fitting)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (png === null) throw new Error('Expected room for the drawing as PNG, found none. Save it as SVG.')
    return png
  } finally {
    URL.revokeObjectURL(url)
  }
}
