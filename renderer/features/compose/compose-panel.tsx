import { useEffect, useRef, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { PackSummary } from '../../../shared/domain.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Note } from '../../components/field.tsx'
import { formatBytes, formatCount } from '../../logic/format.ts'
import { planOf } from '../../../shared/plan.ts'
import { AlgorithmFields } from './algorithm-fields.tsx'
import { BaselinesField } from './baselines-field.tsx'
import { BudgetFields } from './budget-fields.tsx'
import { ClassField } from './class-field.tsx'
import styles from './compose-panel.module.css'
import { checkDraft, fitted, fittingOf, newSeed, takesNegativePrompt } from './draft.ts'
import type { Draft, Faults } from './draft.ts'
import { ModelFields } from './model-fields.tsx'
import { firstPack, imagePacks, memoryOf, offeredVerifiers, packProblem } from './packs.ts'
import { NegativePromptField } from './negative-prompt-field.tsx'
import { PictureSettings } from './picture-settings.tsx'
import { PlaceFields } from './place-fields.tsx'
import { PromptField } from './prompt-field.tsx'
import { SamplingFields } from './sampling-fields.tsx'
import { SeedField } from './seed-field.tsx'
import type { DraftHandle } from './use-draft.ts'
import { VerifierFields } from './verifier-fields.tsx'

const seedId = 'compose-seed'
const shownExamples = 3

type ComposePanelProps = {
  readonly handle: DraftHandle
  readonly onStarted: (runId: number) => void
}

/** Composes a run: everything a specification holds, checked while it is typed, its cost known before it starts. */
export function ComposePanel({ handle, onStarted }: ComposePanelProps) {
  const { bridge } = useStudio()
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
  const form = useRef<HTMLFormElement>(null)
  const [tried, setTried] = useState(false)
  /** What is on its way to the studio, but for its seed: pressing Run twice for the same thing starts it once. */
  const [starting, setStarting] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<ErrorData | null>(null)

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
        if (problem === null && packs !== null) void start()
      }}
    >
      <div className={styles.fields}>
        <PictureSettings handle={handle} packs={packs} />
        {classes === null ? (
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
        <AlgorithmFields draft={draft} faults={faults} onChange={change} />
        <SamplingFields draft={draft} faults={faults} fitting={fitting} pack={pack} onChange={change} />
        <VerifierFields
          draft={draft}
          offered={offeredVerifiers(packs, draft, place)}
          fault={faults.guide ?? faults.heldOut ?? null}
          onChange={change}
        />
        <PlaceFields draft={draft} faults={faults} pack={pack} onChange={change} />
        <BudgetFields draft={draft} faults={faults} onChange={change} />
        <BaselinesField draft={draft} fault={faults.baselines ?? null} onChange={change} />
        <div>
          <SeedField
            id={seedId}
            seed={draft.seed}
            locked={draft.seedLocked}
            fault={faults.seed ?? null}
            onSeed={(seed) => change({ seed })}
            onLock={(seedLocked) => change({ seedLocked })}
          />
          <Note id={seedId} fault={faults.seed ?? null} />
        </div>
      </div>
      <div className={styles.footer}>
        {packsQuery.kind === 'failed' && (
          <FaultPanel title="The packs cannot be listed" error={packsQuery.error} />
        )}
        {refusal !== null && <FaultPanel title="The run was not started" error={refusal} />}
        <Cost draft={draft} packs={packs} memoryFree={place?.memoryFree ?? null} />
        <Button
          type="submit"
          look="primary"
          className={styles.run}
          disabled={problem !== null || packs === null}
        >
          Run
          <kbd className={styles.key}>{runKey}</kbd>
        </Button>
      </div>
    </form>
  )
}

const runKey = /mac/i.test(navigator.userAgent) ? '⌘ ↵' : 'Ctrl ↵'

type CostProps = {
  readonly draft: Draft
  readonly packs: readonly PackSummary[] | null
  /** Bytes; null while nobody knows. */
  readonly memoryFree: number | null
}

/** What the run will cost; that does not depend on the prompt, so it is known before one is typed. */
function Cost({ draft, packs, memoryFree }: CostProps) {
  const memory = memoryOf(packs, draft)
  const isTight = memory !== null && memoryFree !== null && memory > memoryFree
  const checked = checkDraft({ ...draft, prompt: 'any', pack: 'any', seed: '0' })
  if (checked.kind === 'faulty') return <div className={styles.cost} />
  const { images, searchNfe, baselineNfe } = planOf(checked.spec)
  const isBounded = Object.values(checked.spec.budget).some((bound) => bound !== null)
  return (
    <div className={styles.cost}>
      <p>
        {isBounded && 'At most '}
        {formatCount(images)} {images === 1 ? 'image' : 'images'}, {formatCount(searchNfe + baselineNfe)} NFE
        ({formatCount(searchNfe)} by search)
      </p>
      {memory !== null && (
        <p className={isTight ? styles.tight : undefined}>
          Up to {formatBytes(memory)} of memory
          {isTight && `, ${formatBytes(memoryFree)} are free`}
        </p>
      )}
    </div>
  )
}
