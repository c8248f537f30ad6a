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

/**
 * The gradient of `cosine` over its first feature: (b / |b| - cos a / |a|) / |a|, always at a right angle to a.
 *
 * @returns of the length of `a`; null where the cosine is
 */
export function cosineGradient(a: Float32Array | null, b: Float32Array | null): Float32Array | null {
  const similarity = cosine(a, b)
  if (a === null || b === null || similarity === null) return null
  const [ofA, ofB] = [Math.hypot(...a), Math.hypot(...b)]
  return a.map((value, i) => ((b[i] ?? NaN) / ofB - (similarity * value) / ofA) / ofA)
}

/** The number, or null where it is missing, NaN or infinite. */
export function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null
}
