import { useEffect, useRef, useState } from 'react'
import type { DragEvent } from 'react'

import type { SentFile } from '../../../shared/contract.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatBytes } from '../../../shared/format.ts'
import type { ModelFindings } from '../../../shared/model-import.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { classes } from '../../components/classes.ts'
import { TextInput } from '../../components/controls.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Field } from '../../components/field.tsx'
import { filesOfChoice, filesOfEntry } from './folder-files.ts'
import { ImportForm } from './import-form.tsx'
import styles from './models.module.css'
import { ProgressBar } from './progress-bar.tsx'

const pathId = 'import-path'

/** From a folder to a form: how far the panel is. */
type Step =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending'; readonly bytes: number; readonly total: number; readonly stop: () => void }
  | { readonly kind: 'looking' }
  | { readonly kind: 'found'; readonly findings: ModelFindings }
  | { readonly kind: 'refused'; readonly error: ErrorData }

/** Where a folder is dropped, chosen or named; then what it holds, and what must be asked. */
export function ImportPanel() {
  const { bridge } = useStudio()
  const { folders } = bridge
  const [step, setStep] = useState<Step>({ kind: 'idle' })
  const [path, setPath] = useState('')
  const [isOver, setOver] = useState(false)
  /** The form was left: the focus that it had goes on here. */
  const [isBack, setBack] = useState(false)
  const chooser = useRef<HTMLInputElement>(null)
  const sending = useRef<AbortController>(null)
  useEffect(() => () => sending.current?.abort(), [])

  const attempt = async (act: () => Promise<string | null>): Promise<void> => {
    try {
      const folder = await act()
      if (folder === null) return setStep({ kind: 'idle' })
      setStep({ kind: 'looking' })
      try {
        setStep({ kind: 'found', findings: await bridge.inspectModel({ folder }) })
      } catch (thrown) {
        await bridge.discardUpload({ folder }).catch(() => undefined)
        throw thrown
      }
    } catch (thrown) {
      const error = toErrorData(thrown)
      setStep(error.code === 'cancelled' ? { kind: 'idle' } : { kind: 'refused', error })
    }
  }

  const send = async (gather: () => Promise<readonly SentFile[]>): Promise<string> => {
    if (folders.kind !== 'browser') throw new Error('Expected a browser, found the desktop.')
    const files = await gather()
    const total = files.reduce((sum, { file }) => sum + file.size, 0)
    const abort = new AbortController()
    sending.current = abort
    const show = (bytes: number) => setStep({ kind: 'sending', bytes, total, stop: () => abort.abort() })
    show(0)
    return folders.send(files, show, abort.signal)
  }

  const onDrop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    // Both must be asked for now: what was dropped is forgotten after the event.
    const [item] = [...event.dataTransfer.items].filter(({ kind }) => kind === 'file')
    const entry = item?.webkitGetAsEntry() ?? null
    const file = item?.getAsFile() ?? null
    if (item === undefined) return
    void attempt(async () => {
      if (folders.kind === 'browser') return send(() => filesOfEntry(entry))
      return file === null ? null : folders.pathOf(file)
    })
  }

  const choose = () => {
    if (folders.kind === 'desktop') void attempt(() => folders.choose())
    else chooser.current?.click()
  }

  if (step.kind === 'found') {
    const { findings } = step
    return (
      <ImportForm
        findings={findings}
        onStarted={() => {
          setStep({ kind: 'idle' })
          setBack(true)
          setPath('')
        }}
        onLeave={() => {
          void bridge.discardUpload({ folder: findings.folder }).catch(() => undefined)
          setStep({ kind: 'idle' })
          setBack(true)
        }}
      />
    )
  }
  const isBusy = step.kind === 'sending' || step.kind === 'looking'
  return (
    <section aria-label="Import a model" className={styles.import}>
      <div
        className={classes(styles.drop, isOver && styles.over)}
        onDragOver={(event) => {
          event.preventDefault()
          if (!isBusy) setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={isBusy ? (event) => event.preventDefault() : onDrop}
      >
        {step.kind === 'sending' ? (
          <>
            <p role="status">
              Sending {formatBytes(step.bytes)} of {formatBytes(step.total)}
            </p>
            <ProgressBar label="Bytes sent" value={step.bytes} of={step.total} />
            <Button onClick={step.stop}>Stop</Button>
          </>
        ) : (
          <>
            <p className={styles.dropTitle} role="status">
              {step.kind === 'looking' ? 'Looking at the folder…' : 'Drop the folder of a model here'}
            </p>
            <p className={styles.about}>
              ONNX as Optimum, OnnxStack, Amuse or transformers.js lay it out: Stable Diffusion, SDXL, SD3,
              FLUX.1, PixArt-Sigma, SiT; CLIP, aesthetic, ImageReward, PickScore, HPSv2, DINOv2, SigLIP,
              Inception.
            </p>
            <Button autoFocus={isBack} onClick={choose} disabled={isBusy}>
              Choose folder…
            </Button>
            {folders.kind === 'browser' && (
              <input
                ref={chooser}
                type="file"
                hidden
                aria-label="Folder of a model"
                {...{ webkitdirectory: '' }}
                onChange={(event) => {
                  const { files } = event.target
                  if (files === null || files.length === 0) return
                  const gathered = filesOfChoice(files)
                  event.target.value = ''
                  void attempt(() => send(() => Promise.resolve(gathered)))
                }}
              />
            )}
          </>
        )}
      </div>
      <form
        className={styles.pathForm}
        onSubmit={(event) => {
          event.preventDefault()
          if (path.trim() !== '' && !isBusy) void attempt(() => Promise.resolve(path.trim()))
        }}
      >
        <Field id={pathId} label="Or its path on this machine">
          <div className={styles.row}>
            <TextInput
              id={pathId}
              value={path}
              placeholder="/home/me/models/sdxl-onnx"
              onChange={(event) => setPath(event.target.value)}
            />
            <Button type="submit" disabled={isBusy || path.trim() === ''}>
              Look inside
            </Button>
          </div>
        </Field>
      </form>
      {step.kind === 'refused' && <FaultPanel title="This folder cannot be imported" error={step.error} />}
    </section>
  )
}
