/** The court behind the contract: scores that pictures lack, the artist's own verifier, winners that differ. */

import {
  alarmsQuestionSchema,
  courtQuestionSchema,
  diverseQuestionSchema,
  judgingReferenceSchema,
  judgingRequestSchema,
  removedReferenceSchema,
} from '../../shared/call-arguments.ts'
import type { CourtApi, DiverseWinners } from '../../shared/court.ts'
import { StudioError } from '../../shared/errors.ts'
import type { PictureId } from '../../shared/gallery.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { isRanked, meanRanks } from '../../shared/ranking.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { alarmsOf } from './court/alarms.ts'
import { chooseDiverse } from './court/diverse.ts'
import { featurePacks } from './court/feature-packs.ts'
import { Judging, type JudgingOptions } from './court/judging.ts'
import { Personal, type PersonalOptions } from './court/personal.ts'
import { embeddings } from './court/tower-features.ts'
import type { Library } from './runs/adapters.ts'
import { restartingEngine } from './runs/restarting-engine.ts'

export type Court = {
  readonly api: CourtApi
  /** Cancels what waits, and waits for the batch at work. */
  close(): Promise<void>
}

export type CourtOptions = JudgingOptions &
  Omit<PersonalOptions, 'judging'> & {
    readonly library: Pick<Library, 'searchScores'>
    /** Throws `cancelled` once the studio closes. */
    readonly requireOpen: () => void
  }

export function openCourt(options: CourtOptions): Court {
  const judging = new Judging(options)
  const personal = new Personal({ ...options, judging })
  return {
    api: {
      court: async (question) => judging.table(parseInput(courtQuestionSchema, question).pictures),

      async judge(request) {
        const { pictures, verifiers } = parseInput(judgingRequestSchema, request)
        options.requireOpen()
        return { job: await judging.start(pictures, verifiers) }
      },

      async cancelJudging(one) {
        judging.cancel(parseInput(judgingReferenceSchema, one).job)
        return Promise.resolve()
      },

      judging: async () => Promise.resolve(judging.list()),

      alarms: async (which) => alarmsOf(options.library, parseInput(alarmsQuestionSchema, which).runs),

      personalScorer: () => personal.state(),

      async trainPersonalScorer() {
        options.requireOpen()
        return personal.train()
      },

      async restorePersonalScorer(one) {
        options.requireOpen()
        return personal.restore(parseInput(removedReferenceSchema, one).removed)
      },

      async diverseWinners(question) {
        options.requireOpen()
        return diverseWinners(options, judging, parseInput(diverseQuestionSchema, question))
      },
    },

    async close() {
      await judging.close()
      await personal.close()
    },
  }
}

/** Throws `bad_input` where fewer pictures than wanted have a score by the guide, or nothing gives image features. */
async function diverseWinners(
  options: CourtOptions,
  judging: Judging,
  question: {
    readonly pictures: readonly PictureId[]
    readonly guide: readonly VerifierId[]
    readonly count: number
    readonly spread: number
  },
): Promise<DiverseWinners> {
  const { catalogue, packs, engine, closed, requireOpen } = options
  const { guide, count, spread } = question
  const { testimonies } = await judging.table(question.pictures)
  const ranked = testimonies
    .map(({ picture, scores }, seq) => ({ picture, scores, seq }))
    .filter((one) => isRanked(one, guide))
  const known = new Map(
    judging.picturesOf(ranked.map(({ picture }) => picture)).map((picture) => [picture.id, picture]),
  )
  const sources = await featurePacks(packs, [...known.values()])
  const [source] = sources
  const hashes = [...known.values()].map(({ imageSha256 }) => imageSha256)
  const found = await embeddings(
    { ...options, catalogue, engine: restartingEngine(engine, { signal: closed }) },
    source,
    hashes,
    (work) =>
      options.inTurn(() => {
        requireOpen()
        return work()
      }),
  )
  const eligible = ranked.flatMap((one) => {
    const feature = found.get(known.get(one.picture)?.imageSha256 ?? '')
    return feature === undefined ? [] : [{ ...one, feature }]
  })
  if (eligible.length < count) {
    throw new StudioError(
      'bad_input',
      `count: expected at most as many winners as pictures with a score by ${guide.join(', ')}, found ${count} for ${eligible.length}; have the missing scores judged first, or ask for fewer`,
    )
  }
  const ranks = meanRanks(eligible, guide)
  // The share of the others that a picture beats.
  const quality = eligible.map(({ seq }) => {
    const rank = ranks.get(seq) ?? eligible.length
    return eligible.length > 1 ? (eligible.length - rank) / (eligible.length - 1) : 1
  })
  const { chosen, best, ...numbers } = chooseDiverse(
    quality,
    eligible.map(({ feature }) => feature),
    count,
    spread,
  )
  const pictures = (places: readonly number[]) => places.flatMap((place) => eligible[place]?.picture ?? [])
  return { winners: pictures(chosen), best: pictures(best), ...numbers, features: source.manifest.id }
}
