/** A studio without library and engine, for the tests of the hosts: it answers what a test tells it to. */

import type { Studio } from '../../core/studio.ts'
import { studioMethods, type StudioApi, type StudioEvent } from '../../../shared/contract.ts'
import type { RunProgress } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'

export type FakeStudio = Studio & {
  emit(event: StudioEvent): void
  /** How many views listen. */
  listeners(): number
}

/** Methods that a test does not give reject with `not_found`. */
export function fakeStudio(
  methods: Partial<StudioApi> = {},
  imageFile: Studio['imageFile'] = () => null,
  thumbnail: Studio['thumbnail'] = () => Promise.resolve(null),
): FakeStudio {
  const listeners = new Set<(event: StudioEvent) => void>()
  const absent = () => Promise.reject(new StudioError('not_found', 'This test gave no such method.'))
  return {
    api: {
      ...(Object.fromEntries(studioMethods.map((method) => [method, absent])) as unknown as StudioApi),
      progress: () => Promise.resolve([]),
      ...methods,
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    imageFile,
    thumbnail,
    candidatesWithImage: () => [],
    receive: () => Promise.resolve(),
    whenEnded: () => Promise.resolve(),
    close: () => Promise.resolve(),
    emit(event) {
      for (const listener of listeners) listener(event)
    },
    listeners: () => listeners.size,
  }
}

export function fakeProgress(runId: number, nfe: number): RunProgress {
  return {
    runId,
    phase: 'working',
    finished: 0,
    planned: 4,
    failed: 0,
    nfe,
    nfePlanned: 100,
    secondsElapsed: 1,
    secondsLeft: null,
    previews: [],
  }
}
