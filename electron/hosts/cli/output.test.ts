import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { openStudio } from '../../core/studio.ts'
import { formatRun, statusText } from './output.ts'
import { runJson } from './run-json.ts'

const packs = fileURLToPath(new URL('../../engine/fixtures/packs', import.meta.url))

test('a run says how many of its candidates failed and why, for people and as JSON', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-output-'))
  const studio = await openStudio({ libraryPath: folder, packFolders: [packs], host: 'cli' })
  t.after(async () => {
    await studio.close()
    rmSync(folder, { recursive: true, force: true })
  })
  // Its denoiser gives NaN from noise level 0.5 down, where a single step never comes.
  const { runId } = await studio.api.startRun({
    ...{ prompt: 'two red stars in night', pack: 'tiny-nan', guide: ['clip_score'], heldOut: [] },
    ...{ algorithm: 'random_search', candidates: 2, sampler: 'euler', schedule: 'linear' },
    ...{ steps: 1, guidance: 2, baselines: [1, 8], seed: '7' },
  })
  await studio.whenEnded(runId)
  const run = await studio.api.run({ runId })
  assert.equal(statusText(run), 'done, 1 failed')
  assert.equal(
    statusText({ ...run, status: { kind: 'paused' }, failed: 0 }),
    'paused at 3 of 4; `resume 1` goes on',
  )
  assert.equal(
    statusText({ ...run, status: { kind: 'paused' } }),
    'paused at 3 of 4, 1 failed; `resume 1` goes on',
  )
  assert.match(
    formatRun(studio, run),
    /\nbaseline 1 failed: At step 5, noise level 0\.5: Pack tiny-nan, denoiser, output velocity: /,
  )
  const [failure, ...others] = runJson(studio, run).failures
  assert.deepEqual([failure?.arm, failure?.seq, failure?.error.code], ['baseline', 1, 'model_output_invalid'])
  assert.deepEqual(others, [])

  assert.doesNotMatch(formatRun(studio, run), /hacking/)
  const [first] = run.candidates
  assert.ok(first !== undefined)
  const hacked = Array.from({ length: 24 }, (_, seq) => ({
    ...{ ...first, seq, round: Math.floor(seq / 4) },
    scores: { clip_score: seq, aesthetic_score: -seq },
  }))
  const spec = { ...run.spec, heldOut: ['aesthetic_score' as const] }
  assert.match(
    formatRun(studio, { ...run, spec, candidates: hacked }),
    /^verifier hacking: since candidate 0 \(round 0, \d+ NFE\) the guide rises while aesthetic_score fall$/m,
  )
})
