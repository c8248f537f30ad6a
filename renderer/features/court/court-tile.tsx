import type { ReactNode } from 'react'

import type { PictureId } from '../../../shared/gallery.ts'
import { useStudio } from '../../api/hooks.ts'
import type { SelectionStore } from '../../api/selection.ts'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import styles from './court-tile.module.css'
import type { Court } from './use-court.ts'

type CourtTileProps = {
  readonly court: Court
  readonly picture: PictureId
  /** All that it says, in words. */
  readonly label: string
  /** Whether it is the one of its group that Tab leads to. */
  readonly isFirst: boolean
  readonly isSelected: boolean
  readonly selection: SelectionStore
  /** Told when the pointer or the focus comes to it. */
  readonly onPoint?: (picture: PictureId) => void
  /** Between the picture and its name. */
  readonly children?: ReactNode
}

/** A picture of a short list: pressed it is selected, with Ctrl or Command besides the others. */
export function CourtTile({
  court,
  picture,
  label,
  isFirst,
  isSelected,
  selection,
  onPoint,
  children,
}: CourtTileProps) {
  const { bridge } = useStudio()
  const sha = court.pictureOf(picture)?.imageSha256
  return (
    <button
      type="button"
      data-rove
      data-picture={picture}
      tabIndex={isFirst ? 0 : -1}
      aria-pressed={isSelected}
      aria-label={label}
      className={styles.tile}
      onFocus={() => onPoint?.(picture)}
      onPointerEnter={() => onPoint?.(picture)}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) selection.toggle(picture)
        else selection.choose(picture)
      }}
    >
      <span className={styles.frame}>
        <Picture url={sha === undefined ? null : bridge.imageUrl(sha)} alt="" />
        <PictureMarks {...court.markOf(picture)} />
      </span>
      {children}
      <bdi className={styles.name}>{court.nameOf(picture)}</bdi>
    </button>
  )
}
