/** A person's hand for tests. */

import type { Intervention } from '../../../../shared/domain.ts'

let lastId = 0

/** One intervention in force from `round` on, and until `until` where it was undone. */
export function hand(
  kind: 'pin' | 'veto' | 'override',
  seq: number,
  round: number,
  until: number | null = null,
): Intervention {
  lastId++
  return { id: lastId, kind, seq, round, until }
}
