/** What a person has said of a picture, in words for labels. Pure. */

import { formatCountOf } from '../../shared/format.ts'
import type { Flag, Rating } from '../../shared/gallery.ts'

/** `picked, 3 stars`; empty where nothing was said. */
export function marksInWords(flag: Flag, rating: Rating): string {
  const words = [
    ...(flag === null ? [] : [flag === 'pick' ? 'picked' : 'rejected']),
    ...(rating === 0 ? [] : [formatCountOf(rating, 'star')]),
  ]
  return words.join(', ')
}
