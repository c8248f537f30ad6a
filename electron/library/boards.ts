/** The boards and what is on them. A board that is removed keeps its pictures, so that it can come back. */

import type { Board, PictureId } from '../../shared/gallery.ts'
import { StudioError } from '../../shared/errors.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

/** Those that are not removed, by name. */
export function listBoards(db: ReadableDatabase): readonly Board[] {
  const boards = db.prepare<[], Board>(`${selectBoard} WHERE removed = 0`).all()
  return boards.toSorted((a, b) => a.name.localeCompare(b.name) || a.id - b.id)
}

/** SQL: whether a row of `board_pictures` is of a picture that was not removed. */
const isSeen = 'picture_id NOT IN (SELECT picture_id FROM outside_images WHERE removed = 1)'

/** A board with its size, and the image that was put there last. */
const selectBoard = `
  SELECT boards.id, boards.name,
         (SELECT count(*) FROM board_pictures WHERE board_id = boards.id AND ${isSeen}) AS pictures,
         (SELECT ifnull(candidates.image_sha256, outside_images.image_sha256)
            FROM (SELECT max(id), picture_id FROM board_pictures WHERE board_id = boards.id AND ${isSeen}) AS newest
            LEFT JOIN candidates ON candidates.id = newest.picture_id
            LEFT JOIN outside_images ON outside_images.picture_id = newest.picture_id) AS cover
    FROM boards`

/** Throws `bad_input` where another board has the name. */
export function insertBoard(db: WritableDatabase, name: string): Board {
  refuseTaken(db, name, null)
  const { lastInsertRowid } = db.prepare('INSERT INTO boards (name) VALUES (?)').run(name)
  return { id: Number(lastInsertRowid), name, pictures: 0, cover: null }
}

/** Throws `not_found`, and `bad_input` where another board has the name. */
export function renameBoard(db: WritableDatabase, board: number, name: string): void {
  requireBoard(db, board)
  refuseTaken(db, name, board)
  db.prepare('UPDATE boards SET name = ? WHERE id = ?').run(name, board)
}

/** Removes a board, or brings it back; one that is so already stays so. Throws `not_found`. */
export function setBoardRemoved(db: WritableDatabase, board: number, removed: boolean): void {
  const { changes } = db.prepare('UPDATE boards SET removed = ? WHERE id = ?').run(removed ? 1 : 0, board)
  if (changes === 0) throw unknownBoard(board)
}

/** Throws `not_found` for a board that is not there, or was removed. */
export function requireBoard(db: ReadableDatabase, board: number): void {
  const found = db.prepare('SELECT 1 FROM boards WHERE id = ? AND removed = 0').get(board)
  if (found === undefined) throw unknownBoard(board)
}

/** The pictures of a board, in the order in which they were put there. Throws `not_found`. */
export function picturesOnBoard(db: ReadableDatabase, board: number): readonly PictureId[] {
  requireBoard(db, board)
  return db
    .prepare<[number], number>(
      `SELECT picture_id FROM board_pictures WHERE board_id = ? AND ${isSeen} ORDER BY id`,
    )
    .pluck()
    .all(board)
}

/** @returns those that were not on it. Throws `not_found` for the board; the pictures must be there. */
export function insertOnBoard(
  db: WritableDatabase,
  board: number,
  pictures: readonly PictureId[],
): readonly PictureId[] {
  requireBoard(db, board)
  const insert = db.prepare(
    'INSERT INTO board_pictures (board_id, picture_id) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  return pictures.filter((picture) => insert.run(board, picture).changes > 0)
}

/** @returns those that were on it. Throws `not_found` for the board. */
export function deleteFromBoard(
  db: WritableDatabase,
  board: number,
  pictures: readonly PictureId[],
): readonly PictureId[] {
  requireBoard(db, board)
  const remove = db.prepare('DELETE FROM board_pictures WHERE board_id = ? AND picture_id = ?')
  return pictures.filter((picture) => remove.run(board, picture).changes > 0)
}

function refuseTaken(db: ReadableDatabase, name: string, but: number | null): void {
  // In JavaScript: SQLite folds the capitals of ASCII alone.
  const folded = name.toLowerCase()
  const taken = db
    .prepare<[], { id: number; name: string }>('SELECT id, name FROM boards WHERE removed = 0')
    .all()
    .some((board) => board.id !== but && board.name.toLowerCase() === folded)
  if (!taken) return
  throw new StudioError(
    'bad_input',
    `name: expected a name that no other board has, found ${JSON.stringify(name)}; choose another`,
  )
}

function unknownBoard(board: number): StudioError {
  return new StudioError(
    'not_found',
    `Expected the number of a board, found ${board}. \`boards\` lists those that there are.`,
  )
}
