import { toErrorData } from '../../../shared/errors.ts'
import { useStudio } from '../../api/hooks.ts'

export type QueueDeeds = {
  pause(runId: number): void
  cancel(runId: number): void
  resume(runId: number): void
  resumeAll(runIds: readonly number[]): void
}

/** What a person does to runs of the queue; all of it can be undone, because a run that was stopped goes on where it was. */
export function useQueueDeeds(): QueueDeeds {
  const { bridge, undo } = useStudio()
  const deed = (label: string, act: () => Promise<void>, back: () => Promise<void>) => {
    act().then(
      () => undo.done({ label, undo: back, redo: act }),
      (thrown: unknown) => undo.say(toErrorData(thrown).message, true),
    )
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
      deed(runIds.length === 1 ? 'Resumed a run' : `Resumed ${runIds.length} runs`, each(resume), each(pause))
    },
  }
}
