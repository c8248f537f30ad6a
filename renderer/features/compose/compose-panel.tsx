import { useEffect, useRef, useState } from 'react'

import type { PackSummary } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { maxSteps } from '../../../shared/run-spec.ts'
import { algorithms, idsOf, samplers, verifiers } from '../../../shared/vocabulary.ts'
import { useQuery, useStudio, valueOf } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Select, Switch, TextInput } from '../../components/controls.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import { formatCount } from '../../logic/format.ts'
import { planOf } from '../../logic/plan.ts'
import styles from './compose-panel.module.css'
import { checkDraft, equalCostOf, newSeed, settingsOf } from './draft.ts'
import type { Draft, Faults, ImagePack } from './draft.ts'
import { PromptField } from './prompt-field.tsx'
import { SeedField } from './seed-field.tsx'
import type { DraftHandle } from './use-draft.ts'

const ids = {
  pack: 'compose-pack',
  verifier: 'compose-verifier',
  algorithm: 'compose-algorithm',
  sampler: 'compose-sampler',
  candidates: 'compose-candidates',
  steps: 'compose-steps',
  guidance: 'compose-guidance',
  numbers: 'compose-numbers',
  baselines: 'compose-baselines',
  seed: 'compose-seed',
} as const

const shownExamples = 3

type ComposePanelProps = {
  readonly handle: DraftHandle
  readonly onStarted: (runId: number) => void
}

