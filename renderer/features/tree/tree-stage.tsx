import type { RunDetail, RunProgress } from '../../../shared/domain.ts'
type TreeStageProps = {
  readonly run: RunDetail
  readonly progress: RunProgress | null
  readonly aspect: number
  readonly onClose: () => void
}

export function TreeStage({ run }: TreeStageProps) {
  return <p>{run.id}</p>
}
