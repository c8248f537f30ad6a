import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import type { Item, NativeImage } from 'electron'

import { createDragOut } from './drag-out.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-drag-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})
const known = 'a'.repeat(64)
const other = 'b'.repeat(64)
const original = join(mkdtempSync(join(folder, 'library-')), 'original.png')
writeFileSync(original, 'picture')

function setUp() {
  const copies = mkdtempSync(join(folder, 'copies-'))
  const dragged: Item[] = []
  const dragOut = createDragOut({
    folder: copies,
    imageFile: (sha256) => (sha256 === known || sha256 === other ? original : null),
    iconOf: (file) => ({ file }) as unknown as NativeImage,
  })
  return {
    copies,
    dragged,
    drag: (images: unknown) => dragOut({ startDrag: (i) => dragged.push(i) }, images),
  }
}

test('copies are dragged, each picture once, so that a target that moves them takes nothing from the library', () => {
  const { copies, dragged, drag } = setUp()
  drag([known, other, known])
  const [item] = dragged
  assert.equal(item?.files?.length, 2)
  assert.ok(item.files.every((file) => file.startsWith(copies) && readFileSync(file, 'utf8') === 'picture'))
  assert.deepEqual(item.icon, { file: item.file })
  for (const file of item.files) rmSync(file)
  assert.equal(readFileSync(original, 'utf8'), 'picture')
  drag([known])
  assert.equal(readdirSync(copies).length, 1)
})

test('anything but hashes of this library starts no drag', () => {
  const { dragged, drag } = setUp()
  assert.throws(() => drag(['c'.repeat(64)]), { code: 'not_found' })
  const many = Array<string>(101).fill(known)
  for (const images of [[], [original], ['../../etc/passwd'], known, null, undefined, {}, [7], many]) {
    assert.throws(() => drag(images), { code: 'bad_input' })
  }
  assert.deepEqual(dragged, [])
})
