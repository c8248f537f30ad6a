/** Runs for the tests of the renderer: made of a few scores, everything else in place. */

import type { Candidate, RunDetail, RunStatus } from '../../shared/domain.ts'
import type { RunSpec } from '../../shared/run-spec.ts'

/** An image with a score; null for an image whose verifier failed. */
export function testImage(
  arm: Candidate['arm'],
  seq: number,
  steps: number,
  score: number | null,
): Candidate {
  return {
    runId: 1,
    arm,
    seq,
    steps,
    recipe: { generator: 'philox4x32-10', seed: '7', stream: seq, operations: [] },
    noiseSha256: `noise${seq}`,
    nfe: steps,
    forwardPasses: 2 * steps,
    seconds: steps / 10,
    imageSha256: `${arm}${seq}`,
    scores: score === null ? {} : { clip_score: score },
  }
}

/** A run of `planned` candidates of 10 Euler steps, with the given scores of its first ones and of its baselines. */
export function testRun(parts: {
  readonly planned: number
  readonly scores: readonly (number | null)[]
  readonly baselines?: Readonly<Record<number, number | null>>
  readonly missingBaselines?: readonly number[]
  readonly status?: RunStatus
}): RunDetail {
  const made = Object.entries(parts.baselines ?? {}).map(([steps, score]) => ({
    steps: Number(steps),
    score,
  }))
  const spec: RunSpec = {
    prompt: 'two red stars in night',
    pack: 'scenes',
    guide: ['clip_score'],
    heldOut: [],
    algorithm: 'random_search',
    candidates: parts.planned,
    sampler: 'euler',
    schedule: 'linear',
    steps: 10,
    guidance: 3,
    baselines: [...made.map(({ steps }) => steps), ...(parts.missingBaselines ?? [])].sort((a, b) => a - b),
    seed: '7',
  }
  const candidates = parts.scores.map((score, seq) => testImage('search', seq, 10, score))
  const baselines = made.map(({ steps, score }) =>
    testImage('baseline', spec.baselines.indexOf(steps), steps, score),
  )
  return {
    id: 1,
    createdAt: '2026-11-21T12:00:00Z',
    spec,
    status: parts.status ?? { kind: 'done' },
    finished: candidates.length + baselines.length,
    planned: parts.planned + spec.baselines.length,
    best: null,
    ledger: { nfe: 10 * candidates.length, verifierCalls: candidates.length, seconds: candidates.length },
    baselines,
    candidates,
    device: 'cpu',
    unknownWords: [],
  }
}
