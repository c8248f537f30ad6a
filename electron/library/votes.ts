/** The votes table: blind duels. One that is withdrawn stays, and counts no more. */

import type { PictureId, Vote } from '../../shared/gallery.ts'
import { StudioError } from '../../shared/errors.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

/** Keeps which of two pictures was preferred. Throws `bad_input` for a picture against itself. */
export function insertVote(db: WritableDatabase, winner: PictureId, loser: PictureId, at: Date): Vote {
  if (winner === loser) {
    throw new StudioError('bad_input', `Expected two pictures in a duel, found ${winner} twice.`)
  }
  const { lastInsertRowid } = db
    .prepare('INSERT INTO votes (voted_at, winner, loser) VALUES (?, ?, ?)')
    .run(at.toISOString(), winner, loser)
  return { id: Number(lastInsertRowid), winner, loser }
}

/** Has a vote count no more; one that is withdrawn already stays so. Throws `not_found`. */
export function withdrawVote(db: WritableDatabase, vote: number): void {
  const { changes } = db.prepare('UPDATE votes SET withdrawn = 1 WHERE id = ?').run(vote)
  if (changes === 0) {
    throw new StudioError(
      'not_found',
      `Expected the number of a vote, found ${vote}. \`votes\` lists those that there are.`,
    )
  }
}

/** Votes that hold, oldest first; of all pictures that are there, or those in which both are among these. */
export function listVotes(db: ReadableDatabase, among: readonly PictureId[] | null): readonly Vote[] {
  const votes = db
    .prepare<[], Vote>(
      `WITH gone AS (SELECT picture_id FROM outside_images WHERE removed = 1)
       SELECT id, winner, loser FROM votes
        WHERE withdrawn = 0 AND winner NOT IN gone AND loser NOT IN gone ORDER BY id`,
    )
    .all()
  if (among === null) return votes
  const wanted = new Set(among)
  return votes.filter(({ winner, loser }) => wanted.has(winner) && wanted.has(loser))
}
