/** What a picture is called where pictures of many runs stand beside each other. Pure. */

import { formatCountOf } from '../../shared/format.ts'
import type { Picture } from '../../shared/gallery.ts'

/** `Run 3 #5`, `Run 3, 24 steps`, `Run 3 #5, final`; the file's name for an image from outside. */
export function pictureName({ origin }: Pick<Picture, 'origin'>): string {
  if (origin.kind === 'outside') return origin.name
  switch (origin.arm) {
    case 'search':
      return `Run ${origin.runId} #${origin.seq}`
    case 'baseline':
      return `Run ${origin.runId}, ${formatCountOf(origin.steps, 'step')}`
    case 'final':
      return `Run ${origin.runId} #${origin.seq}, final`
  }
}
