/** The court on the screen: judges, their orders, how far they agree, and how it is said. Pure. */

import { artistScores } from '../../shared/bradley-terry.ts'
import type { CourtTable } from '../../shared/court.ts'
import { formatCount, formatCountOf } from '../../shared/format.ts'
import type { Mark, Picture, PictureId, Vote } from '../../shared/gallery.ts'
import { kendallTau } from '../../shared/kendall-tau.ts'
import { byGuide, isRanked, meanRanks, scoreBy } from '../../shared/ranking.ts'
import type { Scored } from '../../shared/ranking.ts'
import { idsOf, verifiers } from '../../shared/vocabulary.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { pictureName } from './picture-name.ts'

/** Who judges: a verifier, or the artist by marks and blind votes. The verifier `you` is what was learned of the artist. */
export type JudgeId = VerifierId | 'artist'

/** A picture with everybody's scores; `seq` is its place in the pool, by which ties are broken. */
export type Judged = Scored<JudgeId> & { readonly picture: PictureId }

/** Pairs that both scored, from which on a number says something. */
export const leastForAgreement = 5

export function judgeLabel(judge: JudgeId): string {
  if (judge === 'artist') return 'You'
  return judge === 'you' ? 'You, learned' : verifiers[judge].label
}

export function judgeAbout(judge: JudgeId): string {
  return judge === 'artist'
    ? 'Your flags, stars and blind votes as one score.'
    : verifiers[judge].about.replace(' Higher is better.', '')
}

/** A judge as the side panel lists it. */
export type Seat = {
  readonly judge: JudgeId
  /** Pictures that it has scored. */
  readonly scored: number
  /** Pictures of which it had nothing to say. */
  readonly silent: number
  /** Why, of the first of those; null where there is none. */
  readonly silence: string | null
  /** Pictures that it could still be asked about. */
  readonly missing: number
  /** Why it cannot be asked about those; null where it can. */
  readonly reason: string | null
}

/** Everybody's scores of the pictures that the court knows, in the order asked. */
export function judgedPictures(
  table: CourtTable,
  marks: readonly Mark[],
  votes: readonly Vote[],
): readonly Judged[] {
  const artist = artistScores(marks, votes)
  return table.testimonies.map(({ picture, scores }, seq) => {
    const own = artist.get(picture)
    return { picture, seq, scores: own === undefined ? scores : { ...scores, artist: own } }
  })
}

/** The artist first, then the verifiers in the vocabulary's order; among them those that are gone but have scored. */
export function seatsOf(table: CourtTable, judged: readonly Judged[]): readonly Seat[] {
  const seat = (judge: JudgeId, reason: string | null): Seat => {
    const scored = judged.filter((one) => scoreBy(one, judge) !== null).length
    const silences = table.testimonies.flatMap(({ silent }) =>
      silent.filter(({ verifier }) => verifier === judge),
    )
    const silent = silences.length
    const missing = reason === null ? Math.max(0, judged.length - scored - silent) : 0
    return { judge, scored, silent, silence: silences[0]?.reason ?? null, missing, reason }
  }
  const known = new Map(table.judges.map(({ verifier, reason }) => [verifier, reason]))
  const others = idsOf(verifiers).flatMap((verifier) => {
    const installed = known.has(verifier)
    if (!installed && !judged.some((one) => scoreBy(one, verifier) !== null)) return []
    return [seat(verifier, installed ? (known.get(verifier) ?? null) : notInstalled)]
  })
  return [{ ...seat('artist', null), missing: 0 }, ...others]
}

const notInstalled = 'Not installed any more. What it said before is shown.'

/** The pictures that at least one of `judges` has scored, best first: by score, or by mean rank where several judge. */
export function orderBy(judged: readonly Judged[], judges: readonly JudgeId[]): readonly PictureId[] {
  if (judges.length === 0) return []
  return byGuide(judged, judges)
    .filter((one) => isRanked(one, judges))
    .map(({ picture }) => picture)
}

