import { useEffect, useState } from 'react'
import type { ComponentProps, ReactNode } from 'react'

import { contactSheet, maxOnSheet } from '../../../shared/contact-sheet.ts'
import type { RunDetail } from '../../../shared/domain.ts'
import { drawnFigureOf, imagesOfFigure } from '../../../shared/drawn-figure.ts'
import { imagesAsUrls, sheetPictures } from '../../../shared/drawn-images.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { figureDrawing } from '../../../shared/figure-drawing.ts'
import { formatCount, formatCountOf } from '../../../shared/format.ts'
import type { Picture } from '../../../shared/gallery.ts'
import { scoresCsv } from '../../../shared/scores-csv.ts'
import type { PaperId } from '../../../shared/svg.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import type { Pool } from '../../api/selection.ts'
import { Button } from '../../components/button.tsx'
import { Select, Switch } from '../../components/controls.tsx'
import { Field } from '../../components/field.tsx'
import { saveFile } from '../../components/save-file.ts'
import { Segments } from '../../components/segments.tsx'
import { Stage } from '../../components/stage.tsx'
import styles from './export-stage.module.css'
import { pngFiles, zipped } from './png-files.ts'
import { rasterised } from './raster.ts'
import { usePoolPictures } from './use-pool-pictures.ts'

type ExportStageProps = {
  readonly pool: Pool
  readonly onClose: () => void
}

/** What is under way: a name, and how far it is. */
type Work = { readonly what: string; readonly done: number; readonly of: number }

const columnChoices = [2, 3, 4, 5, 6, 8, 10].map((n) => ({ id: String(n), label: String(n) }))

/** The way out of the studio: pictures, a contact sheet, scores, the figure of a run, its dossier. Nothing is sent anywhere. */
export function ExportStage({ pool, onClose }: ExportStageProps) {
  const { bridge } = useStudio()
  const loaded = usePoolPictures(pool.pictures)
  const [metadata, setMetadata] = useState<'all' | 'none'>('all')
  const [paper, setPaper] = useState<PaperId>('light')
  const [columns, setColumns] = useState('5')
  const [captions, setCaptions] = useState(true)
  const [withImages, setWithImages] = useState(true)
  const [work, setWork] = useState<Work | null>(null)
  const [said, say] = useState<{ readonly text: string; readonly isFault: boolean } | null>(null)
  const [stop] = useState(() => new AbortController())
  useEffect(() => () => stop.abort(), [stop])

  const pictures = loaded.kind === 'ready' ? loaded.pictures : []
  const runId = runOf(pictures)
  const run = valueOf(useQuery('run', runId === null ? null : { runId }))
  const ready = pictures.length > 0 && work === null
  const name = fileNameOf(pool.name)

  const save = async (what: string, of: number, make: (step: () => void) => Promise<void>): Promise<void> => {
    setWork({ what, done: 0, of })
    say(null)
    try {
      await make(() => setWork((now) => (now === null ? null : { ...now, done: now.done + 1 })))
      say({ text: `Saved: ${what}.`, isFault: false })
    } catch (thrown) {
      if (!stop.signal.aborted) say({ text: toErrorData(thrown).message, isFault: true })
    } finally {
      setWork(null)
    }
  }

  const savePictures = () =>
    save(`${formatCount(pictures.length)} pictures`, pictures.length, async (step) => {
      const files = await pngFiles(bridge, pictures, metadata, step, stop.signal)
      const [only, ...others] = files
      if (only !== undefined && others.length === 0)
        saveFile(only.name, new Blob([only.bytes], { type: 'image/png' }))
      else saveFile(`${name}.zip`, await zipped(files))
    })

  const sheetOf = (shown: readonly Picture[], urls: ReadonlyMap<string, string>) =>
    contactSheet(sheetPictures(shown, urls), {
      title: pool.name,
      subtitle: `${formatCount(shown.length)} pictures`,
      columns: Number(columns),
      paper,
      captions,
    })
  const saveSheet = (as: 'svg' | 'png') => {
    const shown = pictures.slice(0, maxOnSheet)
    return save('contact sheet', shown.length, async (step) => {
      const urls = await imagesAsUrls(
        bridge,
        shown.map(({ imageSha256 }) => imageSha256),
        step,
        stop.signal,
      )
      await saveDrawing(`${name}-sheet`, sheetOf(shown, urls), as)
    })
  }

  const saveFigure = (of: RunDetail, as: 'svg' | 'png') => {
    const hashes = imagesOfFigure(of)
    return save(`figure of run ${of.id}`, hashes.length, async (step) => {
      const urls = await imagesAsUrls(bridge, hashes, step, stop.signal)
      await saveDrawing(`goldpan-run-${of.id}-figure`, figureDrawing(drawnFigureOf(of, urls), paper), as)
    })
  }

  const saveDossier = ({ id }: RunDetail) =>
    save(`dossier of run ${id}`, 1, async () => {
      const { dossier } = await bridge.sealRun({ runId: id, images: withImages })
      saveFile(`goldpan-run-${id}.dossier.json`, new Blob([dossier], { type: 'application/json' }))
    })

  const saveScores = () =>
    save('scores', 1, () => {
      saveFile(`${name}-scores.csv`, new Blob([scoresCsv(pictures)], { type: 'text/csv;charset=utf-8' }))
      return Promise.resolve()
    })

  return (
    <Stage title={`Export: ${pool.name}`} onClose={onClose}>
      <div className={styles.export}>
        <p className={styles.about} role="status">
          {work !== null ? (
            <>
              {work.what}: {formatCount(work.done)} of {formatCount(work.of)}
            </>
          ) : said !== null ? (
            <span className={said.isFault ? styles.fault : undefined}>{said.text}</span>
          ) : loaded.kind === 'loading' ? (
            'Looking the pictures up…'
          ) : loaded.kind === 'failed' ? (
            <span className={styles.fault}>{loaded.message}</span>
          ) : pictures.length === 0 ? (
            'None of these pictures is in the library any more.'
          ) : (
            `${formatCountOf(pictures.length, 'picture')}. Everything is saved on this machine; nothing is sent.`
          )}
        </p>
        <div className={styles.ways}>
          <Way title="Pictures" about={picturesAbout(pictures.length, metadata)}>
            <Segments
              label="Metadata"
              value={metadata}
              options={[
                { id: 'all', label: 'With recipe' },
                { id: 'none', label: 'Pixels only' },
              ]}
              onPick={setMetadata}
            />
            <Save look="primary" data-autofocus off={!ready} onSave={savePictures}>
              {pictures.length === 1 ? 'Save PNG' : 'Save ZIP of PNGs'}
            </Save>
          </Way>
          <Way
            title="Contact sheet"
            about={
              pictures.length > maxOnSheet
                ? `The first ${maxOnSheet} pictures on one page: select fewer for all of them.`
                : 'All of them on one page, in their order, picks with a gold edge.'
            }
          >
            <Field id="export-columns" label="Columns">
              <Select id="export-columns" value={columns} options={columnChoices} onPick={setColumns} />
            </Field>
            <Switch on={captions} onToggle={setCaptions} label="Names, scores and stars" />
            <Paper value={paper} onPick={setPaper} />
            <SaveAs off={!ready} what="contact sheet" onSave={saveSheet} />
          </Way>
          <Way
            title="Scores"
            about="One line a picture: prompt, run, costs, marks, every score and its difference to the baseline, as CSV."
          >
            <Save off={!ready} onSave={saveScores}>
              Save CSV
            </Save>
          </Way>
          {run !== null && (
            <Way
              title={`Figure of run ${run.id}`}
              about="More steps on the left, search on the right, as in the paper, with costs and scores."
            >
              <Paper value={paper} onPick={setPaper} />
              <SaveAs off={work !== null} what="figure" onSave={(as) => saveFigure(run, as)} />
            </Way>
          )}
          {run !== null && (
            <Way
              title={`Dossier of run ${run.id}`}
              about="One sealed file with recipes, hashes, scores and costs: another Goldpan makes the run again from it and checks every number."
            >
              <Switch on={withImages} onToggle={setWithImages} label="With its pictures" />
              <Save off={work !== null} onSave={() => saveDossier(run)}>
                Save dossier
              </Save>
            </Way>
          )}
        </div>
      </div>
    </Stage>
  )
}

