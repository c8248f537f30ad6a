import { formatScore } from '../../../shared/format.ts'
import type { PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'
import type { MarkChange } from '../../api/marks.ts'
import { Facts } from '../../components/facts.tsx'
import { MarkBar } from '../../components/mark-bar.tsx'
import { markOfKey } from '../../components/mark-keys.ts'
import { Stage } from '../../components/stage.tsx'
import { useZoom } from '../../components/use-zoom.ts'
import { ZoomPane } from '../../components/zoom-pane.tsx'
import { judgeLabel, ordinal } from '../../logic/court.ts'
import type { Row } from '../../logic/court.ts'
import styles from './court-loupe.module.css'
import type { Court } from './use-court.ts'

type CourtLoupeProps = {
  readonly court: Court
  readonly rows: readonly Row[]
  /** The row whose order the arrows follow. */
  readonly row: Row
  readonly picture: PictureId
  readonly onPicture: (picture: PictureId) => void
  readonly onMark: (picture: PictureId, change: MarkChange) => void
  readonly onClose: () => void
  /** The element that gets the focus when the loupe closes. */
  readonly returnFocusTo: string
}

/** A picture as large as there is room, beside what each judge says of it; arrows go on through a judge's order. */
export function CourtLoupe(props: CourtLoupeProps) {
  const { court, rows, row, picture: id, onPicture, onMark, onClose, returnFocusTo } = props
  const { bridge } = useStudio()
  const zoom = useZoom()
  const picture = court.pictureOf(id)
  const name = court.nameOf(id)
  const index = row.order.indexOf(id)
  const judge = row.judge === 'ensemble' ? 'the ensemble' : judgeLabel(row.judge)
  return (
    <Stage
      title={`${name}, ${ordinal(index + 1)} of ${row.order.length} by ${judge}`}
      onClose={onClose}
      returnFocusTo={returnFocusTo}
      tools={<MarkBar {...court.markOf(id)} name={name} onMark={(change) => onMark(id, change)} />}
      onKey={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return
        const change = markOfKey(event)
        const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: row.order.length - 1 }[
          event.key
        ]
        if (to !== undefined && !event.shiftKey) {
          event.preventDefault()
          const next = row.order[to]
          if (next !== undefined) onPicture(next)
        } else if (event.key === ' ' && event.target === event.currentTarget) {
          event.preventDefault()
          onClose()
        } else if (change !== null) {
          event.preventDefault()
          onMark(id, change)
        } else zoom.onKey(event, 'loupe')
      }}
    >
      <div className={styles.loupe}>
        <ZoomPane
          zoom={zoom}
          pane="loupe"
          size={{ width: picture?.width ?? 1, height: picture?.height ?? 1 }}
          url={picture === null ? null : bridge.imageUrl(picture.imageSha256)}
          alt={`${name}: ${picture?.prompt ?? ''}`}
          className={styles.pane}
        />
        <div className={styles.facts}>
          <Facts
            facts={rows.flatMap((one) => {
              const rank = one.ranks.get(id)
              const value = one.values.get(id)
              if (rank === undefined || value === undefined) return []
              return one.judge === 'ensemble'
                ? [{ name: 'Ensemble', value: `${ordinal(rank)}, mean rank ${value.toFixed(1)}` }]
                : [{ name: judgeLabel(one.judge), value: `${ordinal(rank)}, ${formatScore(value)}` }]
            })}
          />
        </div>
      </div>
    </Stage>
  )
}
