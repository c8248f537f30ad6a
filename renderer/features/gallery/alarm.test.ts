import assert from 'node:assert/strict'
import test from 'node:test'

import { testSpec } from '../../../shared/testing/test-runs.ts'
import { alarmText } from './alarm.ts'

test('the alarm says from where on, who rises and who falls', () => {
  const guide = { guide: ['aesthetic_score'] } as const
  const random = testSpec({ algorithm: 'random_search', candidates: 8, guide: [...guide.guide] })
  assert.equal(
    alarmText({ spec: random }, { round: 0, nfe: 1280, verifiers: ['clip_score'], since: 3 }),
    'Since 1,280 NFE Aesthetic rises while CLIP score falls.',
  )
  const rounds = testSpec({
    ...{ algorithm: 'zero_order_search', rounds: 4, neighbours: 4, cosine: 0.95 },
    guide: ['aesthetic_score', 'image_reward'],
  })
  assert.equal(
    alarmText(
      { spec: rounds },
      { round: 2, nfe: 80, verifiers: ['clip_score', 'pick_score', 'dino_linear'], since: 7 },
    ),
    'Since round 3 (80 NFE) Ensemble of Aesthetic, ImageReward rises while CLIP score, PickScore, and DINO class fall.',
  )
})
