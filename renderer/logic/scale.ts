/** Axes of plots: round numbers, and where a value stands between them. Pure. */

/** An axis: what it spans and where its ticks are, both rounded to numbers that people use. */
export type Scale = {
  readonly from: number
  readonly to: number
  readonly ticks: readonly number[]
  /** Decimals that tell neighbouring ticks apart, 0 to 12. */
  readonly decimals: number
}

/** A scale over `from`..`to` with about `count` steps of 1, 2, 2.5 or 5 times a power of ten. */
export function niceScale(from: number, to: number, count: number): Scale {
  const span = to - from > 1e-9 ? to - from : Math.max(Math.abs(to) * 0.1, 0.1)
  const raw = span / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10) * power
  const first = Math.floor(from / step + 1e-6)
  const last = Math.max(Math.ceil((from + span) / step - 1e-6), first + 1)
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => rounded((first + index) * step))
  return { from: rounded(first * step), to: rounded(last * step), ticks, decimals: decimalsOf(step) }
}

/** Maps a value of a scale to `start`..`end`. */
export function place(scale: Scale, value: number, start: number, end: number): number {
  return start + ((value - scale.from) / (scale.to - scale.from)) * (end - start)
}

/** A tick as it is written beside its axis. */
export function formatTick(value: number, decimals: number): string {
  return new Intl.NumberFormat('en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  }).format(value)
}

/** 0.25 takes two decimals, 50 none. */
function decimalsOf(step: number): number {
  for (let decimals = 0; decimals < 12; decimals++) {
    const scaled = step * 10 ** decimals
    if (Math.round(scaled) > 0 && Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals
  }
  return 12
}

function rounded(value: number): number {
  return Number(value.toPrecision(12))
}