/** Composes a run: everything a specification holds, checked while it is typed, its cost known before it starts. */
export function ComposePanel({ handle, onStarted }: ComposePanelProps) {
  const { bridge } = useStudio()
  const packsQuery = useQuery('packs')
  const packs = valueOf(packsQuery)
  const adopted = firstPack(handle.draft, packs)
  const draft = { ...handle.draft, ...adopted }
  // A change is made to what is shown, adopted pack and all.
  const change = (changes: Partial<Draft>) => handle.change({ ...adopted, ...changes })
  const form = useRef<HTMLFormElement>(null)
  const [tried, setTried] = useState(false)
  /** What is on its way to the studio, but for its seed: pressing Run twice for the same thing starts it once. */
  const [starting, setStarting] = useState<string | null>(null)
  const [refusal, setRefusal] = useState<ErrorData | null>(null)

  const checked = checkDraft(draft)
  const faults: Faults = checked.kind === 'faulty' ? checked.faults : {}
  // An empty prompt is not a mistake before Run was pressed.
  const promptFault = tried || draft.prompt.trim() !== '' ? (faults.prompt ?? null) : null
  const problem = packProblem(packs, draft)
  const examples = imagePacks(packs).find((pack) => pack.id === draft.pack)?.examplePrompts ?? []

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
        <PromptField
          prompt={draft.prompt}
          pack={draft.pack}
          examples={examples.slice(0, shownExamples)}
          fault={promptFault}
          onChange={(prompt) => change({ prompt })}
        />
        <ModelFields draft={draft} packs={packs} problem={problem} onChange={change} />
        <NumberFields draft={draft} faults={faults} onChange={change} />
        <BaselinesField draft={draft} fault={faults.baselines ?? null} onChange={change} />
        <div>
          <SeedField
            id={ids.seed}
            seed={draft.seed}
            locked={draft.seedLocked}
            fault={faults.seed ?? null}
            onSeed={(seed) => change({ seed })}
            onLock={(seedLocked) => change({ seedLocked })}
          />
          <Note id={ids.seed} fault={faults.seed ?? null} />
        </div>
      </div>
      <div className={styles.footer}>
        {packsQuery.kind === 'failed' && (
          <FaultPanel title="The packs cannot be listed" error={packsQuery.error} />
        )}
        {refusal !== null && <FaultPanel title="The run was not started" error={refusal} />}
        <Cost draft={draft} />
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

/** What a draft without a known pack takes over: the first usable one, with its settings. */
function firstPack(draft: Draft, packs: readonly PackSummary[] | null): Partial<Draft> {
  const images = imagePacks(packs)
  const first = images.find((pack) => pack.problem === null)
  return first === undefined || images.some((pack) => pack.id === draft.pack) ? {} : settingsOf(first)
}

function imagePacks(packs: readonly PackSummary[] | null): readonly ImagePack[] {
  return (packs ?? []).filter((pack) => pack.kind === 'text_to_image')
}

/** Why nothing can be run at the moment, null when it can. */
function packProblem(packs: readonly PackSummary[] | null, draft: Draft): string | null {
  if (packs === null) return null
  const images = imagePacks(packs)
  if (images.length === 0) return 'No pack that makes images is installed in models/packs.'
  // Where every pack is damaged none was adopted: the first one's reason stands for all.
  const chosen = images.find((pack) => pack.id === draft.pack) ?? images[0]
  if (chosen?.problem) return chosen.problem.message
  const judges = packs.filter((pack) => pack.kind === 'verifier' && pack.verifiers.includes(draft.verifier))
  if (judges.length === 0) return `No installed pack can judge by ${verifiers[draft.verifier].label}.`
  const broken = judges.every((pack) => pack.problem !== null) ? judges[0]?.problem : null
  return broken?.message ?? null
}

type ModelFieldsProps = {
  readonly draft: Draft
  readonly packs: readonly PackSummary[] | null
  readonly problem: string | null
  readonly onChange: (changes: Partial<Draft>) => void
}

function ModelFields({ draft, packs, problem, onChange }: ModelFieldsProps) {
  const images = imagePacks(packs)
  const offered = new Set(
    (packs ?? []).flatMap((pack) =>
      pack.kind === 'verifier' && pack.problem === null ? pack.verifiers : [],
    ),
  )
  return (
    <div>
      <div className={styles.pair}>
        <Field id={ids.pack} label="Pack">
          <Select
            id={ids.pack}
            value={draft.pack}
            disabled={images.length === 0}
            invalid={problem !== null}
            aria-describedby={noteId(ids.pack)}
            options={
              packs === null
                ? [{ id: draft.pack, label: 'Loading…' }]
                : images.length === 0
                  ? [{ id: draft.pack, label: 'None installed' }]
                  : images.map((pack) => ({
                      id: pack.id,
                      label: pack.problem === null ? pack.name : `${pack.name} (damaged)`,
                      disabled: pack.problem !== null,
                    }))
            }
            onPick={(packId) => {
              const pack = images.find((image) => image.id === packId)
              if (pack !== undefined) onChange(settingsOf(pack))
            }}
          />
        </Field>
        <Field id={ids.verifier} label="Guide">
          <Select
            id={ids.verifier}
            value={draft.verifier}
            title={verifiers[draft.verifier].about}
            options={idsOf(verifiers).map((id) => ({
              id,
              label: verifiers[id].label,
              disabled: packs !== null && !offered.has(id),
            }))}
            onPick={(id) => onChange({ verifier: id as Draft['verifier'] })}
          />
        </Field>
        <Field id={ids.algorithm} label="Algorithm">
          <Select
            id={ids.algorithm}
            value={draft.algorithm}
            aria-describedby={noteId(ids.pack)}
            options={idsOf(algorithms).map((id) => ({ id, label: algorithms[id].label }))}
            onPick={(id) => onChange({ algorithm: id as Draft['algorithm'] })}
          />
        </Field>
        <Field id={ids.sampler} label="Sampler">
          <Select
            id={ids.sampler}
            value={draft.sampler}
            title={samplers[draft.sampler].about}
            options={idsOf(samplers).map((id) => ({ id, label: samplers[id].label }))}
            onPick={(id) => onChange({ sampler: id as Draft['sampler'] })}
          />
        </Field>
      </div>
      <Note id={ids.pack} fault={problem} lines={2}>
        {algorithms[draft.algorithm].about}
      </Note>
    </div>
  )
}

type PartProps = {
  readonly draft: Draft
  readonly onChange: (changes: Partial<Draft>) => void
}

const numbers = [
  { name: 'candidates', label: 'Candidates' },
  { name: 'steps', label: 'Steps' },
  { name: 'guidance', label: 'Guidance' },
] as const

function NumberFields({ draft, faults, onChange }: PartProps & { readonly faults: Faults }) {
  const faulty = numbers.find(({ name }) => faults[name] !== undefined)
  const fault = faulty === undefined ? null : `${faulty.label}: ${lowerFirst(faults[faulty.name] ?? '')}`
  return (
    <div>
      <div className={styles.triple}>
        {numbers.map(({ name, label }) => (
          <Field key={name} id={ids[name]} label={label}>
            <TextInput
              id={ids[name]}
              inputMode="decimal"
              value={draft[name]}
              invalid={faults[name] !== undefined}
              aria-describedby={noteId(ids.numbers)}
              onChange={(event) => onChange({ [name]: event.target.value })}
              onKeyDown={(event) => {
                const turn = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
                const value = Number(draft[name])
                if (turn === 0 || Number.isNaN(value)) return
                event.preventDefault()
                const least = name === 'guidance' ? 0 : 1
                const by = name === 'guidance' ? 0.5 : 1
                onChange({ [name]: String(Math.max(least, value + turn * by)) })
              }}
            />
          </Field>
        ))}
      </div>
      <Note id={ids.numbers} fault={fault} />
    </div>
  )
}

function BaselinesField({ draft, fault, onChange }: PartProps & { readonly fault: string | null }) {
  const equal = equalCostOf(draft)
  const label =
    equal.kind === 'unknown' || equal.kind === 'too-many'
      ? 'Equal cost'
      : `Equal cost: ${formatCount(equal.steps)} steps`
  return (
    <div>
      <Field id={ids.baselines} label="Baselines: one noise, this many steps">
        <TextInput
          id={ids.baselines}
          inputMode="numeric"
          value={draft.baselines}
          placeholder="none"
          invalid={fault !== null}
          aria-describedby={noteId(ids.baselines)}
          onChange={(event) => onChange({ baselines: event.target.value })}
        />
      </Field>
      <div className={styles.equal}>
        <Switch
          on={draft.equalCost}
          label={label}
          describedBy={noteId(ids.baselines)}
          onToggle={(equalCost) => onChange({ equalCost })}
        />
      </div>
      <Note id={ids.baselines} fault={fault}>
        {draft.equalCost && equal.kind === 'too-many'
          ? `Left out: ${formatCount(equal.steps)} steps, a run takes ${formatCount(maxSteps)}.`
          : null}
      </Note>
    </div>
  )
}

/** What the run will cost; that does not depend on the prompt, so it is known before one is typed. */
function Cost({ draft }: { readonly draft: Draft }) {
  const checked = checkDraft({ ...draft, prompt: 'any', pack: 'any' })
  if (checked.kind === 'faulty') return <p className={styles.cost} />
  const { images, searchNfe, baselineNfe } = planOf(checked.spec)
  return (
    <p className={styles.cost}>
      {formatCount(images)} {images === 1 ? 'image' : 'images'}, {formatCount(searchNfe + baselineNfe)} NFE (
      {formatCount(searchNfe)} by search)
    </p>
  )
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}
