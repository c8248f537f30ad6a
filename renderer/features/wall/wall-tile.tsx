import { memo } from 'react'

import type {
  Flag,
  Picture as PictureDetails,
  PictureId,
  Rating,
  WallOrder,
} from '../../../shared/gallery.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { classes } from '../../components/classes.ts'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { formatDelta, formatLevel, formatScore } from '../../logic/format.ts'
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
  readonly order: WallOrder
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
  order,
  column,
}: WallTileProps) {
  const aspect = picture === null ? 1 : picture.width / picture.height
  const value = picture === null ? null : valueOf(picture, order)
  const level = picture?.origin.kind === 'candidate' ? picture.origin.level : 0
  return (
    <div
      id={tileId(id)}
      role="gridcell"
      data-picture={id}
      draggable
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
      </span>
      <span className={styles.caption}>
        {picture !== null && (
          <>
            <span className={styles.prompt}>
              <PromptText text={titleOf(picture)} lines={1} />
            </span>
            <span className={styles.value}>{value?.text}</span>
          </>
        )}
      </span>
    </div>
  )
})

/** Its prompt, or the name of its file. */
export function titleOf({ prompt, origin }: PictureDetails): string {
  return prompt === '' && origin.kind === 'outside' ? origin.name : prompt
}

type Value = { readonly text: string; readonly words: string }

/** What stands under a picture: what the wall is sorted by, else the score by which its run was guided. */
function valueOf({ origin, scores }: PictureDetails, order: WallOrder): Value | null {
  if (order.by === 'delta') {
    const delta = origin.kind === 'candidate' ? origin.deltas[order.verifier] : undefined
    if (delta === undefined) return null
    const text = formatDelta(delta)
    return { text, words: `${verifiers[order.verifier].label} ${text} to the baseline` }
  }
  const verifier: VerifierId | undefined =
    order.by === 'score' ? order.verifier : origin.kind === 'candidate' ? origin.guide[0] : undefined
  const score = verifier === undefined ? undefined : scores[verifier]
  if (verifier === undefined || score === undefined) return null
  return { text: formatScore(score), words: `${verifiers[verifier].label} ${formatScore(score)}` }
}

function labelOf(picture: PictureDetails, flag: Flag, rating: Rating, value: Value | null): string {
  const marks = marksInWords(flag, rating)
  return [titleOf(picture), ...(value === null ? [] : [value.words]), ...(marks === '' ? [] : [marks])].join(
    ', ',
  )
}
