/** What a person has said of a picture, in words for labels. Pure. */

import type { Flag, Rating } from '../../shared/gallery.ts'

/** `picked, 3 stars`; empty where nothing was said. */
export function marksInWords(flag: Flag, rating: Rating): string {
  const words = [
    ...(flag === null ? [] : [flag === 'pick' ? 'picked' : 'rejected']),
    ...(rating === 0 ? [] : [rating === 1 ? '1 star' : `${rating} stars`]),
  ]
  return words.join(', ')
}
