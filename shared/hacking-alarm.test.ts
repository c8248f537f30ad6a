import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Candidate, Intervention, RunDetail, Scores } from './domain.ts'
import { hackingAlarm } from './hacking-alarm.ts'
import { parseRunSpec, type RunSpec } from './run-spec.ts'
import type { VerifierId } from './vocabulary.ts'

/** Normal numbers that are the same in every run of the test. */
function normals(seed: number): () => number {
  let state = seed * 7919 + 1
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647
  for (let i = 0; i < 20; i++) uniform()
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** A run whose candidates have these scores, `perRound` of them a round, 10 NFE each. */
function planted(
  scores: readonly Scores[],
  perRound: number,
  guide: readonly VerifierId[] = ['aesthetic_score'],
  heldOut: readonly VerifierId[] = ['clip_score', 'pick_score', 'image_reward'],
): Pick<RunDetail, 'spec' | 'candidates' | 'interventions'> {
  const spec: RunSpec = parseRunSpec({
    ...{ algorithm: 'random_search', prompt: 'a red star', pack: 'scenes', candidates: 2, sampler: 'euler' },
    ...{ schedule: 'linear', steps: 10, guidance: 1, baselines: [], seed: '1', guide, heldOut },
  })
  const candidates = scores.map((one, seq): Candidate => ({
    ...{ runId: 1, arm: 'search', seq, round: Math.floor(seq / perRound), parent: null, level: 0, steps: 10 },
    recipe: { generator: 'philox4x32-10', seed: '1', stream: seq, operations: [] },
    ...{
      noiseSha256: '',
      imageSha256: '',
      nfe: 10,
      forwardPasses: 10,
      verifierCalls: 1,
      gflop: 1,
      seconds: 1,
    },
    scores: one,
  }))
  return { spec, candidates, interventions: [] }
}

/** Scores of `count` candidates whose guide rises by `rise` over the run; the others as told, with noise of deviation 1. */
function trend(
  seed: number,
  count: number,
  rise: number,
  heldOut: (progress: number, guideNoise: number) => Scores,
): readonly Scores[] {
  const normal = normals(seed)
  return Array.from({ length: count }, (_, i) => {
    const noise = normal()
    const told = heldOut(i / count, noise)
    const noisy = Object.entries(told).map(([id, value]) => [id, value + normal()])
    return { aesthetic_score: rise * (i / count) + noise, ...(Object.fromEntries(noisy) as Scores) }
  })
}

const all = (value: number): Scores => ({ clip_score: value, pick_score: value, image_reward: value })
const heldOut = ['clip_score', 'image_reward', 'pick_score']

test('scores that have nothing to do with each other raise no alarm, but for one run in some hundred', () => {
  let [single, many, local] = [0, 0, 0]
  for (let seed = 0; seed < 400; seed++) {
    if (
      hackingAlarm(
        planted(
          trend(seed, 48, 0, () => all(0)),
          48,
        ),
      ) !== null
    )
      single++
    const one = trend(seed, 48, 0, () => ({ clip_score: 0 }))
    if (hackingAlarm(planted(one, 4, ['aesthetic_score'], ['clip_score'])) !== null) many++
    if (
      hackingAlarm(
        planted(
          trend(seed, 48, 4, () => all(0)),
          4,
        ),
      ) !== null
    )
      local++
  }
  // Of 400 runs each.
  assert.ok(single <= 4 && many <= 8 && local <= 4, `${single}, ${many}, ${local}`)
})

test('a guide that rises while the others fall is told, with who fell and since when', () => {
  const alarm = hackingAlarm(
    planted(
      trend(3, 48, 6, (progress) => all(-6 * progress)),
      4,
    ),
  )
  assert.ok(alarm !== null)
  assert.deepEqual(alarm.verifiers, heldOut)
  assert.ok(alarm.round <= 3, `round ${alarm.round}`)
  assert.equal(alarm.nfe, 10 * (alarm.since + 1))
})

test('all rise together: no alarm', () => {
  for (let seed = 0; seed < 50; seed++) {
    assert.equal(
      hackingAlarm(
        planted(
          trend(seed, 48, 6, (progress) => all(6 * progress)),
          4,
        ),
      ),
      null,
    )
  }
})

test('a late fall is told from where it began, although everything rose before', () => {
  const scores = trend(5, 80, 10, (progress) =>
    all(progress < 0.5 ? 8 * progress : 4 - 12 * (progress - 0.5)),
  )
  const alarm = hackingAlarm(planted(scores, 4))
  assert.ok(alarm !== null)
  // 20 rounds; the fall begins in the tenth.
  assert.ok(alarm.round >= 6 && alarm.round <= 13, `round ${alarm.round}`)
  assert.ok(alarm.since >= 20 && alarm.since <= 60, `since ${alarm.since}`)
})

test('one of three that stays flat is not named, two that stay flat keep the alarm silent', () => {
  const one = trend(6, 48, 6, (progress) => ({ ...all(-6 * progress), image_reward: 0 }))
  assert.deepEqual(hackingAlarm(planted(one, 4))?.verifiers, ['clip_score', 'pick_score'])
  const two = trend(6, 48, 6, (progress) => ({ ...all(0), clip_score: -6 * progress }))
  assert.equal(hackingAlarm(planted(two, 4)), null)
})

test('one round is enough where its images disagree as a whole: the guide picks against the others', () => {
  const scores = trend(8, 64, 0, (_, guideNoise) => all(-1.5 * guideNoise))
  const alarm = hackingAlarm(planted(scores, 64))
  assert.ok(alarm !== null)
  assert.equal(alarm.round, 0)
  assert.deepEqual(alarm.verifiers, heldOut)
})

test('an ensemble that guides is one order', () => {
  const both = trend(9, 48, 6, (progress) => all(-6 * progress)).map((one) => ({
    ...one,
    hps_score: (one.aesthetic_score ?? 0) * 2,
  }))
  const alarm = hackingAlarm(planted(both, 4, ['aesthetic_score', 'hps_score']))
  assert.deepEqual(alarm?.verifiers, heldOut)
})

test('missing scores, ties and a verifier that failed from the start neither raise nor hide an alarm', () => {
  const scores = trend(10, 60, 6, (progress) => all(-6 * progress)).map((one, i) => {
    const { aesthetic_score = 0, clip_score = 0, pick_score = 0 } = one
    const rounded = Object.entries({ aesthetic_score, clip_score, pick_score }).map(([id, value]) => [
      id,
      Math.round(value),
    ])
    const kept = Object.fromEntries(rounded) as Scores
    return i % 7 === 3 ? { aesthetic_score: kept.aesthetic_score ?? 0 } : kept
  })
  assert.deepEqual(hackingAlarm(planted(scores, 4))?.verifiers, ['clip_score', 'pick_score'])
  const equal = scores.map(() => ({ aesthetic_score: 1, clip_score: 1, pick_score: 2 }))
  assert.equal(hackingAlarm(planted(equal, 4)), null)
  assert.equal(
    hackingAlarm(
      planted(
        scores.map(() => ({})),
        4,
      ),
    ),
    null,
  )
})

test('few images, few picks and no held-out verifier: no alarm', () => {
  const scores = trend(3, 48, 6, (progress) => all(-6 * progress))
  assert.equal(hackingAlarm(planted(scores.slice(0, 11), 4)), null)
  assert.equal(hackingAlarm(planted(scores, 4, ['aesthetic_score'], [])), null)
  assert.equal(hackingAlarm(planted([], 4)), null)
  const falling = scores.map((one, i) => ({ ...one, aesthetic_score: -i, clip_score: i }))
  assert.equal(hackingAlarm(planted(falling, 4, ['aesthetic_score'], ['clip_score'])), null)
})

test('unfinished samples and vetoed candidates are no images of the run', () => {
  const run = planted(
    trend(3, 48, 6, (progress) => all(-6 * progress)),
    4,
  )
  const drafts = run.candidates.map((one) => ({ ...one, level: 0.5 }))
  assert.equal(hackingAlarm({ ...run, candidates: drafts }), null)
  const interventions = run.candidates.map(({ seq }): Intervention => ({
    id: seq,
    kind: 'veto',
    seq,
    round: 0,
    until: null,
  }))
  assert.equal(hackingAlarm({ ...run, interventions }), null)
  const undone = interventions.map((one) => ({ ...one, until: 3 }))
  assert.ok(hackingAlarm({ ...run, interventions: undone }) !== null)
})
