import { useEffectEvent, useLayoutEffect, useRef, useState } from 'react'
import type { RefObject } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { parametersOf } from '../../../shared/parameters.ts'
import { formatCount } from '../../../shared/format.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { isTyping } from '../../components/typing.ts'
import { AlgorithmDrawing } from './algorithm-drawing.tsx'
import { AlgorithmFields, parametersInWords } from './algorithm-fields.tsx'
import { BaselinesField, baselinesInWords } from './baselines-field.tsx'
import { BudgetField } from './budget-field.tsx'
import { ClassField } from './class-field.tsx'
import styles from './compose-panel.module.css'
import { Cost } from './cost.tsx'
import { checkDraft, fitted, fittingOf, newSeed, takesNegativePrompt } from './draft.ts'
import type { Draft, FieldName, Faults } from './draft.ts'
import { budgeted, sizedBy } from './forecast.ts'
import { FormGroup } from './form-group.tsx'
import { ModelFields } from './model-fields.tsx'
import { firstPack, imagePacks, offeredVerifiers, packProblem } from './packs.ts'
import { NegativePromptField } from './negative-prompt-field.tsx'
import { PictureSettings } from './picture-settings.tsx'
import { PlaceFields, placeInWords } from './place-fields.tsx'
import { PresetMenu } from './preset-menu.tsx'
import { PromptBatchList } from './prompt-batch.tsx'
import { PromptField } from './prompt-field.tsx'
import { SamplingFields, samplingInWords } from './sampling-fields.tsx'
import { SeedField } from './seed-field.tsx'
import { StopFields, areStopsFaulty, stopsInWords } from './stop-fields.tsx'
import { replacedBy } from './presets.ts'
import type { DraftHandle } from './use-draft.ts'
import { useFormGroups } from './use-form-groups.ts'
import { isPromptFile, useDropped, useFileDrop } from './use-file-drop.ts'
import { usePromptBatch } from './use-prompt-batch.ts'
import { useRate } from './use-rate.ts'
import { VerifierFields, verifiersInWords } from './verifier-fields.tsx'

const seedId = 'compose-seed'
const shownExamples = 3

type ComposePanelProps = {
  readonly handle: DraftHandle
  /** Where a file may be dropped for the form, beside the form itself. */
  readonly dropPlace: RefObject<HTMLElement | null>
  /** Called when a run is on its way to the studio; what it gives is called with the run's number. */
  readonly onStarting: () => (runId: number) => void
}

