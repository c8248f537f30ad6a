import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'

export type QueueDeeds = {
  /** All of them resolve with whether it was done, and never reject. */
  pause(runId: number): Promise<boolean>
  cancel(runId: number): Promise<boolean>
  resume(runId: number): Promise<boolean>
  resumeAll(runIds: readonly number[]): Promise<boolean>
}

/** What a person does to runs of the queue; all of it can be undone, because a run that was stopped goes on where it was. */
export function useQueueDeeds(): QueueDeeds {
  const { bridge, undo } = useStudio()
  const deed = async (
    label: string,
    act: () => Promise<void>,
    back: () => Promise<void>,
  ): Promise<boolean> => {
    const done = await undo.act(async () => {
      await act()
      return { label, undo: back, redo: act }
    })
    return done !== null
  }
  const resume = (runId: number) => () => bridge.resumeRun({ runId })
  const pause = (runId: number) => () => bridge.pauseRun({ runId })
  return {
    pause: (runId) => deed(`Paused run ${runId}`, pause(runId), resume(runId)),
    cancel: (runId) => deed(`Stopped run ${runId}`, () => bridge.cancelRun({ runId }), resume(runId)),
    resume: (runId) => deed(`Resumed run ${runId}`, resume(runId), pause(runId)),
    resumeAll(runIds) {
      const each = (act: (runId: number) => () => Promise<void>) => async () => {
        const faults: unknown[] = []
        // One that cannot go on does not keep the others.
        for (const runId of runIds) await act(runId)().catch((thrown: unknown) => faults.push(thrown))
        if (faults.length === runIds.length && faults.length > 0) throw faults[0]
        if (faults.length > 0) undo.say(toErrorData(faults[0]).message, true)
      }
      return deed(
        runIds.length === 1 ? 'Resumed a run' : `Resumed ${runIds.length} runs`,
        each(resume),
        each(pause),
      )
    },
  }
}
