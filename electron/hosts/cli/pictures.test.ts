import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'

import type { FoundSettings } from '../../../shared/domain.ts'
import { pngOf, readChunks, textChunk } from '../../library/png-chunks.ts'
import { decodePng, readRecipe } from '../../library/png.ts'
import type { runJson } from './run-json.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-pictures-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const library = join(folder, 'library')
const file = (name: string): string => join(folder, name)
const prompt = "a red star's night, $HOME `ls`"
let run: ReturnType<typeof runJson>

const search = async (args: readonly string[], at: string): Promise<ReturnType<typeof runJson>> => {
  const { code, stdout, stderr } = await goldpan([...args, '--library', at, '--json'])
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as ReturnType<typeof runJson>
}

before(async () => {
  const options = ['--candidates', '2', '--steps', '2', '--baselines', '', '--seed', '18446744073709551615']
  run = await search(['search', prompt, ...options, '--generator', 'torch-cpu-mt19937'], library)
})

describe('export', () => {
  const exported = (...args: readonly string[]) => goldpan(['export', ...args, '--library', library])

  test('copies a picture as it is, and never over another file', async () => {
    const image = readFileSync(run.candidates[1]?.image ?? '')
    const { code, stdout } = await exported(`${run.run}/1`, file('whole.png'))
    assert.equal(code, 0)
    assert.match(stdout, /^Wrote search 1 of run 1 to .*whole\.png, with all/)
    assert.deepEqual(readFileSync(file('whole.png')), image)
    const again = await exported(`${run.run}/0`, file('whole.png'))
    assert.deepEqual([again.code, again.stdout], [2, ''])
    assert.match(again.stderr, /--force to write over it/)
    assert.deepEqual(readFileSync(file('whole.png')), image)
    assert.equal((await exported(`${run.run}/1`, file('whole.png'), '--force')).code, 0)
  })

  test('without metadata leaves nothing but the pixels, bit for bit', async () => {
    const [first] = run.candidates
    const { code, stdout } = await exported(first?.imageSha256 ?? '', file('bare.png'), '--no-metadata')
    assert.equal(code, 0)
    assert.match(stdout, /with nothing but its pixels/)
    const bare = readFileSync(file('bare.png'))
    assert.deepEqual(
      readChunks(bare).chunks.map(({ type }) => type),
      ['IHDR', 'IDAT', 'IEND'],
    )
    assert.deepEqual(decodePng(bare), decodePng(readFileSync(first?.image ?? '')))
    const none = await goldpan(['settings', file('bare.png')])
    assert.equal(none.code, 2)
    assert.match(none.stderr, /^Expected the settings of Goldpan, A1111 or ComfyUI in the PNG, found none/)
  })

  test('refuses what is not there', async () => {
    for (const [args, refusal] of [
      [['9/0', file('x.png')], /9/],
      [['1/7', file('x.png')], /search 7/],
      [['1/0'], /expected FILE/],
      [['1/0', join(folder, 'no', 'such', 'x.png')], /cannot be written/],
    ] as const) {
      const { code, stderr } = await exported(...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, refusal)
    }
  })
})

describe('settings', () => {
  test('of our own picture are a command line that makes it again', async () => {
    const { code, stdout } = await goldpan(['settings', run.candidates[0]?.image ?? ''])
    assert.equal(code, 0)
    const [, , line = ''] = stdout.split('\n')
    assert.match(line, /^search '/)
    // As a shell reads it.
    const args = execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1)
    const again = await search(args, join(folder, 'again'))
    assert.deepEqual(again.spec, run.spec)
    assert.deepEqual(
      again.candidates.map(({ imageSha256 }) => imageSha256),
      run.candidates.map(({ imageSha256 }) => imageSha256),
    )
  })

  test("of A1111's picture name the pack that is here, and say what is not taken over", async () => {
    const own = readChunks(readFileSync(run.candidates[0]?.image ?? '')).chunks
    const text =
      'a star\u001b]0;title\u0007\nSteps: 4, Sampler: DPM++ 3M SDE, CFG scale: 2, Seed: 5, Size: 64x64, Model: Scenes, RNG: CPU'
    const chunks = own.filter(({ type }) => type !== 'tEXt')
    writeFileSync(
      file('a1111.png'),
      pngOf([...chunks.slice(0, 1), textChunk('parameters', text), ...chunks.slice(1)]),
    )
    const { code, stdout } = await goldpan(['settings', file('a1111.png')])
    assert.equal(code, 0)
    assert.equal(
      stdout,
      "From the parameters of A1111's web UI.\n\n" +
        "search 'a star ]0;title ' --steps 4 --schedule linspace --guidance 2 --size 64x64 --seed 5 --generator torch-cpu-mt19937 --pack scenes\n\n" +
        'Not taken over:\n  Sampler  DPM++ 3M SDE  is a sampler that is not here; choose one\n',
    )
    const json = await goldpan(['settings', file('a1111.png'), '--json'])
    const { settings, source } = JSON.parse(json.stdout) as FoundSettings
    assert.deepEqual([source, settings.pack, settings.seed], ['a1111', 'scenes', '5'])
  })

  test('of what is no PNG are refused', async () => {
    writeFileSync(file('text.png'), 'a star')
    for (const [name, refusal] of [
      ['text.png', /^Expected a PNG file, found other bytes/],
      ['none.png', /no file that can be read/],
      ['.', /no file that can be read/],
    ] as const) {
      const { code, stderr } = await goldpan(['settings', file(name)])
      assert.equal(code, 2)
      assert.match(stderr, refusal)
    }
  })
})

test('a picture of a search tells its own seed to other programs', () => {
  const image = readFileSync(run.candidates[1]?.image ?? '')
  assert.equal(readRecipe(image).record.recipe.generator, 'torch-cpu-mt19937')
  // The seed after 2^64 - 1 is 0.
  assert.match(image.toString('latin1'), /parameters\0.*\nSteps: 2, .*Seed: 0, .*RNG: CPU, Version: Goldpan/s)
})
