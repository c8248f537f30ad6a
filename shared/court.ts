/**
 * The verifier court: pictures judged by all installed verifiers, the artist among the judges; the artist's own
 * verifier; winners that differ from each other.
 */

import type { ErrorData } from './errors.ts'
import type { HackingAlarm } from './hacking-alarm.ts'
import type { PictureId } from './gallery.ts'
import type { Scores } from './domain.ts'
import type { VerifierId } from './vocabulary.ts'

/** A verifier as the court can use it here. */
export type Judge = {
  readonly verifier: VerifierId
  /** Why it cannot judge pictures after they were made; null where it can. Scores of the runs themselves are shown either way. */
  readonly reason: string | null
}

/** What is known of one picture in court. */
export type Testimony = {
  readonly picture: PictureId
  readonly scores: Scores
  /** Verifiers that have nothing to say of it, and would have none if they were asked again. */
  readonly silent: readonly Silence[]
}

/** `reason`: for people, such as that the prompt names no class that the verifier knows. */
export type Silence = { readonly verifier: VerifierId; readonly reason: string }

export type CourtTable = { readonly judges: readonly Judge[]; readonly testimonies: readonly Testimony[] }

/** Missing scores on their way; pictures wait behind the run at work. */
export type JudgingJob = {
  readonly id: number
  readonly state:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'working' }
    | { readonly kind: 'done' }
    | { readonly kind: 'cancelled' }
    | { readonly kind: 'failed'; readonly error: ErrorData }
  /** Verdicts, of pictures times verifiers that lacked one. */
  readonly done: number
  readonly planned: number
}

/** Votes from which on the artist's own verifier is trained. */
export const votesNeeded = 30

/** How often a verifier prefers what the artist preferred, in votes that it has not seen. */
export type HeldOutAccuracy = {
  readonly verifier: VerifierId
  /** 0 to 1; half for chance. */
  readonly accuracy: number
  /** Wilson interval at 95 %. */
  readonly low: number
  readonly high: number
  /** Votes behind it; pairs for which the verifier lacks a score do not count. */
  readonly votes: number
}

/** A run whose search rose by its guide while held-out verifiers fell. */
export type RunAlarm = HackingAlarm & { readonly runId: number; readonly guide: readonly VerifierId[] }

/** A training of the artist's own verifier that another one has taken the place of. */
export type EarlierScorer = {
  /** What it is asked back by. */
  readonly removed: string
  /** ISO 8601, UTC. */
  readonly trainedAt: string
  /** Votes that it was trained on. */
  readonly votes: number
  readonly own: HeldOutAccuracy
}

/** The artist's own verifier (`you`) as it stands. */
export type PersonalScorer = {
  readonly votes: number
  readonly state:
    /** Too few votes, or no pack whose image features could be used. */
    | { readonly kind: 'untrained'; readonly reason: string }
    | { readonly kind: 'training' }
    | {
        readonly kind: 'trained'
        /** Votes that it was trained on. */
        readonly votes: number
        /** Whose image features it weighs. */
        readonly features: string
        /**
         * Whether its accuracy is of votes on pictures that it had never seen; false where the votes hang together too
         * closely for that, and only the pairs themselves were held out.
         */
        readonly unseenPictures: boolean
        readonly own: HeldOutAccuracy
        /** The interval's lower end is above one half: then it may guide. */
        readonly beatsChance: boolean
      }
    | { readonly kind: 'failed'; readonly error: ErrorData }
  /** Every other verifier on the same votes, best first. */
  readonly others: readonly HeldOutAccuracy[]
  /** Newest first. */
  readonly earlier: readonly EarlierScorer[]
}

/** Winners by quality and spread. */
export type DiverseWinners = {
  /** Best first. */
  readonly winners: readonly PictureId[]
  /** As many of the best by quality alone, best first. */
  readonly best: readonly PictureId[]
  /** Mean distance (1 - cosine of image features) between the winners, and between as many of the best by quality alone. */
  readonly spread: number
  readonly spreadOfBest: number
  /** Mean quality (share of the other pictures that it beats by the guide's ranks, 0 to 1) of both sets. */
  readonly quality: number
  readonly qualityOfBest: number
  /** Whose image features the distance is of. */
  readonly features: string
}

export type CourtApi = {
  /** What all verifiers say of at most `maxPictures` pictures, as far as it is known. */
  court(which: { readonly pictures: readonly PictureId[] }): Promise<CourtTable>
  /** Asks for the scores that are missing, of those verifiers or of all that can. */
  judge(request: {
    readonly pictures: readonly PictureId[]
    readonly verifiers?: readonly VerifierId[]
  }): Promise<{ readonly job: number }>
  /** What has been judged stays. Resolves at once. */
  cancelJudging(one: { readonly job: number }): Promise<void>
  /** Since the studio was opened, newest first. */
  judging(): Promise<readonly JudgingJob[]>
  /**
   * Which of at most `maxPictures` runs are hacked, in the order asked. Runs that do not exist are left out.
   *
   * @returns with `unchecked`, how many were not looked into: a question is about 100,000 candidates at most
   */
  alarms(which: {
    readonly runs: readonly number[]
  }): Promise<{ readonly alarms: readonly RunAlarm[]; readonly unchecked: number }>
  personalScorer(): Promise<PersonalScorer>
  /** Trains on all votes and installs the result as a verifier pack. Throws `bad_input` with fewer than `votesNeeded`. */
  trainPersonalScorer(): Promise<PersonalScorer>
  /**
   * Puts an earlier training in the place of the one at hand, which lies aside from then on.
   *
   * @returns what the one before is asked back by; null where there was none
   * @throws `not_found`; `bad_input` while it trains, or a run works with it; `pack_damaged`: then nothing has changed
   */
  restorePersonalScorer(one: { readonly removed: string }): Promise<{ readonly replaced: string | null }>
  /**
   * Chooses pictures that are good and differ from each other.
   *
   * @param question `count` 2 to 20; `spread` 0 (quality alone) to 1 (spread alone); `guide` whose ranks are the quality
   */
  diverseWinners(question: {
    readonly pictures: readonly PictureId[]
    readonly guide: readonly VerifierId[]
    readonly count: number
    readonly spread: number
  }): Promise<DiverseWinners>
}
