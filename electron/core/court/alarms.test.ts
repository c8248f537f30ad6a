import assert from 'node:assert/strict'
import { test } from 'node:test'

import { hackingAlarm } from '../../../shared/hacking-alarm.ts'
import { openLibrary } from '../../library/open.ts'
import { addTo, specOf, temporaryFolder } from '../../library/testing/fixtures.ts'
import { alarmsOf } from './alarms.ts'

test('every run of many is looked into by its scores alone, and what is beyond the bound is told', async (t) => {
  const library = await openLibrary(temporaryFolder())
  t.after(() => library.close())
  const spec = specOf({ candidates: 16, guide: ['aesthetic_score'], heldOut: ['clip_score'], baselines: [] })
  const runs: number[] = []
  for (let index = 0; index < 15; index++) {
    const runId = library.createRun(spec, [])
    runs.push(runId)
    for (let seq = 0; seq < 16; seq++) {
      // Every third run is hacked; in the others both verifiers say the same.
      const fall = index % 3 === 2 ? -1 : 1
      await addTo(library, runId, seq, {
        scores: { aesthetic_score: 5 + seq / 10, clip_score: 0.5 + (fall * seq) / 100 },
      })
    }
  }
  const hacked = runs.filter((_, index) => index % 3 === 2)
  const { alarms, unchecked } = await alarmsOf(library, [...runs, 999])
  assert.deepEqual(
    alarms.map(({ runId }) => runId),
    hacked,
  )
  assert.equal(unchecked, 0)
  for (const { runId, guide, ...alarm } of alarms) {
    assert.deepEqual(guide, ['aesthetic_score'])
    assert.deepEqual(alarm, hackingAlarm(library.run(runId)), 'what the whole run says')
  }

  const bounded = await alarmsOf(library, runs, 16 * 4)
  assert.deepEqual(
    [bounded.alarms.map(({ runId }) => runId), bounded.unchecked],
    [[hacked[0]], runs.length - 4],
  )
})
