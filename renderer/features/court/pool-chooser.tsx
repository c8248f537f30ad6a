import { toErrorData } from '../../../shared/errors.ts'
import { formatCount } from '../../../shared/format.ts'
import type { PictureId, WallFilter } from '../../../shared/gallery.ts'
import { useQuery, useSelection, useStudio, useUndo, valueOf } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { PromptText } from '../../components/prompt-text.tsx'
import styles from './pool-chooser.module.css'

/** Runs that are offered; any other is opened from its own view. */
const offeredRuns = 12

/** What the court may look at, where nothing was handed to it: a run, the picks, a board, the selection. */
export function PoolChooser({ onChoose }: { readonly onChoose: (pool: Pool) => void }) {
  const { bridge } = useStudio()
  const [, undo] = useUndo()
  const [{ selected }] = useSelection()
  const runs = valueOf(useQuery('runs'))
  const boards = valueOf(useQuery('boards')) ?? []
  const facets = valueOf(useQuery('facets'))

  const choose = (name: string, ask: () => Promise<readonly PictureId[]>) => () => {
    ask().then(
      (pictures) => {
        if (pictures.length === 0) undo.say(`There is no finished picture in ${name}.`)
        else onChoose({ name, pictures })
      },
      (thrown: unknown) => undo.say(toErrorData(thrown).message, true),
    )
  }
  const onWall = (filter: WallFilter) => () =>
    bridge.wall({ filter, order: { by: 'made', descending: true } })
  const ofRun = (runId: number) => async () => {
    const pictures = await bridge.picturesOfRun({ runId })
    return pictures
      .filter(({ origin }) => origin.kind === 'outside' || origin.level === 0)
      .map(({ id }) => id)
  }

  if (runs === null || facets === null) return <p className={styles.none}>Looking what there is…</p>
  const choices = [
    ...(selected.size > 1
      ? [
          {
            id: 'selection',
            name: 'The selection',
            count: selected.size,
            ask: () => Promise.resolve([...selected]),
          },
        ]
      : []),
    ...(facets.picked > 0
      ? [{ id: 'picks', name: 'Your picks', count: facets.picked, ask: onWall({ flags: ['pick'] }) }]
      : []),
    ...boards
      .filter(({ pictures }) => pictures > 0)
      .map((board) => ({
        id: `board ${board.id}`,
        name: board.name,
        count: board.pictures,
        ask: onWall({ board: board.id }),
      })),
    ...(facets.outside > 0
      ? [
          {
            id: 'outside',
            name: 'Images from outside',
            count: facets.outside,
            ask: onWall({ origin: 'outside' }),
          },
        ]
      : []),
  ]
  return (
    <section className={styles.chooser} aria-label="Pictures for the court">
      <p className={styles.lead}>
        The court lets every verifier judge the same pictures, and you beside them. Which pictures? Images
        from outside can be dropped here, too.
      </p>
      {choices.length > 0 && (
        <ul className={styles.choices} aria-label="Collections">
          {choices.map(({ id, name, count, ask }) => (
            <li key={id}>
              <button type="button" className={styles.choice} onClick={choose(name, ask)}>
                <bdi className={styles.name}>{name}</bdi>
                <span className={styles.count}>{countText(count)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {runs.length === 0 ? (
        <p className={styles.none}>No run has been made yet. Start one under Create, or add images.</p>
      ) : (
        <ul className={styles.choices} aria-label="Runs">
          {runs.slice(0, offeredRuns).map(({ id, spec, finished }) => (
            <li key={id}>
              <button
                type="button"
                className={styles.choice}
                disabled={finished === 0}
                onClick={choose(`Run ${id}`, ofRun(id))}
              >
                <span className={styles.name}>Run {id}</span>
                <span className={styles.prompt}>
                  <PromptText text={spec.prompt} lines={1} />
                </span>
                <span className={styles.count}>{countText(finished)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function countText(count: number): string {
  return count === 1 ? '1 picture' : `${formatCount(count)} pictures`
}