/** 1-based places of an order. */
export function ranksOf(order: readonly PictureId[]): ReadonlyMap<PictureId, number> {
  return new Map(order.map((picture, index) => [picture, index + 1]))
}

/** A row of the court. */
export type Row = {
  /** `ensemble` for those that are switched on together. */
  readonly judge: JudgeId | 'ensemble'
  readonly order: readonly PictureId[]
  readonly ranks: ReadonlyMap<PictureId, number>
  /** What stands under a picture: its score, or its mean rank in the ensemble. */
  readonly values: ReadonlyMap<PictureId, number>
}

/** The ensemble of those switched on, then each judge that has scored anything. */
export function rowsOf(
  judged: readonly Judged[],
  seats: readonly Seat[],
  on: readonly JudgeId[],
): readonly Row[] {
  const order = orderBy(judged, on)
  const means = meanRanks(judged, on)
  const values = new Map(judged.map(({ picture, seq }) => [picture, means.get(seq) ?? NaN]))
  const ensemble: Row = { judge: 'ensemble', order, ranks: ranksOf(order), values }
  const own = seats
    .filter(({ scored }) => scored > 0)
    .map(({ judge }): Row => {
      const mine = orderBy(judged, [judge])
      const scores = judged.flatMap((one) => {
        const score = scoreBy(one, judge)
        return score === null ? [] : [[one.picture, score] as const]
      })
      return { judge, order: mine, ranks: ranksOf(mine), values: new Map(scores) }
    })
  return [ensemble, ...own]
}

/** How far two judges agree on the pictures that both scored. */
export type Agreement = {
  readonly a: JudgeId
  readonly b: JudgeId
  /** Kendall's tau-b; null where one of them orders nothing. */
  readonly tau: number | null
  /** Pictures that both scored. */
  readonly pictures: number
}

/** Every pair of judges, each once. */
export function agreementsOf(judged: readonly Judged[], judges: readonly JudgeId[]): readonly Agreement[] {
  const columns = new Map(judges.map((judge) => [judge, judged.map((one) => scoreBy(one, judge))]))
  return judges.flatMap((a, index) =>
    judges.slice(index + 1).map((b) => {
      const [mine, theirs] = [columns.get(a) ?? [], columns.get(b) ?? []]
      const pictures = mine.filter((score, i) => score !== null && (theirs[i] ?? null) !== null).length
      return { a, b, tau: kendallTau(mine, theirs), pictures }
    }),
  )
}

/** Of two judges, whichever is named first; null for a judge and itself. */
export function agreementOf(agreements: readonly Agreement[], a: JudgeId, b: JudgeId): Agreement | null {
  return agreements.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a)) ?? null
}

/** Enough pictures, and an order on both sides. */
export function isTelling(agreement: Agreement): agreement is Agreement & { readonly tau: number } {
  return agreement.tau !== null && agreement.pictures >= leastForAgreement
}

/**
 * Judges so that those who agree stand side by side: the artist first where there is something to compare, otherwise
 * whoever agrees most with the others; then each time the one that agrees most with the one before.
 */
export function seatingOrder(
  judges: readonly JudgeId[],
  agreements: readonly Agreement[],
): readonly JudgeId[] {
  const tau = (a: JudgeId, b: JudgeId) => {
    const found = agreementOf(agreements, a, b)
    return found !== null && isTelling(found) ? found.tau : -2
  }
  const liking = (judge: JudgeId) =>
    judges.reduce((sum, other) => sum + (other === judge ? 0 : tau(judge, other)), 0)
  const left = [...judges]
  const takeBest = (by: (judge: JudgeId) => number): JudgeId | undefined => {
    let best = 0
    for (let index = 1; index < left.length; index++) {
      if (by(left[index] as JudgeId) > by(left[best] as JudgeId)) best = index
    }
    return left.splice(best, 1)[0]
  }
  const seated: JudgeId[] = []
  let last = left.includes('artist') ? left.splice(left.indexOf('artist'), 1)[0] : takeBest(liking)
  while (last !== undefined) {
    seated.push(last)
    const before: JudgeId = last
    last = left.length === 0 ? undefined : takeBest((judge) => tau(before, judge))
  }
  return seated
}

