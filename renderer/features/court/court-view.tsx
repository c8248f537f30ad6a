import type { Pool } from '../../api/selection.ts'
import type { PictureId } from '../../../shared/gallery.ts'

type CourtViewProps = {
  readonly pool: Pool | null
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onOpenRun: (runId: number) => void
}

export function CourtView({ pool }: CourtViewProps) {
  return <p>{pool?.name}</p>
}
