import type { Pool } from '../../api/selection.ts'
import type { PictureId } from '../../../shared/gallery.ts'

type WallViewProps = {
  readonly onOpenRun: (runId: number) => void
  readonly onCompare: (pictures: readonly PictureId[]) => void
  readonly onDuel: (pool: Pool) => void
  readonly onCourt: (pool: Pool) => void
  readonly onExport: (pool: Pool) => void
}

export function WallView(props: WallViewProps) {
  return <p>{Object.keys(props).length}</p>
}