/** `CLIP score and ImageReward agree a little: tau 0.31 over 24 pictures.` */
export function agreementSentence({ a, b, tau, pictures }: Agreement): string {
  const pair = `${judgeLabel(a)} and ${judgeLabel(b)}`
  const over = formatCountOf(pictures, 'picture')
  if (pictures < leastForAgreement) {
    return `${pair} both scored ${over}: too few to tell, ${leastForAgreement} are needed.`
  }
  if (tau === null) return `One of ${pair} gives all ${over} the same score: there is no order to compare.`
  const how =
    tau >= 0.7
      ? 'agree strongly'
      : tau >= 0.45
        ? 'agree'
        : tau >= 0.15
          ? 'agree a little'
          : tau > -0.15
            ? 'go their own ways'
            : tau > -0.45
              ? 'disagree a little'
              : 'disagree'
  return `${pair} ${how}: tau ${formatTau(tau)} over ${over}.`
}

/** Two decimals, a real minus sign. */
export function formatTau(tau: number): string {
  const text = tau.toFixed(2)
  return Number(text) === 0 ? '0.00' : text.replace('-', '\u2212')
}

/** A picture on which two judges differ. */
export type Disagreement = {
  readonly picture: PictureId
  readonly rankA: number
  readonly rankB: number
}

/** Where two judges differ most, by ranks among the pictures that both scored; those of equal rank are left out. */
export function disagreements(
  judged: readonly Judged[],
  a: JudgeId,
  b: JudgeId,
  count: number,
): readonly Disagreement[] {
  const both = judged.filter((one) => scoreBy(one, a) !== null && scoreBy(one, b) !== null)
  const [ranksA, ranksB] = [ranksOf(orderBy(both, [a])), ranksOf(orderBy(both, [b]))]
  const distance = ({ rankA, rankB }: Disagreement) => Math.abs(rankA - rankB)
  return both
    .map(({ picture }) => ({ picture, rankA: ranksA.get(picture) ?? 0, rankB: ranksB.get(picture) ?? 0 }))
    .filter((one) => distance(one) > 0)
    .toSorted((one, other) => distance(other) - distance(one) || one.picture - other.picture)
    .slice(0, count)
}

/** What became of an order: who leads now, and how many stand elsewhere. */
export function movedSentence(
  before: readonly PictureId[],
  after: readonly PictureId[],
  nameOf: (picture: PictureId) => string,
): string {
  const [leader] = after
  if (leader === undefined) return 'Nobody is switched on, so there is no ensemble.'
  const old = ranksOf(before)
  const moved = after.filter((picture, index) => old.get(picture) !== index + 1).length
  const who = nameOf(leader)
  const lead = before[0] === leader ? `${who} stays first` : `${who} is first now`
  return moved === 0
    ? `The order stays as it was; ${lead}.`
    : `${formatCountOf(moved, 'picture')} moved; ${lead}.`
}

/** `3rd` of 3. */
export function ordinal(rank: number): string {
  const ending = ['th', 'st', 'nd', 'rd'][rank % 10]
  const isTeen = rank % 100 >= 11 && rank % 100 <= 13
  return `${formatCount(rank)}${isTeen ? 'th' : (ending ?? 'th')}`
}

/** What a picture is called in the court: without its run where all are of one, `#5`, `24 steps`. */
export function nameInCourt(picture: Pick<Picture, 'origin'>, oneRun: boolean): string {
  const name = pictureName(picture)
  return oneRun && picture.origin.kind === 'candidate' ? name.replace(/^Run \d+,? /, '') : name
}

/** Numbers of the runs that pictures come from, each once, in their order. */
export function runsOf(pictures: readonly (Picture | null)[]): readonly number[] {
  return [
    ...new Set(
      pictures.flatMap((picture) => (picture?.origin.kind === 'candidate' ? [picture.origin.runId] : [])),
    ),
  ]
}
