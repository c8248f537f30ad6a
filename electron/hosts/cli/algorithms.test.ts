import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import { openStudio, type Studio } from '../../core/studio.ts'
import type { Arm, ReplayReport } from '../../../shared/domain.ts'
import { planOf, plannedCandidates, plannedSearchNfe } from '../../../shared/plan.ts'
import { algorithms, idsOf, type AlgorithmId } from '../../../shared/vocabulary.ts'
import { bundledPacks } from '../default-places.ts'
import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-algorithms-'))
const library = join(folder, 'library')
const inLibrary = ['--library', library]
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

type RunJson = ReturnType<typeof runJson>

const prompt = 'two red stars in night'
const common = ['--steps', '4', '--baselines', '3', '--seed', '11', '--held-out', 'clip_self', ...inLibrary]

/** Few candidates of each algorithm, with a final image where the algorithm can have one. */
const optionsOf: Readonly<Record<AlgorithmId, readonly string[]>> = {
  random_search: ['--candidates', '3', '--final-steps', '6'],
  zero_order_search: ['--rounds', '2', '--neighbours', '2', '--cosine', '0.9', '--final-steps', '5'],
  search_over_paths: ['--width', '2', '--length', '2', '--backward', '0.84'],
  first_order_search: ['--iterations', '3', '--eta', '0.02', '--final-steps', '5'],
  draft_cull_resume: ['--candidates', '4', '--survivors', '2', '--sampler', 'dpmpp_2m'],
  fk_steering: ['--particles', '3', '--interval', '2', '--potential', 'difference'],
}

const json = async (args: readonly string[]): Promise<RunJson> => {
  const { code, stdout, stderr } = await goldpan([...args, '--json'])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as RunJson
}

/** What two runs of one specification have in common: everything but seconds and ids. */
function lasting(run: RunJson): string {
  const text = JSON.stringify({ ...run, run: 0, ledger: { ...run.ledger, seconds: 0 } })
  return text.replaceAll(/"image":"[^"]*"/g, '"image":""')
}

describe('search by each algorithm, with the real engine', () => {
  const runs = new Map<AlgorithmId, RunJson>()
  let studio: Studio
  before(async () => {
    for (const algorithm of idsOf(algorithms)) {
      const args = ['search', prompt, '--algorithm', algorithm, ...optionsOf[algorithm], ...common]
      runs.set(algorithm, await json(args))
    }
    // One engine for what all of them made.
    studio = await openStudio({ libraryPath: library, packFolders: [bundledPacks], host: 'cli' })
  })
  after(() => studio.close())

  for (const algorithm of idsOf(algorithms)) {
    test(`${algorithm}: the ledger is the formula's, and a baseline, every final image and one of each round come out again`, async () => {
      const run = runs.get(algorithm)
      assert.ok(run !== undefined)
      assert.equal(run.spec.algorithm, algorithm)
      assert.equal(run.candidates.length, plannedCandidates(run.spec))
      const searched = run.candidates.reduce((sum, { nfe }) => sum + nfe, 0)
      assert.equal(searched, plannedSearchNfe(run.spec))
      assert.equal(run.ledger.nfe, planOf(run.spec).searchNfe)
      const all = [...run.candidates, ...run.finals]
      for (const currency of ['nfe', 'forwardPasses', 'verifierCalls'] as const) {
        assert.equal(
          run.ledger[currency],
          all.reduce((sum, one) => sum + one[currency], 0),
        )
      }
      assert.equal(run.finals.length, run.spec.finalSteps === null ? 0 : 1)
      const winner = run.candidates.find(({ seq }) => seq === run.winner?.seq)
      assert.equal(winner?.level, 0)

      const rounds = Map.groupBy(run.candidates, ({ round }) => round)
      const wanted: readonly { readonly arm: Arm; readonly seq: number }[] = [
        { arm: 'baseline', seq: 0 },
        ...[...rounds.values()].map((ofRound) => ({
          arm: 'search' as const,
          seq: ofRound.at(-1)?.seq ?? -1,
        })),
        ...run.finals.map(({ seq }) => ({ arm: 'final' as const, seq })),
      ]
      for (const { arm, seq } of wanted) {
        const report = await studio.api.replay({ runId: run.run, arm, seq })
        assert.ok(report.same, JSON.stringify(report))
        assert.equal(report.note, null)
      }
    })
  }
})

describe('replay', () => {
  test('takes a place, the beginning of a hash and a PNG, and says the same of all', async () => {
    const run = await json(['show', '1', ...inLibrary])
    const { image = '', imageSha256 = '' } = run.candidates[1] ?? {}
    const reports: unknown[] = []
    for (const name of ['1/1', imageSha256.slice(0, 12), image]) {
      const { code, stdout, stderr } = await goldpan(['replay', name, ...inLibrary, '--json'])
      assert.equal(code, 0, stderr)
      reports.push(JSON.parse(stdout))
    }
    const [report] = reports as readonly ReplayReport[]
    assert.deepEqual(reports, [report, report, report])
    assert.ok(report?.same)
    assert.equal(report.imageSha256.found, imageSha256)
    assert.deepEqual(Object.keys(report.scores.found).sort(), ['clip_score', 'clip_self'])
    const final = await goldpan(['replay', `1/final/${run.winner?.seq ?? ''}`, ...inLibrary])
    assert.equal(final.code, 0, final.stderr)
    assert.match(final.stdout, /^final \d of run 1\n[^]*The same, to the last bit\.\n$/)
  })

  test('a candidate that is not there is named with what is', async () => {
    const { code, stderr } = await goldpan(['replay', '1/99', ...inLibrary])
    assert.equal(code, 2)
    assert.match(stderr, /found none at search 99 of run 1\. `show 1` lists/)
  })
})

