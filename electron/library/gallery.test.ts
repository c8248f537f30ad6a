import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { Mark, PictureId } from '../../shared/gallery.ts'
import type { Library } from '../core/runs/adapters.ts'
import type { Verdict } from '../core/runs/picture-catalogue.ts'
import { openLibrary } from './open.ts'
import { addTo, specOf, temporaryFolder } from './testing/fixtures.ts'

/** A library with pictures 1 to 3, and a way to close it and open it again. */
async function libraryWithPictures(
  t: TestContext,
): Promise<{ library: Library; reopened: () => Promise<Library> }> {
  const folder = temporaryFolder()
  const library = await openLibrary(folder)
  t.after(() => library.close())
  const run = library.createRun(specOf(), [])
  for (const seq of [0, 1, 2]) await addTo(library, run, seq)
  const reopened = async (): Promise<Library> => {
    library.close()
    const again = await openLibrary(folder)
    t.after(() => again.close())
    return again
  }
  return { library, reopened }
}

const marksOf = ({ gallery }: Library): readonly Mark[] =>
  gallery.pictures([1, 2, 3]).map(({ id, flag, rating }) => ({ picture: id, flag, rating }))

const unmarked: readonly Mark[] = [1, 2, 3].map((picture) => ({ picture, flag: null, rating: 0 }))

test('marks change what is named, tell what was before, and are undone and redone by it', async (t) => {
  const { library, reopened } = await libraryWithPictures(t)
  const { gallery } = library
  assert.deepEqual(gallery.mark([3, 1], { flag: 'pick' }), [unmarked[0], unmarked[2]])
  assert.deepEqual(gallery.mark([1, 2], { rating: 4 }), [
    { picture: 1, flag: 'pick', rating: 0 },
    { picture: 2, flag: null, rating: 0 },
  ])
  const after = marksOf(library)
  assert.deepEqual(after, [
    { picture: 1, flag: 'pick', rating: 4 },
    { picture: 2, flag: null, rating: 4 },
    { picture: 3, flag: 'pick', rating: 0 },
  ])
  const redo = gallery.restoreMarks(unmarked)
  assert.deepEqual(marksOf(library), unmarked)
  gallery.restoreMarks(redo)
  assert.deepEqual(marksOf(await reopened()), after)
})

test('an undo of flags leaves the stars that another window gave since', async (t) => {
  const { gallery } = (await libraryWithPictures(t)).library
  const before = gallery.mark([1, 2], { flag: 'reject' })
  gallery.mark([2], { rating: 5 })
  gallery.restoreMarks(before.map(({ picture, flag }) => ({ picture, flag })))
  assert.deepEqual(
    gallery.pictures([1, 2]).map(({ flag, rating }) => [flag, rating]),
    [
      [null, 0],
      [null, 5],
    ],
  )
  assert.deepEqual(
    gallery.wall({ filter: { ratingAtLeast: 5 }, order: { by: 'made', descending: true } }),
    [2],
  )
})

test('one picture that is not there, and nothing is marked', async (t) => {
  const { library } = await libraryWithPictures(t)
  const { gallery } = library
  const gone = { code: 'not_found', message: /found 9\b/ }
  assert.throws(() => gallery.mark([1, 9, 2], { flag: 'reject' }), gone)
  assert.throws(
    () => gallery.restoreMarks([unmarked[0] ?? assert.fail(), { picture: 9, flag: null, rating: 1 }]),
    gone,
  )
  assert.throws(() => gallery.vote(1, 9), gone)
  assert.throws(() => gallery.addToBoard(gallery.createBoard('A board').id, [1, 9]), gone)
  assert.deepEqual(marksOf(library), unmarked)
  assert.deepEqual(gallery.votes(null), [])
  assert.equal(gallery.boards()[0]?.pictures, 0)
})

test('a picture that is named twice is marked once', async (t) => {
  const { library } = await libraryWithPictures(t)
  assert.deepEqual(library.gallery.mark([2, 2], { rating: 1 }), [unmarked[1]])
  assert.deepEqual(library.gallery.mark([], { rating: 1 }), [])
})

