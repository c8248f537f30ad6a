/** Winners that are good and differ from each other. */

/** As much of the choice as its numbers say. */
export type DiverseChoice = {
  /** Places of the chosen, best first. */
  readonly chosen: readonly number[]
  /** As many of the best by quality alone. */
  readonly best: readonly number[]
  /** Means over both. */
  readonly spread: number
  readonly spreadOfBest: number
  readonly quality: number
  readonly qualityOfBest: number
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein 1998, SIGIR): the best comes first; then, one after the other,
 * whoever has the most of (1 - spread) * quality + spread * distance to the nearest of those chosen before. The nearest
 * and not the mean: a picture that repeats one winner is no gain, however far it is from the others. Distances are taken
 * as shares of the largest one from the best, so that both terms are of one scale.
 *
 * @param quality 0 to 1, higher is better; of equals the earlier goes first
 * @param features of the same pictures, any length; one of all zeros is at distance 1 from everything
 * @param count at most as many as there are pictures
 * @param spread 0 (quality alone) to 1 (distance alone, from the best on)
 */
export function chooseDiverse(
  quality: readonly number[],
  features: readonly Float32Array[],
  count: number,
  spread: number,
): DiverseChoice {
  const units = features.map(unit)
  const distance = (i: number, j: number): number => cosineDistance(units[i] ?? none, units[j] ?? none)
  const byQuality = quality
    .map((_, i) => i)
    .toSorted((a, b) => (quality[b] ?? 0) - (quality[a] ?? 0) || a - b)
  const chosen = byQuality.slice(0, 1)
  const nearest = quality.map((_, i) => distance(i, chosen[0] ?? i))
  const largest = nearest.reduce((most, one) => Math.max(most, one), 0)
  while (chosen.length < Math.min(count, quality.length)) {
    const left = byQuality.filter((i) => !chosen.includes(i))
    const worth = (i: number): number =>
      (1 - spread) * (quality[i] ?? 0) + (largest > 0 ? (spread * (nearest[i] ?? 0)) / largest : 0)
    const next = left.reduce((best, i) => (worth(i) > worth(best) ? i : best))
    chosen.push(next)
    quality.forEach((_, i) => (nearest[i] = Math.min(nearest[i] ?? Infinity, distance(i, next))))
  }
  const best = byQuality.slice(0, chosen.length)
  const meanQuality = (places: readonly number[]) => mean(places.map((i) => quality[i] ?? 0))
  const meanDistance = (places: readonly number[]) =>
    mean(places.flatMap((i, at) => places.slice(at + 1).map((j) => distance(i, j))))
  return {
    chosen,
    best,
    spread: meanDistance(chosen),
    spreadOfBest: meanDistance(best),
    quality: meanQuality(chosen),
    qualityOfBest: meanQuality(best),
  }
}

function unit(feature: Float32Array): Float64Array {
  const length = Math.hypot(...feature) || 1
  return Float64Array.from(feature, (value) => value / length)
}

const none = new Float64Array()

/** 1 - cosine of two features of length 1: 0 to 2. */
function cosineDistance(a: Float64Array, b: Float64Array): number {
  let dot = 0
  for (let i = 0; i < a.length; i++) dot += (a[i] ?? 0) * (b[i] ?? 0)
  return Math.max(0, 1 - dot)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
