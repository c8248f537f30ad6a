import type { Pool } from '../../api/selection.ts'
type DuelViewProps = { readonly pool: Pool | null; readonly onChoosePool: (pool: Pool) => void }

export function DuelView({ pool }: DuelViewProps) {
  return <p>{pool?.name}</p>
}
