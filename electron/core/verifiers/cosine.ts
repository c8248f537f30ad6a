/**
 * Cosine of the angle between two features of one length, -1 to 1.
 *
 * @returns null where a feature is missing, has no direction or is not finite: no score, never zero
 */
export function cosine(a: Float32Array | null, b: Float32Array | null): number | null {
  if (a === null || b === null) return null
  if (a.length !== b.length) {
    throw new RangeError(`Expected features of one length, found ${a.length} and ${b.length}`)
  }
  let dot = 0
  let aSquared = 0
  let bSquared = 0
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? NaN
    const y = b[i] ?? NaN
    dot += x * y
    aSquared += x * x
    bSquared += y * y
  }
  return finite(dot / Math.sqrt(aSquared * bSquared))
}

/** The number, or null where it is missing, NaN or infinite. */
export function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null
}
