import assert from 'node:assert/strict'
import test from 'node:test'

import type { Picture, PictureOrigin } from '../../../shared/gallery.ts'
import { pictureName } from '../../logic/picture-name.ts'
import { describeDiffering, differingSettings, scoreRows } from './survey.ts'

const origin: Extract<PictureOrigin, { kind: 'candidate' }> = {
  kind: 'candidate',
  runId: 3,
  arm: 'search',
  seq: 5,
  round: 0,
  parent: null,
  level: 0,
  steps: 20,
  nfe: 20,
  seconds: 1,
  pack: 'scenes',
  algorithm: 'random_search',
  guide: ['clip_score'],
  heldOut: [],
  deltas: {},
}
const picture = (change: Partial<Picture> = {}): Picture => ({
  id: 1,
  flag: null,
  rating: 0,
  imageSha256: 'a',
  width: 128,
  height: 128,
  madeAt: '',
  prompt: 'two red stars',
  boards: [],
  scores: {},
  origin,
  ...change,
})
const outside = picture({ id: -1, origin: { kind: 'outside', name: 'photo.png' } })

test('the best of a score is said, unless there is nothing to tell apart', () => {
  const rows = scoreRows([
    picture({ scores: { clip_score: 0.5, aesthetic_score: 4 } }),
    picture({ scores: { clip_score: 0.7, aesthetic_score: 4 } }),
    null,
    picture({ scores: { clip_score: 0.7, image_reward: Number.NaN, pick_score: 20 } }),
  ])
  assert.deepEqual(rows, [
    { verifier: 'clip_score', scores: [0.5, 0.7, null, 0.7], best: [false, true, false, true] },
    { verifier: 'aesthetic_score', scores: [4, 4, null, null], best: [false, false, false, false] },
    { verifier: 'pick_score', scores: [null, null, null, 20], best: [false, false, false, false] },
  ])
})

test('settings that differ are named with their values', () => {
  const more = picture({ origin: { ...origin, arm: 'baseline', steps: 80 }, prompt: 'a moon' })
  assert.deepEqual(differingSettings([picture(), more]), [
    { name: 'prompt', values: ['two red stars', 'a moon'] },
    { name: 'algorithm', values: ['Random search', 'one noise'] },
    { name: 'steps', values: ['20', '80'] },
  ])
  assert.equal(describeDiffering([picture(), more]), 'They differ in prompt, algorithm and steps.')
  assert.equal(
    describeDiffering([picture(), picture({ id: 2 })]),
    'The same prompt and settings: only the noise differs.',
  )
  assert.equal(
    describeDiffering([picture(), outside]),
    'They differ in model, algorithm and steps. Of what is from outside the settings are not known.',
  )
  assert.equal(describeDiffering([outside, outside]), 'All from outside.')
  assert.equal(describeDiffering([picture()]), '')
})

test('a picture has a name of its own', () => {
  assert.equal(pictureName(picture()), 'Run 3 #5')
  assert.equal(pictureName(picture({ origin: { ...origin, arm: 'baseline', steps: 80 } })), 'Run 3, 80 steps')
  assert.equal(pictureName(picture({ origin: { ...origin, arm: 'final' } })), 'Run 3 #5, final')
  assert.equal(pictureName(outside), 'photo.png')
})
