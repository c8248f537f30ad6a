/** One way from a named call of a view to the studio, for both hosts: the same methods, the same answers. */

import { studioMethods } from '../../shared/contract.ts'
import type { Answer, StudioApi, StudioMethod } from '../../shared/contract.ts'
import type { RunDetail } from '../../shared/domain.ts'
import { toErrorData } from '../../shared/errors.ts'
import { sentRun } from '../../shared/run-wire.ts'

/** Whether a view may call this; exact names only, so nothing inherited from Object is one. */
export function isStudioMethod(name: string): name is StudioMethod {
  return (studioMethods as readonly string[]).includes(name)
}

/** Calls the studio with an argument that nobody has checked yet (the core does) and turns the outcome into data. */
export async function answerCall(
  api: StudioApi,
  method: StudioMethod,
  argument: unknown,
): Promise<Answer<unknown>> {
  try {
    const calls = api as Record<StudioMethod, (argument: unknown) => Promise<unknown>>
    const value = await calls[method](argument)
    return { ok: true, value: method === 'run' ? sentRun(value as RunDetail) : value }
  } catch (error) {
    return { ok: false, error: toErrorData(error) }
  }
}
