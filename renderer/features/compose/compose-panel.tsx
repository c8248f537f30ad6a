import { useEffect, useRef, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatCount } from '../../../shared/format.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { isTyping } from '../../components/typing.ts'
import { AlgorithmDrawing } from './algorithm-drawing.tsx'
import { AlgorithmFields } from './algorithm-fields.tsx'
import { BaselinesField } from './baselines-field.tsx'
import { BudgetFields } from './budget-fields.tsx'
import { ClassField } from './class-field.tsx'
import styles from './compose-panel.module.css'
import { Cost } from './cost.tsx'
import { checkDraft, fitted, fittingOf, newSeed, takesNegativePrompt } from './draft.ts'
import type { Draft, Faults } from './draft.ts'
import { ModelFields } from './model-fields.tsx'
import { firstPack, imagePacks, offeredVerifiers, packProblem } from './packs.ts'
import { NegativePromptField } from './negative-prompt-field.tsx'
import { PictureSettings } from './picture-settings.tsx'
import { PlaceFields } from './place-fields.tsx'
import { PresetMenu } from './preset-menu.tsx'
import { PromptBatchList } from './prompt-batch.tsx'
import { PromptField } from './prompt-field.tsx'
import { SamplingFields } from './sampling-fields.tsx'
import { SeedField } from './seed-field.tsx'
import { replacedBy } from './presets.ts'
import type { DraftHandle } from './use-draft.ts'
import { isPromptFile, useDropped, useFileDrop } from './use-file-drop.ts'
import { usePromptBatch } from './use-prompt-batch.ts'
import { useRate } from './use-rate.ts'
import { VerifierFields } from './verifier-fields.tsx'

const seedId = 'compose-seed'
const shownExamples = 3

type ComposePanelProps = {
  readonly handle: DraftHandle
  readonly onStarted: (runId: number) => void
}