/** Composes a run: everything a specification holds, checked while it is typed, its cost known before it starts. */
export function ComposePanel({ handle, dropPlace, onStarting }: ComposePanelProps) {
  const { bridge, undo } = useStudio()
  const packsQuery = useQuery('packs')
  const place = valueOf(useQuery('environment'))
  const packs = valueOf(packsQuery)
  const adopted = firstPack(handle.draft, packs)
  const chosen = { ...handle.draft, ...adopted }
  const pack = imagePacks(packs).find(({ id }) => id === chosen.pack)
  const rate = useRate(chosen, pack)
  const budget = budgeted(fitted(chosen, pack), rate)
  const { draft } = budget
  const groups = useFormGroups()
  const fitting = fittingOf(draft.algorithm, pack)
  // A change is made to what is shown, adopted pack and all; what the form was left with may still come.
  const change = (changes: Partial<Draft>) =>
    handle.change(handle.isSettled ? { ...adopted, ...changes } : changes)
  /** A change of several fields at once, or of one that cannot be typed back: undo takes it back. */
  const changeAtOnce = (label: string, changes: Partial<Draft>) => {
    const before = replacedBy(chosen, changes)
    change(changes)
    undo.done({
      label,
      undo: () => Promise.resolve(handle.change(before)),
      redo: () => Promise.resolve(handle.change(changes)),
    })
  }
  const form = useRef<HTMLFormElement>(null)
  const dropped = useFileDrop(dropPlace, form, styles.over)
  const batch = usePromptBatch(draft, packs, rate, onStarting)
  const chooser = useRef<HTMLInputElement>(null)
  useDropped(dropped, (file) => {
    if (isPromptFile(file)) void batch.take(file)
  })
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
  // Until the form is as it was left, what it holds is nobody's wish.
  const isReady = problem === null && packs !== null && handle.isSettled
  const isFaulty = (field: FieldName) => faults[field] !== undefined
  const examples = pack?.kind === 'text_to_image' ? pack.examplePrompts : []

  const start = async (): Promise<void> => {
    setTried(true)
    setRefusal(null)
    if (checked.kind === 'faulty' || budget.kind === 'faulty') {
      const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
      ;(first ?? document.getElementById('compose-prompt'))?.focus()
      return
    }
    const wanted = JSON.stringify({ ...checked.spec, seed: null })
    if (wanted === starting) return
    setStarting(wanted)
    setTried(false)
    if (!draft.seedLocked) change({ seed: newSeed() })
    const onStarted = onStarting()
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
  const seedKeys: Readonly<Record<string, () => void>> = {
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
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.repeat && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      form.current?.requestSubmit()
      return
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
    if (!isTyping(event.target)) seedKeys[event.key.toLowerCase()]?.()
  })
  useLayoutEffect(() => {
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
        if (problem === null && !isReady)
          undo.say('The models are still being looked through; run in a moment.')
        if (!isReady) return
        void (batch.state.kind === 'read' ? batch.start() : start())
      }}
    >
      <div className={styles.fields}>
        <div className={styles.tools}>
          {pack !== undefined && <PresetMenu handle={handle} draft={chosen} pack={pack} rate={rate} />}
          <button
            type="button"
            className={styles.example}
            title="One run for each line of a text file or row of a CSV table; or drop it on the form"
            onClick={() => chooser.current?.click()}
          >
            Prompt file…
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
        <ModelFields draft={draft} packs={packs} problem={problem} faults={faults} onChange={change} />
        <BudgetField budget={budget} rate={rate} onChange={change} />
        <div className={styles.groups}>
          <FormGroup
            {...{ groups, id: 'parameters', title: 'Parameters', summary: parametersInWords(draft) }}
            faulty={(parametersOf[draft.algorithm] as readonly FieldName[]).some(isFaulty)}
          >
            <AlgorithmDrawing draft={draft} />
            <AlgorithmFields
              draft={draft}
              faults={faults}
              // Who says how large the search is by its own number wants that, not the budget's.
              onChange={(changes) =>
                change(sizedBy[draft.algorithm] in changes ? { ...changes, budgetAmount: '' } : changes)
              }
            />
          </FormGroup>
          <FormGroup
            {...{ groups, id: 'verifiers', title: 'Verifiers', summary: verifiersInWords(draft) }}
            faulty={isFaulty('guide') || isFaulty('heldOut')}
          >
            <VerifierFields
              draft={draft}
              offered={offeredVerifiers(packs, draft, place)}
              ensembles={fitting.ensembles}
              fault={faults.guide ?? faults.heldOut ?? null}
              onChange={change}
            />
          </FormGroup>
          <FormGroup
            {...{ groups, id: 'sampling', title: 'Sampling', summary: samplingInWords(draft) }}
            faulty={(['sampler', 'schedule', 'steps', 'guidance', 'finalSteps', 'shift'] as const).some(
              isFaulty,
            )}
          >
            <SamplingFields draft={draft} faults={faults} fitting={fitting} pack={pack} onChange={change} />
          </FormGroup>
          <FormGroup
            {...{ groups, id: 'baselines', title: 'Baselines', summary: baselinesInWords(draft) }}
            faulty={isFaulty('baselines')}
          >
            <BaselinesField draft={draft} fault={faults.baselines ?? null} onChange={change} />
          </FormGroup>
          <FormGroup
            {...{ groups, id: 'seed', title: 'Seed' }}
            summary={`${draft.seed}, ${draft.seedLocked ? 'kept' : 'then a new one'}`}
            faulty={isFaulty('seed')}
          >
            <SeedField
              id={seedId}
              seed={draft.seed}
              locked={draft.seedLocked}
              fault={faults.seed ?? null}
              onSeed={(seed) => change({ seed })}
              onDice={drawSeed}
              onLock={(seedLocked) => change({ seedLocked })}
            />
          </FormGroup>
          {pack !== undefined && takesNegativePrompt(pack) && (
            <FormGroup
              {...{ groups, id: 'negative', title: 'Negative prompt' }}
              summary={draft.negativePrompt.trim() || 'none'}
              faulty={isFaulty('negativePrompt')}
            >
              <NegativePromptField
                prompt={draft.negativePrompt}
                guidance={draft.guidance}
                fault={faults.negativePrompt ?? null}
                onChange={(negativePrompt) => change({ negativePrompt })}
              />
            </FormGroup>
          )}
          <FormGroup
            {...{ groups, id: 'stops', title: 'Early stop', summary: stopsInWords(chosen) }}
            faulty={areStopsFaulty(faults)}
          >
            <StopFields draft={chosen} faults={faults} onChange={change} />
          </FormGroup>
          <FormGroup
            {...{ groups, id: 'place', title: 'Size, device, noise', summary: placeInWords(draft, pack) }}
            faulty={isFaulty('size') || isFaulty('device') || isFaulty('generator')}
          >
            <PlaceFields draft={draft} faults={faults} pack={pack} onChange={change} />
          </FormGroup>
        </div>
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
        <Button type="submit" look="primary" className={styles.run} disabled={!isReady || isBatchIdle}>
          {batch.state.kind === 'read' ? `Run ${formatCount(ready.length)} prompts` : 'Run'}
          {starting === null ? (
            <kbd className={styles.key}>{runKey}</kbd>
          ) : (
            <span className={styles.key}>is starting…</span>
          )}
        </Button>
      </div>
    </form>
  )
}

const runKey = /mac/i.test(navigator.userAgent) ? '⌘ ↵' : 'Ctrl ↵'
