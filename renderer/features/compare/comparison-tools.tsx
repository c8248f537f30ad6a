import { Button } from '../../components/button.tsx'
import type { KeyHint } from '../../components/key-hints.tsx'
import { Segments } from '../../components/segments.tsx'
import { ways } from './use-comparison.ts'
import type { Comparison, Way } from './use-comparison.ts'

const options = (Object.keys(ways) as Way[]).map((id) => ({ id, label: ways[id].label }))

type ComparisonToolsProps = {
  readonly comparison: Comparison
  /** What O does here. */
  readonly swapLabel?: string
  readonly onSwap?: () => void
}

/** How two pictures are compared, in the head of a stage. */
export function ComparisonTools({ comparison, ...rest }: ComparisonToolsProps) {
  const { way, setWay, swap, zoom, pane } = comparison
  const { swapLabel = 'Swap sides', onSwap = swap } = rest
  return (
    <>
      <Segments label="Way of comparing" value={way} options={options} onPick={setWay} />
      {way === 'beside' && <LinkButton zoom={zoom} pane={pane} />}
      <Button look="plain" icon="swap" aria-keyshortcuts="o" onClick={onSwap}>
        {swapLabel}
      </Button>
    </>
  )
}

/** Whether all panes show the same part. */
function LinkButton({ zoom, pane }: Pick<Comparison, 'zoom' | 'pane'>) {
  return (
    <Button
      look="plain"
      icon={zoom.linked ? 'locked' : 'unlocked'}
      aria-pressed={zoom.linked}
      onClick={() => zoom.setLinked(!zoom.linked, pane)}
    >
      Zoom linked
    </Button>
  )
}

/** The keys of ways of comparing. */
export const wayHints: readonly KeyHint[] = [
  { keys: ['S'], what: 'slider' },
  { keys: ['J'], what: 'side by side' },
  { keys: ['I'], what: 'difference' },
  { keys: ['H'], what: 'hover, again flips' },
]

export const swapHint: KeyHint = { keys: ['O'], what: 'swap sides' }

export const zoomHints: readonly KeyHint[] = [
  { keys: ['+', '−'], what: 'zoom' },
  { keys: ['Z'], what: '100 % and back' },
  { keys: ['⇧', 'arrows'], what: 'move' },
]
