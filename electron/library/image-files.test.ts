import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'

import { diskWriter, renamePatiently, sha256Of, storeImage, type ImageWriter } from './image-files.ts'
import { imagePath, layoutOf, type LibraryLayout } from './layout.ts'
import { temporaryFolder } from './testing/fixtures.ts'

function emptyLayout(): LibraryLayout {
  const layout = layoutOf(temporaryFolder())
  mkdirSync(layout.imagesTmp, { recursive: true })
  return layout
}

const bytes = Buffer.from('the bytes of a picture')
const failing = (code: string): Error => Object.assign(new Error(code), { code })

test('a picture lies under its hash, and nothing is left in .tmp', async () => {
  const layout = emptyLayout()
  const sha256 = await storeImage(layout, bytes)
  assert.equal(sha256, sha256Of(bytes))
  assert.equal(imagePath(layout, sha256), path.join(layout.images, sha256.slice(0, 2), `${sha256}.png`))
  assert.deepEqual(readFileSync(imagePath(layout, sha256)), bytes)
  assert.deepEqual(readdirSync(layout.imagesTmp), [])
})

test('a picture that is there is kept as it is, also when two store it at once', async () => {
  const layout = emptyLayout()
  const [sha256] = await Promise.all([storeImage(layout, bytes), storeImage(layout, bytes)])
  const before = statSync(imagePath(layout, sha256))
  await storeImage(layout, bytes)
  assert.equal(statSync(imagePath(layout, sha256)).mtimeMs, before.mtimeMs)
  assert.equal(statSync(imagePath(layout, sha256)).ino, before.ino)
  assert.deepEqual(readdirSync(layout.imagesTmp), [])
})

test("other bytes under a picture's name are moved aside, not overwritten", async () => {
  const layout = emptyLayout()
  const sha256 = await storeImage(layout, bytes)
  writeFileSync(imagePath(layout, sha256), 'bit rot')
  await storeImage(layout, bytes)
  assert.deepEqual(readFileSync(imagePath(layout, sha256)), bytes)
  const [aside = '', ...more] = readdirSync(layout.imagesDamaged)
  assert.equal(readFileSync(path.join(layout.imagesDamaged, aside), 'utf8'), 'bit rot')
  assert.deepEqual(more, [])
})

test('a rename that a scanner blocks is tried again, with growing waits', async () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    let attempts = 0
    const blocked: ImageWriter = {
      ...diskWriter,
      rename: () => {
        attempts += 1
        return attempts < 4 ? Promise.reject(failing(code)) : Promise.resolve()
      },
    }
    await renamePatiently('a', 'b', blocked)
    assert.equal(attempts, 4)
  }
})

test('a rename that fails for another reason is not tried again, and its half file is gone', async () => {
  const layout = emptyLayout()
  let attempts = 0
  const broken: ImageWriter = {
    ...diskWriter,
    rename: () => {
      attempts += 1
      return Promise.reject(failing('EIO'))
    },
  }
  await assert.rejects(storeImage(layout, bytes, broken), { code: 'EIO' })
  assert.equal(attempts, 1)
  assert.deepEqual(readdirSync(layout.imagesTmp), [])
  assert.equal(existsSync(imagePath(layout, sha256Of(bytes))), false)
})

test('a library folder that vanished while it was open is not made again: an unplugged drive stays empty', async () => {
  const layout = emptyLayout()
  rmSync(layout.images, { recursive: true })
  await assert.rejects(storeImage(layout, bytes), { code: 'ENOENT' })
  assert.deepEqual(readdirSync(layout.folder), [])
})
