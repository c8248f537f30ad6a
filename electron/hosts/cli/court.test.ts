import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { CourtTable, DiverseWinners, PersonalScorer } from '../../../shared/court.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-cli-court-'))
const library = join(folder, 'library')
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const run = (...args: readonly string[]) => goldpan([...args, '--library', library])

test('pictures of a run are judged by everybody who can, once, and compared', async () => {
  const sampling = ['--candidates', '3', '--steps', '2', '--baselines', '', '--seed', '5']
  assert.equal((await run('search', 'a red star in night', ...sampling)).code, 0)
  const { code, stdout, stderr } = await run('court', '1/', '--json')
  assert.equal(code, 0, stderr)
  type Judged = CourtTable & { readonly agreement: Record<string, Record<string, number | null>> }
  const { judges, testimonies, agreement } = JSON.parse(stdout) as Judged
  const able = judges.filter(({ reason }) => reason === null).map(({ verifier }) => verifier)
  assert.ok(able.includes('image_reward') && able.length >= 6, able.join())
  assert.equal(testimonies.length, 3)
  for (const { scores } of testimonies) assert.deepEqual(Object.keys(scores).toSorted(), able.toSorted())
  assert.equal(agreement['image_reward']?.['image_reward'], 1)
  assert.equal(agreement['clip_score']?.['pick_score'], agreement['pick_score']?.['clip_score'])
  // Everything is known now: nobody is asked again.
  const again = await run('court', '1/0,1/1,1/2')
  assert.equal(again.stderr, '')
  assert.match(again.stdout, /Agreement by Kendall's tau-b/)
  assert.match(again.stdout, /^dino_self: .*early look/m)

  const chosen = await run('diverse', '1/', '--count', '2', '--spread', '0.5', '--json')
  const winners = JSON.parse(chosen.stdout) as DiverseWinners
  assert.equal(winners.winners.length, 2)
  assert.equal(winners.winners[0], winners.best[0])
  const text = await run('diverse', '1/', '--count', '2')
  assert.match(text.stdout, /^diverse {2}.*\n^best /m)
})

test('your verifier tells what it lacks; what cannot be done is one line and exit code 2', async () => {
  const you = JSON.parse((await run('you', '--json')).stdout) as PersonalScorer
  assert.deepEqual(you, {
    votes: 0,
    state: { kind: 'untrained', reason: 'It takes 30 blind votes; 30 more to go.' },
    others: [],
    earlier: [],
  })
  for (const [args, message] of [
    [['you', '--train'], /^Expected at least 30 blind votes to learn from, found 0\..*\n$/],
    [
      ['you', '--back', 'you~2'],
      /^Expected an earlier version of your verifier, found none named you~2\..*\n$/,
    ],
    [['you', '--back', 'you~2', '--train'], /^you: expected --train or --back, found both\n$/],
    [['court', '1/', '--verifiers', 'dino_self'], /^verifiers: .*early look.*\n$/],
    [['court', '1/', '--verifiers', 'taste'], /^verifiers.*: expected verifiers of .*\n$/],
    [['diverse', '1/', '--count', 'many'], /^count: expected a whole number of winners from 2 to 20\n$/],
    [['diverse', '1/', '--count', '4'], /^count: expected .* found 4 for 3; .*\n$/],
  ] as const) {
    const { code, stdout, stderr } = await run(...args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
  }
})
