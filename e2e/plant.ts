/** Runs whose scores are given, for what models cannot be made to do on purpose. */

import { openLibrary } from '../electron/library/open.ts'
import { candidateOf, pictureOf, provenanceOf, specOf } from '../electron/library/testing/fixtures.ts'
import type { Scores } from '../shared/domain.ts'
import type { RunSpecInput } from '../shared/run-spec.ts'

/** Writes a finished run into a library that nobody has open; its scores are given, its pictures are noise, 16 pixels a side. */
export async function plant(
  libraryPath: string,
  spec: Partial<RunSpecInput>,
  count: number,
  scoresOf: (seq: number) => Scores,
  side = 16,
): Promise<void> {
  const library = await openLibrary(libraryPath)
  try {
    const whole = specOf({ ...spec, baselines: [] })
    const runId = library.createRun(whole, [])
    for (let seq = 0; seq < count; seq++) {
      const candidate = candidateOf(runId, seq, { scores: scoresOf(seq) })
      await library.addCandidate(candidate, pictureOf(seq, side), provenanceOf(whole), null)
    }
    library.setStatus(runId, { kind: 'done' })
  } finally {
    library.close()
  }
}
