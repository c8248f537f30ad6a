import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { after, describe, test } from 'node:test'

import type { PackSummary } from '../../../shared/domain.ts'
import { bestByGuide } from '../../../shared/ranking.ts'
import { graderVerifier, idsOf, verifiers, type VerifierId } from '../../../shared/vocabulary.ts'
import { bundledPacks } from '../default-places.ts'
import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-cli-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let libraries = 0
const newLibrary = () => join(folder, `library ${++libraries}`)
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

describe('search', () => {
  const args = [
    'search',
    'two red stars in night',
    '--candidates',
    '4',
    '--steps',
    '4',
    '--baselines',
    '2,6',
    '--seed',
    '7',
  ]
  const search = async (library: string) => {
    const { code, stdout, stderr } = await goldpan([...args, '--library', library, '--json'])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as ReturnType<typeof runJson>
  }
  let first: ReturnType<typeof runJson>
  const library = newLibrary()

  test("draws its noise as it is told: torch's seed 8 begins with the second noise of seed 7", async () => {
    const noises = async (seed: string, candidates: string) => {
      const options = ['--generator', 'torch-cpu-mt19937', '--seed', seed, '--candidates', candidates]
      const few = ['--steps', '1', '--baselines', '', '--library', newLibrary(), '--json']
      const { code, stdout, stderr } = await goldpan(['search', 'a star', ...options, ...few])
      assert.equal(code, 0, stderr)
      const run = JSON.parse(stdout) as ReturnType<typeof runJson>
      assert.ok(run.candidates.every(({ recipe }) => recipe.generator === 'torch-cpu-mt19937'))
      return run.candidates.map(({ noiseSha256 }) => noiseSha256)
    }
    const [, second] = await noises('7', '2')
    assert.deepEqual(await noises('8', '1'), [second])
  })

  test('prints exactly one object: every image exists, differs, has a finite score; the best one wins', async () => {
    first = await search(library)
    assert.deepEqual(Object.keys(first), [
      ...[
        'run',
        'status',
        'spec',
        'ledger',
        'baselines',
        'candidates',
        'finals',
        'failures',
        'interventions',
        'winner',
      ],
    ])
    assert.equal(first.candidates.length, 4)
    assert.equal(new Set(first.candidates.map(({ imageSha256 }) => imageSha256)).size, 4)
    for (const { image, imageSha256, scores } of [...first.baselines, ...first.candidates]) {
      assert.ok(isAbsolute(image))
      assert.equal(sha256(image), imageSha256)
      assert.ok(Number.isFinite(scores.clip_score))
    }
    const best = Math.max(...first.candidates.map(({ scores }) => scores.clip_score ?? -Infinity))
    const winner = first.candidates.find(({ seq }) => seq === first.winner?.seq)
    assert.equal(winner?.scores.clip_score, best)
    assert.deepEqual(first.ledger, { ...first.ledger, nfe: 16, verifierCalls: 4 })
    assert.deepEqual(
      first.baselines.map(({ steps, nfe }) => [steps, nfe]),
      [
        [2, 2],
        [6, 6],
      ],
    )
    assert.equal(first.spec.seed, '7')
  })

  test('gives the same noises and images with the same seed in another library', async () => {
    const hashes = ({ candidates }: typeof first) =>
      candidates.map(({ noiseSha256, imageSha256 }) => [noiseSha256, imageSha256])
    assert.deepEqual(hashes(await search(newLibrary())), hashes(first))
  })

  test('is found again by runs and show', async () => {
    const { stdout } = await goldpan(['runs', '--library', library])
    assert.match(stdout, /two red stars in night/)
    const shown = await goldpan(['show', String(first.run), '--library', library, '--json'])
    assert.deepEqual(JSON.parse(shown.stdout), first)
    const table = await goldpan(['show', String(first.run), '--library', library])
    assert.match(table.stdout, /winner/)
    assert.match(table.stdout, /baseline, 6 steps/)
  })

  test('a word outside the vocabulary gives a note, not an error', async () => {
    const { code, stderr } = await goldpan([
      ...['search', 'a red dragon 🐉 in night', '--candidates', '1', '--steps', '2', '--baselines', ''],
      ...['--library', newLibrary()],
    ])
    assert.equal(code, 0, stderr)
    assert.match(stderr, /does not know dragon/)
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    test(`${signal} ends it within a step, keeps what finished, and exits with 1`, async () => {
      const kept = newLibrary()
      const { code, stderr } = await goldpan(
        [
          'search',
          'a red star in night',
          '--candidates',
          '4000',
          '--steps',
          '2',
          '--baselines',
          '',
          '--library',
          kept,
        ],
        { on: /working: [1-9]/, signal },
      )
      assert.equal(code, 1, stderr)
      assert.match(stderr, /everything finished is kept/)
      const { stdout } = await goldpan(['runs', '--library', kept])
      assert.match(stdout, /cancelled at \d+ of 4000; `resume 1` goes on/)
    })
})

describe('bad arguments end with 2 and one line that says what was expected and what was found', () => {
  const faults: readonly (readonly [readonly string[], RegExp])[] = [
    [['serch', 'x'], /Expected one of search, .* found "serch"/],
    [['search'], /expected "PROMPT", found nothing/],
    [['search', ''], /prompt: expected a few words, found nothing/],
    [['search', 'x'.repeat(100_000)], /prompt: expected at most 2000 characters, found 100000/],
    [['search', 'two', 'words'], /put quotes around/],
    [['search', 'a star', '--steps', '0'], /steps: expected a whole number from 1 to 1000, found 0/],
    [
      ['search', 'a star', '--candidates', '-1'],
      /candidates: expected a whole number from 1 to 4096, found -1/,
    ],
    [['search', 'a star', '--candidates', 'many'], /candidates: .* found "many"/],
    [['search', 'a star', '--guidance', 'NaN'], /guidance: expected a number from 0 to 30, found "NaN"/],
    [
      ['search', 'a star', '--seed', '-1'],
      /seed: expected a whole number from 0 to 18446744073709551615, found "-1"/,
    ],
    [
      ['search', 'a star', '--generator', 'mt'],
      /generator: expected one of philox4x32-10, torch-cpu-mt19937, found "mt"/,
    ],
    [['search', 'a star', '--baselines', '5,x'], /baselines: .* found "x"/],
    [['search', 'a star', '--pack', 'nowhere'], /nowhere/],
    [
      ['search', 'a star', '--guide', 'clip_score,taste'],
      /guide: expected one of clip_score, .* found "taste"/,
    ],
    [
      ['search', 'a star', '--held-out', 'frechet'],
      /heldOut: expected verifiers of single images, found frechet/,
    ],
    [
      ['search', 'a star', '--algorithm', 'magic'],
      /algorithm: expected one of random_search, .* found "magic"/,
    ],
    [['search', 'a star', '--colour', 'red'], /--colour/],
    [['search', 'a star', '--steps'], /--steps/],
    [
      ['search', 'a star', '--cosine', '0.9'],
      /--cosine: expected only with zero_order_search, found the algorithm random_search/,
    ],
    [
      ['search', 'a star', '--algorithm', 'search_over_paths', '--candidates', '4'],
      /--candidates: expected only with random_search or draft_cull_resume, found the algorithm search_over_paths/,
    ],
    [
      ['search', 'a star', '--algorithm', 'zero_order_search', '--cosine', '1'],
      /cosine: expected a number between 0 and 1, neither of them, found 1/,
    ],
    [
      ['search', 'a star', '--algorithm', 'search_over_paths', '--backward', '0.5'],
      /backward: expected more than forward \(0.78\), found 0.5/,
    ],
    [
      ['search', 'a star', '--algorithm', 'search_over_paths', '--width', '0'],
      /width: expected a whole number from 1 to 4096, found 0/,
    ],
    [
      ['search', 'a star', '--algorithm', 'fk_steering', '--sampler', 'euler'],
      /sampler: expected a stochastic sampler .* found euler/,
    ],
    [
      ['search', 'a star', '--algorithm', 'draft_cull_resume', '--draft-steps', '9', '--steps', '9'],
      /draftSteps: expected fewer than steps \(9\), found 9/,
    ],
    [['search', 'a star', '--budget-nfe', '0'], /budget.nfe: expected a whole number from 1 .* found 0/],
    [['resume', 'last'], /Expected the number of a run, found "last"/],
    [['replay', 'last'], /Expected a candidate as RUN\/SEQ, .* found "last"/],
    [['replay', '0'.repeat(64)], /Expected the hash of an image of this library/],
    [['replay', '/nowhere/image.png'], /Expected a PNG at \/nowhere\/image.png, found none/],
    [['pin', '1/final/2'], /Expected a candidate of a search as RUN\/SEQ, .* found "1\/final\/2"/],
    [['branch', '1/2', '--angle', '180'], /angle: expected degrees above 0 and below 180, found 180/],
    [['branch', '1/2', '--count', 'many'], /count: expected a number, found "many"/],
    [['dossier', '1'], /expected FILE, found nothing/],
    [['verify', '/nowhere/dossier.json'], /Expected a dossier at \/nowhere\/dossier.json, found no file/],
    [['show', 'last'], /Expected the number of a run, found "last"/],
    [['show', '4711'], /4711/],
    [['serve', '--port', '99999'], /port: expected a whole number from 1 to 65535, found 99999/],
  ]
  // One for all: none of them writes anything into it.
  const library = newLibrary()
  for (const [args, message] of faults) {
    test(args.join(' ').slice(0, 60), async () => {
      const [command = ''] = args
      const place = ['serch', 'verify'].includes(command) ? [] : ['--library', library]
      const { code, stdout, stderr } = await goldpan([...args, ...place])
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.match(stderr, message)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }
})

test('--help tells the options of each command', async () => {
  const { stdout } = await goldpan(['--help'])
  const commands = [...stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name ?? '')
  assert.deepEqual(commands, [
    ...['search', 'batch', 'resume', 'import', 'packs', 'devices', 'runs', 'show', 'replay', 'lineage'],
    ...['pin', 'veto', 'override', 'branch', 'undo', 'pictures', 'mark', 'boards', 'board', 'add', 'remove'],
    ...['court', 'you', 'diverse', 'settings', 'export', 'figure', 'dossier', 'verify', 'serve', 'rebuild'],
  ])
  for (const name of commands) {
    const help = await goldpan([name, '--help'])
    assert.equal(help.code, 0)
    assert.ok(help.stdout.startsWith(`goldpan ${name}`))
  }
  assert.match((await goldpan(['search', '--help'])).stdout, /--baselines LIST/)
})

test('search by an ensemble of bundled verifiers scores with all of them, and its winner has the lowest mean rank', async () => {
  const guide = ['clip_score', 'aesthetic_score', 'image_reward'] as const
  const { code, stdout, stderr } = await goldpan([
    ...['search', 'two red stars in night', '--candidates', '4', '--steps', '3', '--baselines', ''],
    ...['--guide', guide.join(','), '--held-out', 'clip_zero_shot,clip_self'],
    ...['--library', newLibrary(), '--json'],
  ])
  assert.equal(code, 0, stderr)
  const { candidates, winner, spec, ledger } = JSON.parse(stdout) as ReturnType<typeof runJson>
  assert.deepEqual([spec.guide, spec.heldOut], [guide, ['clip_zero_shot', 'clip_self']])
  for (const { scores } of candidates) {
    assert.deepEqual(Object.keys(scores).sort(), [...guide, 'clip_zero_shot', 'clip_self'].sort())
  }
  assert.equal(winner?.seq, bestByGuide(candidates, guide)?.seq)
  assert.equal(ledger.verifierCalls, 4 * 3)
})

test('packs lists every bundled pack, all intact, with every verifier once and the judge as no guide', async () => {
  const { stdout } = await goldpan(['packs', '--json'])
  const packs = JSON.parse(stdout) as readonly PackSummary[]
  const folders = readdirSync(bundledPacks).filter((name) =>
    existsSync(join(bundledPacks, name, 'pack.json')),
  )
  assert.deepEqual(packs.map(({ id }) => id).sort(), folders.sort())
  assert.deepEqual(
    packs.filter(({ problem }) => problem !== null).map(({ id }) => id),
    [],
  )
  const ids = packs.flatMap((pack) => (pack.kind === 'verifier' ? pack.verifiers : []))
  // These come with imported models, and with the artist's votes; a grader is no pack.
  const others: readonly VerifierId[] = [graderVerifier, 'hps_score', 'siglip_score', 'you']
  assert.deepEqual(
    ids.toSorted(),
    idsOf(verifiers)
      .filter((id) => !others.includes(id))
      .toSorted(),
  )
  const { stdout: text } = await goldpan(['packs'])
  for (const id of ids) assert.match(text, new RegExp(`\\b${id}\\b`))
  for (const pack of packs.filter(({ kind }) => kind === 'judge')) {
    assert.match(text, new RegExp(`^${pack.id} +judge, never a guide `, 'm'))
  }
})

test('search with a pack that draws classes takes its defaults and the name of a class, and packs lists the classes', async () => {
  const args = ['search', '--pack', 'objects', '--candidates', '1', '--baselines', '']
  const drawn = await goldpan([...args, 'Red star', '--library', newLibrary(), '--json'])
  assert.equal(drawn.code, 0, drawn.stderr)
  const { spec, candidates } = JSON.parse(drawn.stdout) as ReturnType<typeof runJson>
  assert.deepEqual([spec.sampler, spec.steps, spec.guidance], ['heun', 25, 1])
  assert.deepEqual(
    candidates.map(({ nfe }) => nfe),
    [49],
  )
  const refused = await goldpan([...args, 'two red stars', '--library', newLibrary()])
  assert.equal(refused.code, 2)
  assert.match(
    refused.stderr,
    /expected a class of pack objects: red circle, .*\(80 in all\).*packs --classes objects/,
  )
  const { stdout } = await goldpan(['packs', '--classes', 'objects'])
  const names = stdout.trim().split('\n')
  assert.deepEqual([names.length, names[0], names[79]], [80, 'red circle', 'black diamond'])
  assert.equal((await goldpan(['packs', '--classes', 'scenes'])).code, 2)
})

test('a library that cannot be made ends with 1 and says what to do', async () => {
  const file = join(folder, 'a file')
  writeFileSync(file, '')
  const { code, stderr } = await goldpan(['runs', '--library', join(file, 'library')])
  assert.equal(code, 1)
  assert.match(stderr, /librar/i)
  assert.ok(!existsSync(join(file, 'library')))
})

test('rebuild brings back the runs of a library whose catalogue is lost', async () => {
  const library = newLibrary()
  const search = ['search', 'a red star in night', '--candidates', '2', '--steps', '2', '--baselines', '3']
  assert.equal((await goldpan([...search, '--library', library])).code, 0)
  const before = (await goldpan(['show', '1', '--library', library, '--json'])).stdout
  rmSync(join(library, 'catalogue.db'))
  const lost = await goldpan(['runs', '--library', library])
  assert.equal(lost.code, 1)
  assert.match(lost.stderr, /rebuild/)
  const { code, stdout } = await goldpan(['rebuild', '--library', library])
  assert.equal(code, 0)
  assert.match(stdout, /1 runs, 3 images/)
  assert.equal((await goldpan(['show', '1', '--library', library, '--json'])).stdout, before)
})