test('boards hold pictures in their order, and come back with them when they were removed', async (t) => {
  const { library, reopened } = await libraryWithPictures(t)
  const { gallery } = library
  const imageOf = (picture: PictureId): string => gallery.pictures([picture])[0]?.imageSha256 ?? ''
  const night = gallery.createBoard('night')
  assert.deepEqual(night, { id: 1, name: 'night', pictures: 0, cover: null })
  const album = gallery.createBoard('Album')
  assert.deepEqual(gallery.addToBoard(night.id, [3, 1]), [3, 1])
  assert.deepEqual(gallery.addToBoard(night.id, [1, 2]), [2], 'one of them was on it')
  assert.deepEqual(gallery.removeFromBoard(night.id, [3, 3]), [3])
  assert.deepEqual(gallery.removeFromBoard(night.id, [3]), [])
  assert.deepEqual(gallery.boards(), [
    { id: album.id, name: 'Album', pictures: 0, cover: null },
    { id: night.id, name: 'night', pictures: 2, cover: imageOf(2) },
  ])

  const question = { filter: { board: night.id }, order: { by: 'made', descending: false } } as const
  assert.deepEqual(gallery.wall(question), [1, 2])
  gallery.removeFromBoard(night.id, [1])
  assert.deepEqual(gallery.wall(question), [2])
  gallery.removeBoard(night.id)
  assert.deepEqual(
    gallery.boards().map(({ id }) => id),
    [album.id],
  )
  const gone = { code: 'not_found', message: /number of a board, found 1/ }
  for (const attempt of [
    () => gallery.wall(question),
    () => gallery.renameBoard(night.id, 'dusk'),
    () => gallery.addToBoard(night.id, [1]),
    () => gallery.removeFromBoard(night.id, [1]),
  ]) {
    assert.throws(attempt, gone)
  }
  gallery.restoreBoard(night.id)
  const again = (await reopened()).gallery
  assert.deepEqual(again.wall(question), [2])
  again.renameBoard(night.id, 'Dusk')
  assert.deepEqual(
    again.boards().map(({ name }) => name),
    ['Album', 'Dusk'],
  )
  assert.throws(() => again.restoreBoard(7), { code: 'not_found' })
})

test('two boards do not share a name, whatever its capitals, but a removed one gives its own free', async (t) => {
  const { gallery } = (await libraryWithPictures(t)).library
  const taken = { code: 'bad_input', message: /name: expected a name that no other board has/ }
  const { id } = gallery.createBoard('Über')
  const other = gallery.createBoard('other')
  assert.throws(() => gallery.createBoard('über'), taken)
  assert.throws(() => gallery.renameBoard(other.id, 'ÜBER'), taken)
  gallery.renameBoard(id, 'über')
  gallery.removeBoard(id)
  gallery.renameBoard(other.id, 'ÜBER')
  gallery.restoreBoard(id)
  assert.deepEqual(
    gallery
      .boards()
      .map(({ name }) => name)
      .toSorted(),
    ['ÜBER', 'über'],
  )
})

test('votes are kept in order, by pictures, until they are withdrawn', async (t) => {
  const { library, reopened } = await libraryWithPictures(t)
  const { gallery } = library
  const votes = [gallery.vote(1, 2), gallery.vote(3, 1), gallery.vote(2, 1)]
  assert.deepEqual(votes[1], { id: 2, winner: 3, loser: 1 })
  assert.deepEqual(gallery.votes(null), votes)
  assert.deepEqual(gallery.votes([1, 2]), [votes[0], votes[2]])
  assert.deepEqual(gallery.votes([1]), [])
  gallery.withdrawVote(1)
  gallery.withdrawVote(1)
  assert.deepEqual((await reopened()).gallery.votes(null), votes.slice(1))
  assert.throws(() => library.gallery.votes(null), /closed/)
})

