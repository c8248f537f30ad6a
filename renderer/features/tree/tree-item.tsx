import { useMemo } from 'react'

import type { Preview, RunDetail } from '../../../shared/domain.ts'
import { isLive } from '../../../shared/figure.ts'
import { formatScore } from '../../../shared/format.ts'
import type { Flag, Rating } from '../../../shared/gallery.ts'
import { usePictureMarks, useStudio } from '../../api/hooks.ts'
import { classes } from '../../components/classes.ts'
import { Icon } from '../../components/icon.tsx'
import { PictureMarks } from '../../components/picture-marks.tsx'
import { Picture } from '../../components/picture.tsx'
import { strideOf } from '../../logic/lineage.ts'
import { marksInWords } from '../../logic/marks.ts'
import { handOf } from '../../logic/order.ts'
import { imageAlt, pictureOf, unfinishedName } from '../../logic/run-image.ts'
import type { TreeLayout, TreeNode } from './tree-layout.ts'
import styles from './tree-stage.module.css'

type TreeItemProps = {
  /** What the tree's `aria-activedescendant` calls it. */
  readonly id: string
  readonly node: TreeNode
  readonly run: RunDetail
  readonly layout: TreeLayout
  readonly step: number | null
  readonly score: number | null
  readonly preview: Preview | null
  readonly isActive: boolean
  readonly isWinner: boolean
  readonly aspect: number
  /** False: too small for a picture; only its place and its name are there. */
  readonly drawn: boolean
  /** How many times larger than its layout it is seen, rounded up. */
  readonly magnified: number
}

/** A candidate at its place: picture, score, marks, and a name that says all of it. */
export function TreeItem({
  id,
  node,
  run,
  layout,
  step,
  score,
  preview,
  isActive,
  isWinner,
  aspect,
  drawn,
  magnified,
}: TreeItemProps) {
  const { bridge } = useStudio()
  const { seq, candidate, column, x, y } = node
  const marks = usePictureMarks(candidate === null ? null : pictureOf(run, candidate))
  const { pinned, vetoed } = useMemo(() => handOf(run), [run])
  const first = isWinner && wasPutFirst(run, seq)
  const siblings = layout.children.get(candidate?.parent ?? -1) ?? []
  const mark = vetoed.has(seq) ? 'veto' : pinned.has(seq) ? 'pin' : first ? 'first' : null
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={column + 1}
      aria-posinset={candidate === null ? undefined : siblings.indexOf(node) + 1}
      aria-setsize={candidate === null ? undefined : siblings.length}
      aria-selected={isActive}
      aria-label={itemName(node, run, layout, score, marks, mark)}
      className={classes(
        styles.item,
        isWinner && styles.winner,
        isActive && styles.active,
        mark === 'veto' && styles.vetoed,
        (marks?.flag ?? null) === 'reject' && styles.rejected,
      )}
      style={{ '--left': `${x}px`, '--top': `${y}px` }}
    >
      <span className={styles.frame}>
        {drawn ? (
          <Picture
            url={candidate === null ? null : bridge.imageUrl(candidate.imageSha256)}
            alt={candidate === null ? '' : imageAlt(run, candidate)}
            preview={preview}
            grain={candidate === null && isLive(run.status) ? seq + 100 : null}
            aspect={aspect}
            eager
            magnified={magnified}
          />
        ) : (
          <span className={styles.speck} style={{ aspectRatio: aspect }} />
        )}
        {drawn && mark !== null && (
          <span className={styles.mark}>
            <Icon name={mark} />
          </span>
        )}
        {drawn && marks !== null && <PictureMarks {...marks} />}
      </span>
      {drawn && (
        <span className={styles.caption}>
          <span className={classes(styles.score, step !== null && styles[`step${step}`])}>
            {score === null ? (candidate === null ? '…' : 'no score') : formatScore(score)}
          </span>
          <span>#{seq}</span>
        </span>
      )}
    </div>
  )
}

/** Whether a person put a candidate first. */
function wasPutFirst({ interventions }: RunDetail, seq: number): boolean {
  return interventions.some((one) => one.kind === 'override' && one.until === null && one.seq === seq)
}

function itemName(
  { seq, candidate, column }: TreeNode,
  run: RunDetail,
  layout: TreeLayout,
  score: number | null,
  marks: { readonly flag: Flag; readonly rating: Rating } | null,
  mark: 'veto' | 'pin' | 'first' | null,
): string {
  const words = [`Candidate ${seq}`]
  if (candidate === null) {
    const failure = run.failures.find((one) => one.arm === 'search' && one.seq === seq)
    return [...words, failure === undefined ? 'being made' : `failed: ${failure.error.message}`].join(', ')
  }
  const unfinished = unfinishedName(run, candidate)
  if (unfinished !== null) words.push(unfinished)
  words.push(layout.columns[column]?.name ?? `round ${candidate.round + 1}`)
  words.push(score === null ? 'no score' : `score ${formatScore(score)}`)
  const parent = candidate.parent === null ? undefined : layout.nodes.get(candidate.parent)
  const stride = strideOf(parent?.candidate ?? null, candidate)
  if (parent !== undefined) words.push(`${stride ?? ''} from ${parent.seq}`)
  const names = { pin: 'pinned', veto: 'vetoed', first: 'put first' } as const
  if (mark !== null) words.push(names[mark])
  const said = marks === null ? '' : marksInWords(marks.flag, marks.rating)
  if (said !== '') words.push(said)
  if (seq === run.winner) words.push('winner')
  return words.join(', ')
}
