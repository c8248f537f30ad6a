import { memo } from 'react'

import { formatCountOf, formatDelta, formatLevel, formatScore } from '../../../shared/format.ts'
import type { Flag, Picture as PictureDetails, PictureId, Rating } from '../../../shared/gallery.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { marksInWords } from '../../logic/marks.ts'
import styles from './wall-tile.module.css'

type WallTileProps = {
  readonly id: PictureId
  /** Null until its details have come. */
  readonly picture: PictureDetails | null
  readonly url: string | null
  readonly flag: Flag
  readonly rating: Rating
  readonly selected: boolean
  readonly active: boolean
  /** Whose score stands under it; null for the guide of its run. */
  readonly verifier: VerifierId | null
  /** 1-based. */
  readonly column: number
}

/** The element id of a picture's tile on the wall. */
export const tileId = (id: PictureId): string => `wall-picture-${id}`

/** A picture on the wall, in a square place whatever its shape, so that rows have one height. */
export const WallTile = memo(function WallTile({
  id,
  picture,
  url,
  flag,
  rating,
  selected,
  active,
  verifier,
  column,
}: WallTileProps) {
  const aspect = picture === null ? 1 : picture.width / picture.height
  const value = picture === null ? null : valueOf(picture, verifier)
  const level = picture?.origin.kind === 'candidate' ? picture.origin.level : 0
  return (
    <div
      id={tileId(id)}
      role="gridcell"
      data-picture={id}
      draggable
      title={picture === null ? undefined : titleOf(picture)}
      aria-colindex={column}
      aria-selected={selected}
      aria-label={picture === null ? 'Loading' : labelOf(picture, flag, rating, value)}
      className={classes(
        styles.tile,
        selected && styles.selected,
        active && styles.active,
        flag === 'reject' && styles.rejected,
      )}
    >
      <span className={styles.frame}>
        {picture !== null && (
          <span className={styles.fit} style={{ '--fit': Math.min(1, aspect) }}>
            <Picture url={url} alt="" aspect={aspect} />
          </span>
        )}
        {level > 0 && <span className={styles.badge}>noise {formatLevel(level)}</span>}
        <PictureMarks flag={flag} rating={rating} />
        {picture !== null && picture.boards.length > 0 && (
          <span className={styles.boards} aria-hidden="true">
            <Icon name="board" />
            {picture.boards.length > 1 && picture.boards.length}
          </span>
        )}
      </span>
      <span className={styles.caption}>
        <strong>{value?.score}</strong>
        <span className={styles.delta}>{value?.delta}</span>
        {picture?.origin.kind === 'outside' && value === null && (
          <bdi className={styles.name}>{picture.origin.name}</bdi>
        )}
      </span>
    </div>
  )
})

/** Its prompt, or the name of its file. */
export function titleOf({ prompt, origin }: PictureDetails): string {
  return prompt === '' && origin.kind === 'outside' ? origin.name : prompt
}

type Value = { readonly score: string; readonly delta: string; readonly words: string }

/** What stands under a picture: by the verifier that is asked for, else by the one that guided its run. */
function valueOf({ origin, scores }: PictureDetails, asked: VerifierId | null): Value | null {
  const candidate = origin.kind === 'candidate' ? origin : null
  const verifier = asked ?? candidate?.guide[0]
  const score = verifier === undefined ? undefined : scores[verifier]
  if (verifier === undefined || score === undefined) return null
  const difference = candidate?.deltas[verifier]
  const delta = difference === undefined ? '' : formatDelta(difference)
  const words = `${verifiers[verifier].label} ${formatScore(score)}`
  return {
    score: formatScore(score),
    delta,
    words: delta === '' ? words : `${words}, ${delta} to the baseline`,
  }
}

function labelOf(picture: PictureDetails, flag: Flag, rating: Rating, value: Value | null): string {
  const { boards } = picture
  const marks = marksInWords(flag, rating)
  return [
    titleOf(picture),
    ...(value === null ? [] : [value.words]),
    ...(marks === '' ? [] : [marks]),
    ...(boards.length === 0 ? [] : [`on ${formatCountOf(boards.length, 'board')}`]),
  ].join(', ')
}