async function saveDrawing(name: string, svg: string, as: 'svg' | 'png'): Promise<void> {
  if (as === 'svg') saveFile(`${name}.svg`, new Blob([svg], { type: 'image/svg+xml' }))
  else saveFile(`${name}.png`, await rasterised(svg, 2))
}

function picturesAbout(count: number, metadata: 'all' | 'none'): string {
  const files = count === 1 ? 'A PNG file' : 'PNG files in one ZIP'
  return metadata === 'all'
    ? `${files}, each with its recipe inside: dropped on the prompt it gives its settings back.`
    : `${files} with nothing but pixels: no prompt, no recipe, no scores.`
}

/** The run that all of these pictures are of, whose figure and dossier go with them; null for none, or several. */
function runOf(pictures: readonly Picture[]): number | null {
  const runs = new Set(pictures.map(({ origin }) => (origin.kind === 'candidate' ? origin.runId : null)))
  const [only = null] = runs
  return runs.size === 1 ? only : null
}

/** A pool's name as the name of a file. */
function fileNameOf(pool: string): string {
  const plain = pool.replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-+|-+$/g, '')
  return `goldpan-${plain.slice(0, 60).toLowerCase() || 'pictures'}`
}

type WayProps = {
  readonly title: string
  readonly about: string
  readonly children: ReactNode
}

function Way({ title, about, children }: WayProps) {
  return (
    <section className={styles.way} aria-label={title}>
      <h3 className={styles.title}>{title}</h3>
      <p className={styles.text}>{about}</p>
      <div className={styles.controls}>{children}</div>
    </section>
  )
}

function Paper({ value, onPick }: { readonly value: PaperId; readonly onPick: (id: PaperId) => void }) {
  return (
    <Segments
      label="Paper"
      value={value}
      options={[
        { id: 'light', label: 'Light' },
        { id: 'dark', label: 'Dark' },
      ]}
      onPick={onPick}
    />
  )
}

type SaveProps = Omit<ComponentProps<typeof Button>, 'onClick'> & {
  /** It cannot be pressed now; it keeps the focus all the same. */
  readonly off: boolean
  readonly onSave: () => Promise<void>
}

function Save({ off, onSave, ...rest }: SaveProps) {
  return (
    <Button
      {...rest}
      aria-disabled={off}
      onClick={() => {
        if (!off) void onSave()
      }}
    />
  )
}

type SaveAsProps = {
  readonly off: boolean
  readonly what: string
  readonly onSave: (as: 'svg' | 'png') => Promise<void>
}

function SaveAs({ off, what, onSave }: SaveAsProps) {
  return (
    <div className={styles.pair}>
      <Save off={off} aria-label={`Save ${what} as PNG`} onSave={() => onSave('png')}>
        Save PNG
      </Save>
      <Save off={off} aria-label={`Save ${what} as SVG`} onSave={() => onSave('svg')}>
        Save SVG
      </Save>
    </div>
  )
}
