import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { StudioError, type ErrorCode } from '../../shared/errors.ts'
import type { VerifierId } from '../../shared/vocabulary.ts'
import { PackFolders, readReferenceFile } from './read-packs.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')
let folder: string
let packs: PackFolders

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goldpan-packs-'))
  for (const pack of ['tiny', 'tiny-verifier']) {
    await cp(join(fixtures, pack), join(folder, pack), { recursive: true })
  }
  packs = new PackFolders([folder, join(folder, 'not-there')])
})

afterEach(() => rm(folder, { recursive: true }))

const fails = (code: ErrorCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StudioError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

const editManifest = async (pack: string, edit: (manifest: Record<string, unknown>) => void) => {
  const file = join(folder, pack, 'pack.json')
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  edit(manifest)
  await writeFile(file, JSON.stringify(manifest))
}

test('intact packs are listed with what a person sees of them', async () => {
  const [image, verifier, ...others] = await packs.summaries()
  assert.deepEqual(others, [])
  assert.equal(image?.kind, 'text_to_image')
  assert.deepEqual(
    [image.id, image.width, image.height, image.problem, image.defaults.sampler],
    ['tiny', 4, 4, null, 'euler'],
  )
  assert.ok(image.bytes > 1000)
  assert.equal(verifier?.kind, 'verifier')
  assert.deepEqual(
    [verifier.id, verifier.verifiers, verifier.problem],
    ['tiny-verifier', ['clip_score'], null],
  )
})

test('an intact pack opens with its folder, manifest and the hash of pack.json', async () => {
  const pack = await packs.openImagePack('tiny')
  assert.equal(pack.folder, join(folder, 'tiny'))
  assert.equal(pack.manifest.latents.channels, 2)
  assert.match(pack.sha256, /^[0-9a-f]{64}$/)
  assert.equal((await packs.openVerifierPack('clip_score')).manifest.id, 'tiny-verifier')
})

test('an unknown pack or verifier is refused with the list of what is there', async () => {
  await assert.rejects(
    packs.openImagePack('sdxl'),
    fails('unknown_pack', /one of tiny as pack, found "sdxl"/),
  )
  await assert.rejects(packs.openImagePack('tiny-verifier'), fails('unknown_pack', /one of tiny as pack/))
  await assert.rejects(
    packs.openVerifierPack('taste' as VerifierId),
    fails('unknown_verifier', /one of clip_score as verifier, found "taste"/),
  )
  const none = new PackFolders([join(folder, 'not-there')])
  await assert.rejects(none.openImagePack('tiny'), fails('unknown_pack', /none is installed/))
})

test('a missing file is named, and the pack stays in the list with its problem', async () => {
  await rm(join(folder, 'tiny', 'decoder.onnx'))
  await assert.rejects(
    packs.openImagePack('tiny'),
    fails('pack_damaged', /decoder\.onnx is missing.*Restore that file/),
  )
  const [image] = await packs.summaries()
  assert.equal(image?.problem?.code, 'pack_damaged')
})

test('an altered byte is found also after the pack was opened once', async () => {
  await packs.openImagePack('tiny')
  const file = join(folder, 'tiny', 'denoiser.onnx')
  const bytes = await readFile(file)
  bytes[400] = (bytes[400] ?? 0) ^ 1
  await writeFile(file, bytes)
  await assert.rejects(packs.openImagePack('tiny'), fails('pack_damaged', /denoiser\.onnx was altered/))
})

test('a file cut short is found by its size', async () => {
  await truncate(join(folder, 'tiny-verifier', 'text_tower.onnx'), 100)
  await assert.rejects(
    packs.openVerifierPack('clip_score'),
    fails('pack_damaged', /text_tower\.onnx was altered \(expected \d+ bytes, found 100\)/),
  )
})

test('a link in place of a file is refused', { skip: process.platform === 'win32' }, async () => {
  const file = join(folder, 'tiny', 'decoder.onnx')
  await rm(file)
  await symlink(join(fixtures, 'tiny', 'decoder.onnx'), file)
  await assert.rejects(packs.openImagePack('tiny'), fails('pack_damaged', /decoder\.onnx is a link/))
})

test('a manifest at fault is refused with file, field, what was expected and what was found', async () => {
  await editManifest('tiny', (manifest) => {
    const latents = manifest['latents'] as Record<string, unknown>
    latents['scale'] = [1, 2, 3]
    manifest['textTokens'] = 'many'
  })
  const expected =
    /pack\.json: .*field textTokens: .*expected number.*, found "many".*field latents\.scale: expected one entry for each of the 2 channels, found \[1,2,3\]/
  await assert.rejects(packs.openImagePack('tiny'), fails('pack_invalid', expected))
  const broken = (await packs.summaries()).find(({ id }) => id === 'tiny')
  assert.equal(broken?.problem?.code, 'pack_invalid')
})

test('a manifest that reaches outside its folder, or uses a file that it does not list, is refused', async () => {
  await editManifest('tiny', (manifest) => {
    const files = manifest['files'] as Record<string, unknown>
    files['../tiny-verifier/pack.json'] = files['decoder.onnx']
  })
  await assert.rejects(packs.openImagePack('tiny'), fails('pack_invalid', /plain relative path/))
  await editManifest('tiny', (manifest) => {
    const files = manifest['files'] as Record<string, unknown>
    delete files['../tiny-verifier/pack.json']
    delete files['decoder.onnx']
  })
  await assert.rejects(
    packs.openImagePack('tiny'),
    fails(
      'pack_invalid',
      /components\.decoder\.file: expected a file that files lists, found "decoder\.onnx"/,
    ),
  )
})

test('a pack.json that is not JSON is a problem of that pack alone', async () => {
  await writeFile(join(folder, 'tiny', 'pack.json'), '{')
  await assert.rejects(packs.openImagePack('tiny'), fails('pack_invalid', /expected JSON/))
  assert.equal((await packs.openVerifierPack('clip_score')).manifest.id, 'tiny-verifier')
})

test('two packs with one id: the first is used, the second is told', async () => {
  await cp(join(folder, 'tiny'), join(folder, 'tiny-copy'), { recursive: true })
  assert.equal((await packs.openImagePack('tiny')).folder, join(folder, 'tiny'))
  const copy = (await packs.summaries()).find(({ id }) => id === 'tiny-copy')
  assert.match(copy?.problem?.message ?? '', /the id of .*tiny\. Remove one/)
})

test('an intact verifier pack is taken when another with the same verifier is damaged', async () => {
  await cp(join(folder, 'tiny-verifier'), join(folder, 'a-verifier'), { recursive: true })
  await editManifest('a-verifier', (manifest) => {
    manifest['id'] = 'a-verifier'
  })
  await rm(join(folder, 'a-verifier', 'text_tower.onnx'))
  assert.equal((await packs.openVerifierPack('clip_score')).manifest.id, 'tiny-verifier')
})

test('a verifier that lacks a part of its definition is refused with the part and the verifier', async () => {
  await editManifest('tiny-verifier', (manifest) => {
    manifest['verifiers'] = [{ id: 'clip_score' }, { id: 'pick_score' }, { id: 'dino_linear' }]
  })
  const broken = (await packs.summaries()).find(({ id }) => id === 'tiny-verifier')
  const message = broken?.problem?.message ?? ''
  assert.match(message, /field logitScale: expected this part for pick_score, found nothing/)
  assert.match(message, /components\.imageTower\.outputs\.logits: expected this part for dino_linear/)
  assert.match(message, /field classes: expected this part for dino_linear/)
  assert.doesNotMatch(message, /clip_score/)
})

test('a pack that lists a verifier twice is refused', async () => {
  await editManifest('tiny-verifier', (manifest) => {
    manifest['verifiers'] = [{ id: 'clip_score' }, { id: 'clip_score' }]
  })
  const broken = (await packs.summaries()).find(({ id }) => id === 'tiny-verifier')
  assert.match(broken?.problem?.message ?? '', /field verifiers: expected each verifier once/)
})

test('packs of several verifiers and the judge are listed; the judge opens as a judge alone', async () => {
  for (const pack of ['tiny-outputs', 'tiny-pairs', 'tiny-judge']) {
    await cp(join(fixtures, pack), join(folder, pack), { recursive: true })
  }
  const listed = new Map((await packs.summaries()).map((pack) => [pack.id, pack]))
  const outputs = listed.get('tiny-outputs')
  assert.equal(outputs?.kind, 'verifier')
  assert.deepEqual(outputs.verifiers, [
    'aesthetic_score',
    'dino_linear',
    'dino_self',
    'inception_confidence',
    'frechet',
  ])
  assert.equal(listed.get('tiny-judge')?.kind, 'judge')
  assert.ok([...listed.values()].every(({ problem }) => problem === null))
  assert.equal((await packs.openVerifierPack('image_reward')).manifest.id, 'tiny-pairs')
  assert.equal((await packs.openJudgePack()).manifest.id, 'tiny-judge')
  await assert.rejects(packs.openImagePack('tiny-judge'), fails('unknown_pack', /found "tiny-judge"/))
})

test('a pack cannot hold the grader, which is no network', async () => {
  await editManifest('tiny-verifier', (manifest) => {
    manifest['verifiers'] = [{ id: 'clip_score' }, { id: 'llm_grader' }]
  })
  const broken = (await packs.summaries()).find(({ id }) => id === 'tiny-verifier')
  assert.match(broken?.problem?.message ?? '', /field verifiers\.1\.id: .*found "llm_grader"/)
})

test('a reference is read whole, and one of another length than its dimensions is refused', async () => {
  await cp(join(fixtures, 'tiny-outputs'), join(folder, 'tiny-outputs'), { recursive: true })
  const pack = await packs.openVerifierPack('frechet')
  const { file = '', dimensions = NaN } = pack.manifest.reference ?? {}
  const bytes = await readReferenceFile(pack)
  assert.equal(bytes.length, 8 * (dimensions + dimensions ** 2))
  assert.deepEqual(bytes, await readFile(join(folder, 'tiny-outputs', file)))
  await truncate(join(folder, 'tiny-outputs', file), 8)
  await assert.rejects(readReferenceFile(pack), fails('pack_invalid', /expected \d+ bytes .*found 8/))
  await rm(join(folder, 'tiny-outputs', file))
  await assert.rejects(readReferenceFile(pack), fails('pack_damaged', /cannot be read/))
  await assert.rejects(readReferenceFile(await packs.openVerifierPack('clip_score')), RangeError)
})

test('a missing judge, and a damaged one, are told by name', async () => {
  await assert.rejects(packs.openJudgePack(), fails('unknown_pack', /a judge among the packs, found none/))
  await cp(join(fixtures, 'tiny-judge'), join(folder, 'tiny-judge'), { recursive: true })
  await rm(join(folder, 'tiny-judge', 'detector.onnx'))
  await assert.rejects(packs.openJudgePack(), fails('pack_damaged', /detector\.onnx is missing/))
})

test('a reference that files does not list is refused: it would be used unchecked', async () => {
  await cp(join(fixtures, 'tiny-outputs'), join(folder, 'tiny-outputs'), { recursive: true })
  await editManifest('tiny-outputs', (manifest) => {
    delete (manifest['files'] as Record<string, unknown>)['reference.f64']
  })
  await assert.rejects(
    packs.openVerifierPack('dino_linear'),
    fails('unknown_verifier', /one of clip_score as verifier/),
  )
  const broken = (await packs.summaries()).find(({ id }) => id === 'tiny-outputs')
  assert.match(broken?.problem?.message ?? '', /field reference\.file: expected a file that files lists/)
})

test('imported packs are hashed once, whatever process asks, and again when a file has changed', async () => {
  const notes = join(folder, '.hashes.json')
  const problemOf = async (): Promise<string | undefined> =>
    (await new PackFolders([], folder).summaries()).find(({ id }) => id === 'tiny')?.problem?.message
  assert.equal(await problemOf(), undefined)
  const written = JSON.parse(await readFile(notes, 'utf8')) as Record<string, object>
  const decoder = join('tiny', 'decoder.onnx')
  assert.ok(written[decoder] !== undefined)

  // What the notes say is believed as long as size and time are theirs.
  const wrong = { ...written, [decoder]: { ...written[decoder], sha256: '0'.repeat(64) } }
  await writeFile(notes, JSON.stringify(wrong))
  assert.match((await problemOf()) ?? '', /decoder\.onnx was altered/)

  for (const damaged of ['', '{', '{"x":1}', '[]']) {
    await writeFile(notes, damaged)
    assert.equal(await problemOf(), undefined, damaged)
  }
  const bytes = await readFile(join(folder, decoder))
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  await writeFile(join(folder, decoder), bytes)
  assert.match((await problemOf()) ?? '', /decoder\.onnx was altered \(its size is right/)
})