/** Composes a run: everything a specification holds, checked while it is typed, its cost known before it starts. */
export function ComposePanel({ handle, onStarted }: ComposePanelProps) {
  const { bridge, undo } = useStudio()
  const packsQuery = useQuery('packs')
  const place = valueOf(useQuery('environment'))
  const packs = valueOf(packsQuery)
  const adopted = firstPack(handle.draft, packs)
  const chosen = { ...handle.draft, ...adopted }
  const pack = imagePacks(packs).find(({ id }) => id === chosen.pack)
  const draft = fitted(chosen, pack)
  const fitting = fittingOf(draft.algorithm, pack)
  // A change is made to what is shown, adopted pack and all.
  const change = (changes: Partial<Draft>) => handle.change({ ...adopted, ...changes })
  /** A change of several fields at once, or of one that cannot be typed back: undo takes it back. */
  const changeAtOnce = (label: string, changes: Partial<Draft>) => {
    const before = replacedBy(draft, changes)
    change(changes)
    undo.done({
      label,
      undo: () => Promise.resolve(handle.change(before)),
      redo: () => Promise.resolve(handle.change(changes)),
    })
  }
  const form = useRef<HTMLFormElement>(null)
  const dropped = useFileDrop(form, styles.over)
  const batch = usePromptBatch(draft, packs, onStarted)
  const chooser = useRef<HTMLInputElement>(null)
  useDropped(dropped, (file) => {
    if (isPromptFile(file)) void batch.take(file)
  })
  const rate = useRate(draft, pack)
  const [tried, setTried] = useState(false)
  /** What is on its way to the studio, but for its seed: pressing Run twice for the same thing starts it once. */
  const [starting, setStarting] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<ErrorData | null>(null)

  const ready = batch.checked.flatMap((row) => (row.kind === 'valid' ? [row.spec] : []))
  const isBatchIdle = batch.state.kind === 'read' && (ready.length === 0 || batch.state.queueing !== null)
  const classes = pack?.kind === 'class_to_image' ? pack.classes : null
  const checked = checkDraft(draft, classes)
  const faults: Faults = checked.kind === 'faulty' ? checked.faults : {}
  // An empty prompt is not a mistake before Run was pressed.
  const promptFault = tried || draft.prompt.trim() !== '' ? (faults.prompt ?? null) : null
  const problem = packProblem(packs, draft, place)
  const examples = pack?.kind === 'text_to_image' ? pack.examplePrompts : []

  const start = async (): Promise<void> => {
    setTried(true)
    setRefusal(null)
    if (checked.kind === 'faulty') {
      const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
      ;(first ?? document.getElementById('compose-prompt'))?.focus()
      return
    }
    const wanted = JSON.stringify({ ...checked.spec, seed: null })
    if (wanted === starting) return
    setStarting(wanted)
    setTried(false)
    if (!draft.seedLocked) change({ seed: newSeed() })
    try {
      const { runId } = await bridge.startRun(checked.spec)
      onStarted(runId)
    } catch (thrown) {
      setRefusal(toErrorData(thrown))
    } finally {
      setStarting((now) => (now === wanted ? null : now))
    }
  }

  const drawSeed = () => changeAtOnce('Drew a new seed', { seed: newSeed() })
  const seedKeys = useRef<Readonly<Record<string, () => void>>>({})
  useEffect(() => {
    seedKeys.current = {
      r: drawSeed,
      k() {
        change({ seedLocked: !draft.seedLocked })
        undo.say(draft.seedLocked ? 'The next run draws a new seed.' : `Seed ${draft.seed} is kept.`)
      },
      y: () =>
        void navigator.clipboard.writeText(draft.seed).then(
          () => undo.say(`Seed ${draft.seed} copied.`),
          () => undo.say('The clipboard cannot be reached.', true),
        ),
    }
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
      if (!isTyping(event.target)) seedKeys.current[event.key.toLowerCase()]?.()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || event.repeat || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      form.current?.requestSubmit()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  return (
    <form
      ref={form}
      className={styles.form}
      aria-label="New run"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (problem !== null || packs === null) return
        void (batch.state.kind === 'read' ? batch.start() : start())
      }}
    >
      <div className={styles.fields}>
        <div className={styles.tools}>
          {pack !== undefined && <PresetMenu handle={handle} draft={draft} pack={pack} />}
          <button
            type="button"
            className={styles.example}
            title="One run for each line of a text file or row of a CSV table; or drop it on the form"
            onClick={() => chooser.current?.click()}
          >
            Prompts from a file…
          </button>
          <PictureSettings handle={handle} packs={packs} dropped={dropped} />
          <input
            ref={chooser}
            type="file"
            accept=".txt,.csv,.tsv,text/plain,text/csv"
            hidden
            aria-label="File of prompts"
            onChange={(event) => {
              const file = event.target.files?.[0]
              event.target.value = ''
              if (file !== undefined) void batch.take(file)
            }}
          />
          {batch.state.kind === 'unreadable' && (
            <p role="alert" className={styles.refused}>
              {batch.state.message}
            </p>
          )}
        </div>
        {batch.state.kind === 'read' ? (
          <PromptBatchList batch={batch} />
        ) : classes === null ? (
          <PromptField
            prompt={draft.prompt}
            pack={draft.pack}
            examples={examples.slice(0, shownExamples)}
            fault={promptFault}
            onChange={(prompt) => change({ prompt })}
          />
        ) : (
          <ClassField
            name={draft.prompt}
            classes={classes}
            fault={promptFault}
            onChange={(prompt) => change({ prompt })}
          />
        )}
        {pack !== undefined && takesNegativePrompt(pack) && (
          <NegativePromptField
            prompt={draft.negativePrompt}
            guidance={draft.guidance}
            fault={faults.negativePrompt ?? null}
            onChange={(negativePrompt) => change({ negativePrompt })}
          />
        )}
        <ModelFields draft={draft} packs={packs} problem={problem} faults={faults} onChange={change} />
        <AlgorithmDrawing draft={draft} />
        <AlgorithmFields draft={draft} faults={faults} onChange={change} />
        <SamplingFields draft={draft} faults={faults} fitting={fitting} pack={pack} onChange={change} />
        <VerifierFields
          draft={draft}
          offered={offeredVerifiers(packs, draft, place)}
          ensembles={fitting.ensembles}
          fault={faults.guide ?? faults.heldOut ?? null}
          onChange={change}
        />
        <PlaceFields draft={draft} faults={faults} pack={pack} onChange={change} />
        <BudgetFields
          {...{ draft, faults, rate }}
          onChange={change}
          onFit={(changes) => changeAtOnce('Fitted the search', changes)}
        />
        <BaselinesField draft={draft} fault={faults.baselines ?? null} onChange={change} />
        <SeedField
          id={seedId}
          seed={draft.seed}
          locked={draft.seedLocked}
          fault={faults.seed ?? null}
          onSeed={(seed) => change({ seed })}
          onDice={drawSeed}
          onLock={(seedLocked) => change({ seedLocked })}
        />
      </div>
      <div className={styles.footer}>
        {packsQuery.kind === 'failed' && (
          <FaultPanel title="The packs cannot be listed" error={packsQuery.error} />
        )}
        {refusal !== null && <FaultPanel title="The run was not started" error={refusal} />}
        <Cost
          {...{ draft, packs, rate }}
          memoryFree={place?.memoryFree ?? null}
          batch={ready.length > 0 ? ready : null}
        />
        <Button
          type="submit"
          look="primary"
          className={styles.run}
          disabled={problem !== null || packs === null || isBatchIdle}
        >
          {batch.state.kind === 'read' ? `Run ${formatCount(ready.length)} prompts` : 'Run'}
          <kbd className={styles.key}>{runKey}</kbd>
        </Button>
      </div>
    </form>
  )
}

const runKey = /mac/i.test(navigator.userAgent) ? '⌘ ↵' : 'Ctrl ↵'
