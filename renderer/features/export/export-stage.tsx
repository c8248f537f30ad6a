import type { RunDetail } from '../../../shared/domain.ts'
import type { Pool } from '../../api/selection.ts'
type ExportStageProps = { readonly pool: Pool; readonly run: RunDetail | null; readonly onClose: () => void }

export function ExportStage({ pool }: ExportStageProps) {
  return <p>{pool.name}</p>
}
