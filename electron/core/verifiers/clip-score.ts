/**
 * CLIPScore (Hessel et al. 2021, section 3): 2.5 * max(cos(image, text), 0), the caption prefixed with
 * "A photo depicts " (the prefix stands in the verifier pack's manifest).
 *
 * @param image feature of the image tower, any length, need not be normalised
 * @param text feature of the text tower, same length
 * @returns 0 to 2.5, or null where a feature has no direction or is not finite: no score, never zero
 */
export function clipScore(image: Float32Array, text: Float32Array): number | null {
  if (image.length !== text.length) {
    throw new RangeError(`Expected features of one length, found ${image.length} and ${text.length}`)
  }
  let dot = 0
  let imageSquared = 0
  let textSquared = 0
  for (let i = 0; i < image.length; i++) {
    const a = image[i] ?? NaN
    const b = text[i] ?? NaN
    dot += a * b
    imageSquared += a * a
    textSquared += b * b
  }
  const cosine = dot / Math.sqrt(imageSquared * textSquared)
  return Number.isFinite(cosine) ? 2.5 * Math.max(cosine, 0) : null
}
