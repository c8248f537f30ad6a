import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Intervention } from '../../../shared/domain.ts'
import { baselineJobs, JobQueue, type Job, type StoredResult } from './jobs.ts'
import { specWith } from './testing/closed-form-run.ts'

const spec = specWith({ candidates: 3, baselines: [8, 2], seed: '5' })

const resultOf = ({ arm, seq, recipe, round }: Job, score: number): StoredResult => ({
  ...{ arm, seq, recipe, round },
  scores: { clip_score: score },
  level: 0,
})

/** Takes a job at a time to the end, each told at once; `scores` by sequence. */
function allOf(queue: JobQueue, scores: readonly number[]): readonly Job[] {
  const jobs: Job[] = []
  for (let turn = 0; turn < 100; turn++) {
    const [job] = queue.take(1)
    if (job === undefined) return jobs
    jobs.push(job)
    queue.tell(job, resultOf(job, scores[job.seq] ?? 0))
  }
  throw new Error('The queue does not end')
}

test('baselines come first, longest first, all from the first noise; then the search', () => {
  const queue = new JobQueue(spec, [], [])
  assert.deepEqual(
    queue.take(10).map(({ arm, seq, steps, recipe }) => [arm, seq, steps, recipe.stream]),
    [
      ['baseline', 1, 8, 0],
      ['baseline', 0, 2, 0],
      ['search', 0, 4, 0],
      ['search', 1, 4, 1],
      ['search', 2, 4, 2],
    ],
  )
})

test('is done when all has started and is told, or given up once its budget is spent', () => {
  const queue = new JobQueue(spec, [], [])
  const jobs = queue.take(10)
  assert.deepEqual([jobs.length, queue.out, queue.take(10).length], [5, 5, 0])
  for (const job of jobs.slice(1)) queue.tell(job, resultOf(job, 0))
  assert.equal(queue.isDone, false)
  queue.close()
  queue.drop(jobs[0] as Job)
  assert.equal(queue.isDone, true)
})

test('what is stored is not taken again, whichever of it is there', () => {
  const jobs = new JobQueue(spec, [], []).take(10)
  for (const job of jobs) {
    const stored = jobs.filter((one) => one !== job).map((one) => resultOf(one, one.seq))
    const left = new JobQueue(spec, stored, []).take(10)
    assert.deepEqual(left, [job])
  }
  const all = new JobQueue(
    spec,
    jobs.map((one) => resultOf(one, 0)),
    [],
  )
  assert.deepEqual([all.isDone, all.take(1).length], [true, 0])
})

test('the final image is the winner with more steps, once everything else is there; a veto asks for another', () => {
  const twoStage = specWith({ candidates: 3, baselines: [], finalSteps: 50 })
  const scores = [0.1, 0.9, 0.5]
  const queue = new JobQueue(twoStage, [], [])
  const out = queue.take(3)
  assert.equal(queue.take(1).length, 0)
  for (const job of out) queue.tell(job, resultOf(job, scores[job.seq] ?? 0))
  const [final] = allOf(queue, scores)
  assert.deepEqual(
    [final?.arm, final?.seq, final?.parent, final?.steps, final?.recipe.stream],
    ['final', 1, 1, 50, 1],
  )
  assert.equal(queue.isDone, true)
  const veto: Intervention = { id: 1, round: 1, until: null, kind: 'veto', seq: 1 }
  queue.steer([veto])
  assert.equal(queue.isDone, false)
  assert.deepEqual(
    allOf(queue, scores).map(({ arm, seq }) => [arm, seq]),
    [['final', 2]],
  )
  queue.steer([{ ...veto, until: 1 }])
  assert.equal(queue.isDone, true)
})

test('a branch is neighbours of a finished noise, made also when the budget is spent; undone, it is not made', () => {
  const branch: Intervention = {
    ...{ id: 1, round: 0, until: null, kind: 'branch' },
    ...{ seq: 1, cosine: 0.9, count: 2, firstSeq: 3 },
  }
  const queue = new JobQueue(specWith({ candidates: 3, baselines: [] }), [], [])
  allOf(queue, [])
  queue.close()
  queue.steer([branch])
  assert.deepEqual(
    allOf(queue, []).map(({ seq, parent, recipe }) => [seq, parent, recipe.stream, recipe.operations]),
    [3, 4].map((seq) => [seq, 1, 1, [{ kind: 'neighbour', stream: seq, cosine: 0.9 }]]),
  )
  const undone = new JobQueue(specWith({ candidates: 3, baselines: [] }), [], [{ ...branch, until: 0 }])
  assert.equal(allOf(undone, []).length, 3)
})

test('a candidate that goes on knows the legs that its parent has behind it', () => {
  const drafts = specWith({
    ...{ algorithm: 'draft_cull_resume', candidates: 3, draftSteps: 2, survivors: 1 },
    ...{ steps: 5, baselines: [] },
  })
  const jobs = allOf(new JobQueue(drafts, [], []), [0.1, 0.3, 0.2])
  assert.deepEqual(
    jobs.map(({ seq, parent, behind, kept, steps }) => [seq, parent, behind, kept, steps]),
    [
      [0, null, 0, true, 5],
      [1, null, 0, true, 5],
      [2, null, 0, true, 5],
      [3, 1, 1, false, 5],
    ],
  )
})

test('baselines are numbered by ascending step counts', () => {
  assert.deepEqual(
    baselineJobs(spec).map(({ seq, steps }) => [seq, steps]),
    [
      [1, 8],
      [0, 2],
    ],
  )
})
