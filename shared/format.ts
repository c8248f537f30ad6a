/** Numbers and times as a person reads them. English, tabular, with real minus signs and non-breaking spaces. */

const nonBreakingSpace = '\u00a0'
const minus = '\u2212'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

/** A score with three decimals: enough to tell neighbours apart, few enough to read in a row. */
export function formatScore(score: number): string {
  return signed(score.toFixed(3))
}

/** A noise level: two figures, `0.11`, `0.08`, `14`. */
export function formatLevel(sigma: number): string {
  return String(Number(sigma.toPrecision(2)))
}

/** The angle between two noises of a cosine, in degrees: 0.95 is 18.2°. */
export function formatAngle(cosine: number): string {
  return `${((Math.acos(cosine) * 180) / Math.PI).toFixed(1)}°`
}

/** A difference of two scores, always with its sign: `+0.112`, `−0.031`, `±0.000`. */
export function formatDelta(delta: number): string {
  const rounded = delta.toFixed(3)
  if (Number(rounded) === 0) return '±0.000'
  return delta > 0 ? `+${rounded}` : signed(rounded)
}

/** A count with thousands separated: `1,280`. */
export function formatCount(count: number): string {
  return signed(whole.format(count))
}

/** A count of things in words, for what takes an s: `1 image`, `1,280 images`. */
export function formatCountOf(count: number, thing: string): string {
  return `${formatCount(count)} ${count === 1 ? thing : `${thing}s`}`
}

/** A duration in seconds: `0.42 s`, `4.2 s`, `42 s`, `3 min 20 s`, `1 h 12 min`. */
export function formatSeconds(seconds: number): string {
  const join = (...parts: readonly string[]) => parts.join(nonBreakingSpace)
  if (seconds < 1) return join(seconds.toFixed(2), 's')
  if (seconds < 9.95) return join(seconds.toFixed(1), 's')
  const total = Math.round(seconds)
  if (total < 60) return join(String(total), 's')
  const minutes = Math.floor(total / 60)
  if (minutes < 60) return join(String(minutes), 'min', String(total % 60), 's')
  return join(String(Math.floor(minutes / 60)), 'h', String(minutes % 60), 'min')
}

/** Work in thousand millions of floating-point operations: `0.31 GFLOP`, `84 GFLOP`, `12.4 TFLOP`. */
export function formatGflop(gflop: number): string {
  const [amount, unit] = gflop < 1000 ? [gflop, 'GFLOP'] : [gflop / 1000, 'TFLOP']
  const digits = amount < 10 ? amount.toFixed(2) : amount < 100 ? amount.toFixed(1) : formatCount(amount)
  return `${digits}${nonBreakingSpace}${unit}`
}

/** A size in bytes, in powers of ten as disks are sold: `0 MB`, `0.7 MB`, `12 MB`, `3.4 GB`. */
export function formatBytes(bytes: number): string {
  const [amount, unit] = bytes < 1e9 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB']
  const digits = amount !== 0 && amount < 9.95 ? amount.toFixed(1) : formatCount(amount)
  return `${digits}${nonBreakingSpace}${unit}`
}

/** A share as whole per cent, never 100 % before it is complete. `part` may exceed `total` by rounding. */
export function percent(part: number, total: number): number {
  if (total <= 0 || part <= 0) return 0
  if (part >= total) return 100
  return Math.min(99, Math.floor((part / total) * 100))
}

/** The first characters of a hash: enough to recognise it, the copy button gives the rest. */
export function shortHash(hash: string): string {
  return hash.slice(0, 10)
}

/** A moment near enough to be placed: `14:02` today, `yesterday 14:02`, `12 Nov`, `12 Nov 2025`. */
export function formatMoment(iso: string, now: Date): string {
  const moment = new Date(iso)
  if (Number.isNaN(moment.getTime())) return iso
  const clock = moment.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const days = Math.round((startOfDay(now) - startOfDay(moment)) / 86_400_000)
  if (days === 0) return clock
  if (days === 1) return `yesterday ${clock}`
  const sameYear = moment.getFullYear() === now.getFullYear()
  return moment.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
  })
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime()
}

function signed(digits: string): string {
  return digits.startsWith('-') ? minus + digits.slice(1) : digits
}
