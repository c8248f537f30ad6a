/** The court behind the contract: scores that pictures lack, the artist's own verifier, winners that differ. */

import {
  courtQuestionSchema,
  judgingReferenceSchema,
  judgingRequestSchema,
} from '../../shared/call-arguments.ts'
import type { CourtApi } from '../../shared/court.ts'
import { parseInput } from '../../shared/parse-input.ts'
import { Judging, type JudgingOptions } from './court/judging.ts'

export type Court = {
  readonly api: Pick<CourtApi, 'court' | 'judge' | 'cancelJudging' | 'judging'>
  /** Cancels what waits, and waits for the batch at work. */
  close(): Promise<void>
}

export type CourtOptions = JudgingOptions & {
  /** Throws `cancelled` once the studio closes. */
  readonly requireOpen: () => void
}

export function openCourt(options: CourtOptions): Court {
  const judging = new Judging(options)
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
    },
    close: () => judging.close(),
  }
}
