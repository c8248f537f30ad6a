import type { JudgingJob } from '../../../../shared/court.ts'
import type { Studio } from '../../studio.ts'

/** Waits for the end of a judging job by the studio's own events. */
export function ended({ api, onEvent }: Studio, job: number): Promise<JudgingJob> {
  return new Promise((resolve, reject) => {
    const look = async (): Promise<void> => {
      const found = (await api.judging()).find(({ id }) => id === job)
      if (found === undefined) throw new Error(`Expected job ${job}, found none`)
      if (found.state.kind === 'waiting' || found.state.kind === 'working') return
      stop()
      resolve(found)
    }
    const stop = onEvent((event) => {
      if (event.kind === 'court-changed') look().catch(reject)
    })
    look().catch(reject)
  })
}
