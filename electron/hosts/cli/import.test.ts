import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { PackSummary } from '../../../shared/domain.ts'
import type { ModelFindings } from '../../../shared/model-import.ts'
import { goldpan } from './testing/goldpan.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-cli-import-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})
const library = ['--library', join(folder, 'library')]
const models = join(folder, 'library', 'models')
const sd15 = join(import.meta.dirname, '../../../models/fixtures/sd15/model')

/** The fixture without the file that says how it is sampled. */
function withoutScheduler(): string {
  const copy = join(folder, 'bare')
  cpSync(sd15, copy, { recursive: true })
  rmSync(join(copy, 'scheduler'), { recursive: true })
  return copy
}

test('a dry run says what is in a folder and imports nothing', async () => {
  const { code, stdout, stderr } = await goldpan(['import', sd15, '--dry-run', '--json', ...library])
  assert.equal(code, 0, stderr)
  const found = JSON.parse(stdout) as ModelFindings
  assert.equal(found.what, 'Stable Diffusion')
  assert.equal(found.roles.denoiser, 'unet/model.onnx')
  assert.ok(!existsSync(models))
})

test('a model is imported, listed, removed and put back', async () => {
  const imported = await goldpan(['import', sd15, '--id', 'my-sd', '--name', 'My SD', '--json', ...library])
  assert.equal(imported.code, 0, imported.stderr)
  assert.equal((JSON.parse(imported.stdout) as PackSummary).id, 'my-sd')
  for (const phase of ['checking the files', 'copying', 'trying it in a process of its own']) {
    assert.ok(imported.stderr.includes(phase), imported.stderr)
  }
  assert.deepEqual(readdirSync(models).sort(), ['.hashes.json', 'my-sd'])
  const listed = await goldpan(['packs', ...library])
  assert.match(listed.stdout, /^my-sd +text to image.* imported /m)

  const again = await goldpan(['import', sd15, '--id', 'same', ...library])
  assert.equal(again.code, 2)
  assert.match(again.stderr, /the same files as in the pack my-sd/)

  const removed = await goldpan(['packs', '--remove', 'my-sd', ...library])
  assert.equal(removed.code, 0, removed.stderr)
  assert.match(removed.stdout, /packs --restore my-sd/)
  assert.ok(!existsSync(join(models, 'my-sd')))
  assert.equal((await goldpan(['packs', '--restore', 'my-sd', ...library])).code, 0)
  assert.ok(existsSync(join(models, 'my-sd', 'pack.json')))
  assert.equal((await goldpan(['packs', '--remove', 'scenes', ...library])).code, 2)
})

test('what cannot be known is listed with how to answer it, and nothing is asked on the way', async () => {
  const bare = withoutScheduler()
  // Another library: the same files are refused a second time.
  const library = ['--library', join(folder, 'another')]
  const asked = await goldpan(['import', bare, ...library])
  assert.equal(asked.code, 2)
  const suggested = [...asked.stderr.matchAll(/--answer (\S+=\S+?)[ ,.]/g)].map(([, answer = '']) => answer)
  assert.ok(suggested.length > 0, asked.stderr)
  assert.match(asked.stderr, /or --take-suggestions\.$/m)

  const wrong = await goldpan(['import', bare, '--answer', 'prediction', ...library])
  assert.deepEqual([wrong.code, wrong.stderr], [2, '--answer: expected ID=VALUE, found "prediction"\n'])
  const unasked = await goldpan(['import', bare, '--answer', 'colour=red', '--take-suggestions', ...library])
  assert.equal(unasked.code, 2)
  assert.match(unasked.stderr, /found one to colour/)

  const answers = suggested.flatMap((answer) => ['--answer', answer])
  const imported = await goldpan(['import', bare, '--id', 'bare', ...answers, ...library])
  assert.equal(imported.code, 0, imported.stderr)
  assert.match(imported.stdout, /Imported as the pack bare/)
})

test('a folder that breaks a rule is refused by the file that does', async () => {
  const bad = join(folder, 'bad')
  cpSync(sd15, bad, { recursive: true })
  writeFileSync(join(bad, 'run.py'), '')
  const { code, stderr, stdout } = await goldpan(['import', bad, ...library])
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /^run\.py: expected .*found a script/)
  const none = await goldpan(['import', join(folder, 'nowhere'), ...library])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /found nothing at/)
})

test('who only looks, or is refused, is left without a library', async () => {
  const untouched = join(folder, 'untouched')
  const looked = await goldpan(['import', sd15, '--dry-run', '--json', '--library', untouched])
  assert.equal(looked.code, 0, looked.stderr)
  assert.equal((JSON.parse(looked.stdout) as { what: string }).what, 'Stable Diffusion')
  const refused = await goldpan(['import', join(folder, 'nowhere'), '--library', untouched])
  assert.notEqual(refused.code, 0)
  assert.ok(!existsSync(untouched))
})