test('a duel of a picture with itself, and a vote that is not there', async (t) => {
  const { gallery } = (await libraryWithPictures(t)).library
  assert.throws(() => gallery.vote(1, 1), { code: 'bad_input', message: /found 1 twice/ })
  assert.throws(() => gallery.withdrawVote(1), { code: 'not_found' })
})

test('verdicts stand beside what the run has recorded, which goes first', async (t) => {
  const { library } = await libraryWithPictures(t)
  const { gallery } = library
  const verdict = (picture: number, changes: Partial<Verdict>): Verdict => ({
    ...{ picture, verifier: 'pick_score', score: 20, judgedBy: 'a pack' },
    ...changes,
  })
  const question = {
    filter: { score: { verifier: 'pick_score' } },
    order: { by: 'score', verifier: 'pick_score', descending: true },
  } as const
  assert.deepEqual(gallery.wall(question), [])
  gallery.putVerdicts([
    verdict(1, {}),
    verdict(2, { score: null }),
    verdict(3, { score: NaN }),
    verdict(1, { verifier: 'clip_score', score: 99 }),
  ])
  const scoresOf = (): unknown => gallery.pictures([1, 2, 3]).map(({ scores }) => scores)
  assert.deepEqual(scoresOf(), [
    { clip_score: 0.25, pick_score: 20 },
    { clip_score: 0.26 },
    { clip_score: 0.27 },
  ])
  assert.deepEqual(gallery.wall(question), [1])
  assert.deepEqual(library.candidate({ runId: 1, arm: 'search', seq: 0 }).scores, { clip_score: 0.25 })
  const silent = verdict(3, { score: null })
  assert.deepEqual(
    gallery.verdicts([3, 2]).toSorted((a, b) => a.picture - b.picture),
    [verdict(2, { score: null }), silent],
  )

  gallery.putVerdicts([verdict(2, { score: 21, judgedBy: 'another' })])
  assert.deepEqual(gallery.wall(question), [2, 1])
  gallery.forgetVerdicts('pick_score', 'another')
  assert.deepEqual(gallery.wall(question), [2])
  assert.deepEqual(gallery.verdicts([1, 3]), [verdict(1, { verifier: 'clip_score', score: 99 })])
  assert.throws(() => gallery.putVerdicts([verdict(2, { score: 1 }), verdict(8, {})]), { code: 'not_found' })
  assert.deepEqual(gallery.wall(question), [2])
})

test('features come back bit for bit, by pack and image', async (t) => {
  const { library, reopened } = await libraryWithPictures(t)
  const [first = '', second = ''] = library.gallery.pictures([1, 2]).map(({ imageSha256 }) => imageSha256)
  const vector = Float32Array.of(0.1, -0, 3.4e38, 1e-45, Math.PI)
  const [pack, other] = ['a'.repeat(64), 'b'.repeat(64)]
  library.gallery.putFeatures(pack, [{ imageSha256: first, vector }])
  library.gallery.putFeatures(pack, [{ imageSha256: first, vector: Float32Array.of(1) }])
  library.gallery.putFeatures(other, [{ imageSha256: second, vector: vector.subarray(1, 3) }])
  const stranger = { imageSha256: 'c'.repeat(64), vector }
  assert.throws(() => library.gallery.putFeatures(pack, [stranger]), { code: 'not_found' })
  const { gallery } = await reopened()
  assert.deepEqual(gallery.features(pack, [first, second]), new Map([[first, vector]]))
  assert.deepEqual(gallery.features(other, [second]), new Map([[second, Float32Array.of(-0, 3.4e38)]]))
})

test('preferences keep what is set, key by key', async (t) => {
  const { library, reopened } = await libraryWithPictures(t)
  assert.deepEqual(library.gallery.preferences(), {})
  library.gallery.setPreferences({ theme: 'dark', draft: { prompt: 'a ⭐' } })
  library.gallery.setPreferences({ theme: 'light' })
  assert.deepEqual((await reopened()).gallery.preferences(), { theme: 'light', draft: { prompt: 'a ⭐' } })
})
