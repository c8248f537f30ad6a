import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import type { Picture } from '../../shared/gallery.ts'
import { specOf, temporaryFolder } from '../library/testing/fixtures.ts'
import { openStudio, type Studio } from './studio.ts'

const fixtures = fileURLToPath(new URL('../engine/fixtures/packs', import.meta.url))

/** Resolves when the studio tells that pictures came or changed. */
const told = (studio: Studio): Promise<void> =>
  new Promise((resolve) => {
    const stop = studio.onEvent(({ kind }) => {
      if (kind !== 'pictures-changed') return
      stop()
      resolve()
    })
  })

test('what a run makes comes to the wall by itself, and what is done with it is there the next day', async (t) => {
  const libraryPath = join(temporaryFolder(), 'library')
  const options = { libraryPath, packFolders: [fixtures], host: 'cli' } as const
  const studio = await openStudio(options)
  t.after(() => studio.close())
  const best = {
    filter: { text: 'RED' },
    order: { by: 'score', verifier: 'clip_score', descending: true },
  } as const
  assert.deepEqual(await studio.api.wall(best), [])

  const spec = { ...specOf(), pack: 'tiny', candidates: 2, steps: 2, baselines: [4] }
  const heard = told(studio)
  const { runId } = await studio.api.startRun(spec)
  await heard
  await studio.whenEnded(runId)
  const ids = await studio.api.wall(best)
  const pictures = await studio.api.pictures({ pictures: ids })
  const run = await studio.api.run({ runId })
  assert.deepEqual(
    pictures.map(({ imageSha256 }) => imageSha256).toSorted(),
    [...run.candidates, ...run.baselines].map(({ imageSha256 }) => imageSha256).toSorted(),
  )

  const deltaOf = ({ origin, scores }: Picture): unknown =>
    origin.kind === 'candidate' && origin.arm === 'search'
      ? [origin.deltas.clip_score, (scores.clip_score ?? NaN) - (run.baselines[0]?.scores.clip_score ?? NaN)]
      : [0, 0]
  for (const [found, expected] of pictures.map(deltaOf) as (readonly [unknown, unknown])[]) {
    assert.equal(found, expected)
  }

  const [first = 0, second = 0] = ids
  await studio.api.mark({ pictures: [first], rating: 5 })
  await studio.api.vote({ winner: first, loser: second })
  await studio.close()
  const next = await openStudio(options)
  t.after(() => next.close())
  assert.deepEqual(await next.api.wall({ filter: { ratingAtLeast: 5 }, order: best.order }), [first])
  assert.deepEqual(await next.api.votes({}), [{ id: 1, winner: first, loser: second }])
})
