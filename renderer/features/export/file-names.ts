import type { Picture } from '../../../shared/gallery.ts'

/** The name of a picture's file: `goldpan-12-search-3.png`; of one from outside its own, as far as every system takes it. */
function fileNameOf({ origin, id }: Picture): string {
  if (origin.kind === 'candidate') return `goldpan-${origin.runId}-${origin.arm}-${origin.seq}.png`
  const plain = origin.name.replace(/\.\w*$/, '').replaceAll(/[^\p{L}\p{N}_]+/gu, ' ')
  return `${plain.slice(0, 80).trim() || 'picture'}-${-id}.png`
}

/** Names for all of them, no two the same: a second `a.png` becomes `a-2.png`. */
export function fileNamesOf(pictures: readonly Picture[]): readonly string[] {
  const taken = new Set<string>()
  return pictures.map((picture) => {
    const name = fileNameOf(picture)
    let free = name
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = name.replace(/\.png$/, `-${n}.png`)
    taken.add(free.toLowerCase())
    return free
  })
}
