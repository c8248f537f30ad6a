/** The preferences table: what is set for the studio as a whole. What the keys mean is checked by who reads them. */

import type { ReadableDatabase, WritableDatabase } from './connection.ts'

/** What was set, by key, unchecked. */
export function readPreferences(db: ReadableDatabase): Readonly<Record<string, unknown>> {
  const rows = db
    .prepare<[], { key: string; value: string }>('SELECT key, value FROM preferences ORDER BY key')
    .all()
  return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]))
}

/** Sets what is named; the rest stays. */
export function putPreferences(db: WritableDatabase, change: Readonly<Record<string, unknown>>): void {
  const put = db.prepare(
    'INSERT INTO preferences (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  )
  for (const [key, value] of Object.entries(change)) put.run(key, JSON.stringify(value))
}
