/** A person's hand in a run, as words on the screen. Pure. */

import { assertNever } from '../../../shared/assert-never.ts'
import type { Candidate, Intervention, ReplayReport, RunDetail } from '../../../shared/domain.ts'
import { isImage, isLive } from '../../../shared/figure.ts'
import { formatAngle, formatCount } from '../../../shared/format.ts'

/** How many neighbours are made, at which angle to the picture's noise; text as it was typed. */
export type MoreLikeThis = { readonly angle: string; readonly count: string }

/** The paper's cosine of 0.95, and as many as its larger neighbourhood. */
export const firstMore: MoreLikeThis = { angle: '18.2', count: '4' }

/** The angle that was typed; null where it is none between 0 and 180 degrees. */
export function degreesOf(angle: string): number | null {
  const degrees = angle.trim() === '' ? NaN : Number(angle.replace(',', '.'))
  return degrees > 0 && degrees < 180 ? degrees : null
}

/** Cosine and count of what was typed, or what is wrong with it. */
export function readMore({
  angle,
  count,
}: MoreLikeThis):
  | { readonly kind: 'valid'; readonly cosine: number; readonly count: number }
  | { readonly kind: 'faulty'; readonly fault: string } {
  const degrees = degreesOf(angle)
  if (degrees === null) {
    const found = angle.trim() === '' ? 'nothing' : angle.trim()
    return { kind: 'faulty', fault: `Angle: expected degrees between 0 and 180, found ${found}` }
  }
  const wanted = count.trim() === '' ? NaN : Number(count)
  if (!Number.isInteger(wanted) || wanted < 1) {
    const found = count.trim() === '' ? 'nothing' : count.trim()
    return { kind: 'faulty', fault: `How many: expected a whole number from 1 on, found ${found}` }
  }
  return { kind: 'valid', cosine: Math.cos((degrees * Math.PI) / 180), count: wanted }
}

/** Whether an image can be put first: while choices are ahead anything can, afterwards only what can win. */
export function canBePutFirst(run: RunDetail, image: Candidate): boolean {
  return isLive(run.status) || isImage(image)
}

/** What was done, in the past tense: the window says it, and names what undo takes back by it. */
export function deedOf(made: Intervention, run: RunDetail): string {
  const name = `#${made.seq}`
  switch (made.kind) {
    case 'pin':
      return `Pinned ${name}`
    case 'veto':
      return `Vetoed ${name}`
    case 'override':
      return isLive(run.status) ? `Put ${name} first in the next choice` : `Made ${name} the winner`
    case 'branch': {
      const deed = `Asked for ${formatCount(made.count)} more like ${name}, ${formatAngle(made.cosine)} from it`
      return isLive(run.status) || run.status.kind === 'done' ? deed : `${deed}, once the run is resumed`
    }
    default:
      return assertNever(made, 'intervention')
  }
}

/**
 * How far neighbours at an angle are from a picture, in words. Two independent noises of as many numbers stand at right
 * angles to each other, so 90° is anywhere (METHOD, section 4, for the steps of the paper).
 *
 * @param degrees 0 to 180
 */
export function distanceOf(degrees: number): string {
  const cosine = Math.cos((degrees * Math.PI) / 180).toFixed(3)
  const words = ((): string => {
    if (degrees < 4) return 'Hardly any change'
    if (degrees <= 10) return 'Small changes; the paper’s small step is 5.7°'
    if (degrees <= 26) return 'A near relative; the paper’s step is 18.2°'
    if (degrees <= 50) return 'A far relative'
    if (degrees < 80) return 'Little in common'
    return degrees <= 100 ? 'As far as any other noise' : 'Turned away: further than any other noise'
  })()
  return `${words}. Cosine ${cosine.replace('-', '−')}.`
}

/** What was taken back. */
export function undoneOf(undone: Intervention | null): string {
  if (undone === null) return 'There is nothing to undo.'
  const words: Readonly<Record<Intervention['kind'], string>> = {
    pin: 'is no longer pinned',
    veto: 'is no longer vetoed',
    override: 'is no longer put first',
    branch: 'gets no more neighbours',
  }
  return `Undone: #${undone.seq} ${words[undone.kind]}.`
}

/** What came of making an image again. */
export function replayedOf(report: ReplayReport): string {
  if (report.same) return 'Made again: the same noise, image and scores, to the last bit.'
  const same = (one: { readonly recorded: string; readonly found: string }) => one.recorded === one.found
  const parts = [
    same(report.noiseSha256) ? 'the noise is the same' : 'the noise differs',
    same(report.imageSha256) ? 'the image is the same' : 'the image differs',
    sameScores(report) ? 'the scores are the same' : 'the scores differ',
  ]
  return `Made again: ${parts.join(', ')}.${report.note === null ? '' : ` ${report.note}`}`
}

function sameScores({ scores: { recorded, found } }: ReplayReport): boolean {
  const ids = new Set([...Object.keys(recorded), ...Object.keys(found)]) as Set<keyof typeof recorded>
  return [...ids].every((id) => Object.is(recorded[id], found[id]))
}
