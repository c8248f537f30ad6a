import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { Uploads } from './uploads.ts'

function someUploads(t: TestContext): { readonly uploads: Uploads; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-uploads-'))
  t.after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  return { uploads: new Uploads(folder), folder }
}

const text = (words: string): Uint8Array => Buffer.from(words)

test('a folder arrives piece by piece and is gone when it is discarded', async (t) => {
  const { uploads, folder } = someUploads(t)
  const { upload } = await uploads.begin()
  const path = 'my model/unet/model.onnx'
  await uploads.append({ upload, path, offset: 0, bytes: text('one ') })
  await uploads.append({ upload, path, offset: 4, bytes: text('two') })
  await uploads.append({ upload, path: 'my model/model_index.json', offset: 0, bytes: text('{}') })
  const found = await uploads.resolve(`upload:${upload}`)
  assert.match(found, /my model$/)
  assert.equal(readFileSync(join(found, 'unet/model.onnx'), 'utf8'), 'one two')
  await uploads.discard(`upload:${upload}`)
  assert.deepEqual(readdirSync(folder), [])
  await assert.rejects(uploads.resolve(`upload:${upload}`), /Choose it again/)
})

test('no name leads out of the folder, and no piece lands where it does not belong', async (t) => {
  const { uploads, folder } = someUploads(t)
  const { upload } = await uploads.begin()
  const bytes = text('x')
  for (const path of [
    '../evil',
    'm/../../evil',
    '/etc/evil',
    'm/.hidden',
    'alone',
    'm//x',
    'm/a\\b',
    'm/a\0b',
    'm/trailing.',
    'm/b/c/d/e/f/g/h/i/j',
  ]) {
    await assert.rejects(uploads.append({ upload, path, offset: 0, bytes }), /Rename it/, path)
  }
  await uploads.append({ upload, path: 'm/x', offset: 0, bytes })
  for (const offset of [0, 5]) {
    await assert.rejects(uploads.append({ upload, path: 'm/x', offset, bytes }), /in order/, String(offset))
  }
  await assert.rejects(uploads.append({ upload, path: 'm/y', offset: 3, bytes }), /in order/)
  await assert.rejects(
    uploads.append({ upload, path: 'other/x', offset: 0, bytes }),
    /files of one folder, found other\/x beside m\/x/,
  )
  await assert.rejects(uploads.append({ upload: '0123456789ab', path: 'm/x', offset: 0, bytes }), /none of/)
  assert.ok(!existsSync(join(folder, 'evil')) && !existsSync(join(folder, '..', 'evil')))
})

test('files and folders are bounded, and a path is left as it is', async (t) => {
  const { uploads } = someUploads(t)
  const { upload } = await uploads.begin()
  const bytes = text('')
  for (let i = 0; i < 200; i++) await uploads.append({ upload, path: `m/${i}`, offset: 0, bytes })
  await assert.rejects(uploads.append({ upload, path: 'm/more', offset: 0, bytes }), /at most 200 files/)
  assert.equal(await uploads.resolve('/models/sd15'), '/models/sd15')
})

test('of too many folders the one goes that was not used for longest, unless an import waits for it', async (t) => {
  const { uploads, folder } = someUploads(t)
  const begun: string[] = []
  for (let i = 0; i < 4; i++) begun.push(`upload:${(await uploads.begin()).upload}`)
  const [first = '', second = '', third = '', fourth = ''] = begun
  await uploads.resolve(first)
  uploads.keep(second)
  const fifth = `upload:${(await uploads.begin()).upload}`
  await assert.rejects(uploads.resolve(third), /Choose it again/)
  assert.equal(readdirSync(folder).length, 4)
  for (const one of [first, fourth, fifth]) uploads.keep(one)
  await assert.rejects(uploads.begin(), /at most 4 folders that wait/)
  await uploads.discard(second)
  await uploads.begin()
})

test('a name that the system does not take, and a file where a folder is, are told', async (t) => {
  const { uploads } = someUploads(t)
  const { upload } = await uploads.begin()
  const bytes = text('x')
  await assert.rejects(
    uploads.append({ upload, path: `m/${'\u6a21'.repeat(150)}`, offset: 0, bytes }),
    /expected a shorter name/,
  )
  await uploads.append({ upload, path: 'm/a', offset: 0, bytes })
  await assert.rejects(uploads.append({ upload, path: 'm/a/b', offset: 0, bytes }), /in order/)
})

test('a models folder that cannot be made is told, and nothing stays open', async (t) => {
  const { folder } = someUploads(t)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const uploads = new Uploads(join(file, 'models'))
  for (let i = 0; i < 5; i++) {
    await assert.rejects(uploads.begin(), { code: 'library_unwritable', message: /folder for models/ })
  }
  await uploads.discardAll()
})