describe('steering', () => {
  test('a branch of a run that is done is made at once, replayed, shown by lineage, vetoed and brought back', async () => {
    const branched = await json(['branch', '1/0', '--angle', '30', '--count', '2', ...inLibrary])
    assert.deepEqual(
      branched.candidates.slice(3).map(({ seq, parent, nfe }) => [seq, parent, nfe]),
      [
        [3, 0, 4],
        [4, 0, 4],
      ],
    )
    const [intervention] = branched.interventions
    assert.ok(intervention?.kind === 'branch')
    assert.ok(Math.abs(intervention.cosine - Math.cos(Math.PI / 6)) < 1e-15)
    assert.equal((await goldpan(['replay', '1/4', ...inLibrary])).code, 0)
    const { stdout } = await goldpan(['lineage', '1/4', ...inLibrary])
    assert.match(
      stdout,
      /^search 0 .*noise of stream 0, 4 steps\nsearch 4 .*neighbour at 30\.0 degrees \(stream 4\)/,
    )

    const before = branched.winner?.seq ?? -1
    const vetoed = await json(['veto', `1/${before}`, ...inLibrary])
    assert.notEqual(vetoed.winner?.seq, before)
    assert.ok(vetoed.finals.some(({ seq }) => seq === vetoed.winner?.seq))
    const overridden = await json(['override', '1/4', ...inLibrary])
    assert.equal(overridden.winner?.seq, 4)
    await json(['undo', '1', ...inLibrary])
    assert.equal((await json(['undo', '1', ...inLibrary])).winner?.seq, before)
    const { code, stderr } = await goldpan(['pin', '1/77', ...inLibrary])
    assert.equal(code, 2)
    assert.match(stderr, /found none at search 77/)
  })
})

describe('resume', () => {
  test('a search that was killed stands at k of n, and ends with the JSON of one that was not', async () => {
    const args = ['search', prompt, '--algorithm', 'zero_order_search', '--rounds', '4', '--neighbours', '3']
    const more = ['--steps', '5', '--baselines', '7', '--seed', '3']
    const whole = await json([...args, ...more, '--library', join(folder, 'whole')])
    const place = ['--library', join(folder, 'killed')]
    const { code } = await goldpan([...args, ...more, ...place], { on: /working: [3-9]/, signal: 'SIGKILL' })
    assert.equal(code, null)
    const { stdout } = await goldpan(['runs', ...place])
    assert.match(stdout, /interrupted at \d+ of 13; `resume 1` goes on/)
    assert.equal(lasting(await json(['resume', '1', ...place])), lasting(whole))
    assert.equal(lasting(await json(['show', '1', ...place])), lasting(whole))
  })

  test('a search that was cancelled goes on too', async () => {
    const place = ['--library', join(folder, 'cancelled')]
    const args = ['search', prompt, '--candidates', '12', '--steps', '4', '--baselines', '', ...place]
    const { code } = await goldpan(args, { on: /working: [1-9]/, signal: 'SIGINT' })
    assert.equal(code, 1)
    const run = await json(['resume', '1', ...place])
    assert.deepEqual([run.status, run.candidates.length, run.ledger.nfe], ['done', 12, 48])
  })
})

describe('dossier and verify', () => {
  const file = join(folder, 'dossier.json')

  test('a sealed run is proved without its library', async () => {
    const sealed = await goldpan(['dossier', '1', file, '--images', ...inLibrary])
    assert.equal(sealed.code, 0, sealed.stderr)
    const { code, stdout } = await goldpan(['verify', file, '--sample', '3'])
    assert.equal(code, 0, stdout)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.length, 9)
    for (const line of lines) assert.match(line, /^ok {6}/)
    assert.match(lines.at(-1) ?? '', /made again +3 of \d+ candidates, the same to the last bit/)
  })

  test('a file that is there is not written over unless told so', async () => {
    const { code, stderr } = await goldpan(['dossier', '1', file, ...inLibrary])
    assert.equal(code, 2)
    assert.match(stderr, /there already; choose another name, or --force/)
    assert.equal((await goldpan(['dossier', '2', file, '--force', ...inLibrary])).code, 0)
  })

  test('what is none, or too large, fails with a line', async () => {
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"format":"goldpan-dossier"}')
    const { code, stdout } = await goldpan(['verify', other, '--json'])
    assert.equal(code, 1)
    const { holds, checks } = JSON.parse(stdout) as { holds: boolean; checks: readonly { id: string }[] }
    assert.deepEqual([holds, checks.map(({ id }) => id)], [false, ['structure']])
    truncateSync(other, 2 ** 31)
    const refused = await goldpan(['verify', other])
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /at most 268435456 bytes, found 2147483648/)
  })
})
