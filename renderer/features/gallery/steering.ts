/** A person's hand in a run, as words on the screen. Pure. */

import { assertNever } from '../../../shared/assert-never.ts'
import type { Candidate, Intervention, ReplayReport, RunDetail } from '../../../shared/domain.ts'
import { isImage, isLive } from '../../logic/figure.ts'
import { formatAngle, formatCount } from '../../logic/format.ts'

/** How many neighbours are made, at which angle to the picture's noise; text as it was typed. */
export type MoreLikeThis = { readonly angle: string; readonly count: string }

/** The paper's cosine of 0.95, and as many as its larger neighbourhood. */
export const firstMore: MoreLikeThis = { angle: '18.2', count: '4' }

/** Cosine and count of what was typed, or what is wrong with it. */
export function readMore({
  angle,
  count,
}: MoreLikeThis):
  | { readonly kind: 'valid'; readonly cosine: number; readonly count: number }
  | { readonly kind: 'faulty'; readonly fault: string } {
  const degrees = angle.trim() === '' ? NaN : Number(angle.replace(',', '.'))
  if (!(degrees > 0 && degrees < 180)) {
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

/** What an intervention does, once it is made. */
export function saidOf(made: Intervention, run: RunDetail): string {
  const name = `#${made.seq}`
  switch (made.kind) {
    case 'pin':
      return `${name} is pinned: it survives every choice from now on.`
    case 'veto':
      return `${name} is vetoed: it survives no choice and wins nothing.`
    case 'override':
      return isLive(run.status) ? `${name} comes first in the next choice.` : `${name} is the winner.`
    case 'branch': {
      const more = `${formatCount(made.count)} more like ${name}, ${formatAngle(made.cosine)} from it`
      return isLive(run.status) || run.status.kind === 'done'
        ? `${more}, are on their way.`
        : `${more}, are made once the run is resumed.`
    }
    default:
      return assertNever(made, 'intervention')
  }
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
