/** The features table: what packs made of images, so that they are asked once. */

import { endianness } from 'node:os'

import type { StoredFeatures } from '../core/runs/picture-catalogue.ts'
import type { ReadableDatabase, WritableDatabase } from './connection.ts'

type FeatureRow = { readonly image_sha256: string; readonly vector: Buffer }

/** The features of images by a pack, by image; those that are known. */
export function featuresOf(
  db: ReadableDatabase,
  packSha256: string,
  images: readonly string[],
): ReadonlyMap<string, Float32Array> {
  const rows = db
    .prepare<[string, string], FeatureRow>(
      `SELECT features.image_sha256, features.vector
         FROM json_each(?) AS asked
         JOIN features ON features.image_sha256 = asked.value AND features.pack_sha256 = ?`,
    )
    .all(JSON.stringify(images), packSha256)
  return new Map(rows.map((row) => [row.image_sha256, toVector(row.vector)]))
}

/** Keeps features; what is known of an image by a pack stays. */
export function insertFeatures(
  db: WritableDatabase,
  packSha256: string,
  features: readonly StoredFeatures[],
): void {
  const insert = db.prepare(
    `INSERT INTO features (image_sha256, pack_sha256, vector) VALUES (?, ?, ?)
     ON CONFLICT (image_sha256, pack_sha256) DO NOTHING`,
  )
  for (const { imageSha256, vector } of features) insert.run(imageSha256, packSha256, toBytes(vector))
}

/** Little-endian float32, whatever the machine. */
function toBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.from(vector.slice().buffer)
  return endianness() === 'LE' ? bytes : bytes.swap32()
}

function toVector(bytes: Buffer): Float32Array {
  const copy = Buffer.from(bytes)
  if (endianness() !== 'LE') copy.swap32()
  return new Float32Array(Uint8Array.from(copy).buffer)
}
