import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Picture } from '../../../shared/gallery.ts'
import { fileNamesOf } from './file-names.ts'

const outside = (id: number, name: string) => ({ id, origin: { kind: 'outside', name } }) as Picture

test('no two files have one name, and none leaves its folder', () => {
  const made = { id: 4, origin: { kind: 'candidate', runId: 3, arm: 'search', seq: 7 } } as Picture
  assert.deepEqual(
    fileNamesOf([
      made,
      made,
      outside(-1, '../../etc/passwd'),
      outside(-2, '...'),
      outside(-3, 'Größe 1.jpeg'),
    ]),
    [
      'goldpan-3-search-7.png',
      'goldpan-3-search-7-2.png',
      'etc passwd-1.png',
      'picture-2.png',
      'Größe 1-3.png',
    ],
  )
})
