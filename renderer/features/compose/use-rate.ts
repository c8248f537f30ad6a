import { useQuery, valueOf } from '../../api/hooks.ts'
import type { Draft, ImagePack } from './draft.ts'
import { runToMeasure, secondsPerNfe } from './forecast.ts'

/** Seconds that an evaluation takes here, measured on the newest run of the same work; null before the first. */
export function useRate(draft: Draft, pack: ImagePack | undefined): number | null {
  const runs = valueOf(useQuery('runs'))
  const [width, height] = [Number(draft.pictureWidth), Number(draft.pictureHeight)]
  const isOwnSize = pack === undefined || !(width > 0 && height > 0)
  const alike = runToMeasure(runs, {
    ...{ pack: draft.pack, device: draft.device, guidance: Number(draft.guidance) },
    size: isOwnSize ? null : { width, height },
  })
  const run = valueOf(useQuery('run', alike === null ? null : { runId: alike.id }))
  return run === null ? null : secondsPerNfe(run)
}
