import type { Flag, Rating } from '../../shared/gallery.ts'

type MarkChange = { readonly flag?: Flag; readonly rating?: Rating }

/** What a key does to the picture that it acts on, the same everywhere: P, X, U, 0 to 5. Null for every other key. */
export function markOfKey(event: {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
}): MarkChange | null {
  if (event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return null
  switch (event.key.toLowerCase()) {
    case 'p':
      return { flag: 'pick' }
    case 'x':
      return { flag: 'reject' }
    case 'u':
      return { flag: null }
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
      return { rating: Number(event.key) as Rating }
    default:
      return null
  }
}
