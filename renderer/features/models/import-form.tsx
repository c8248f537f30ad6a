import { useEffect, useRef, useState } from 'react'

import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatBytes } from '../../../shared/format.ts'
import type { ImportQuestion, ModelFindings } from '../../../shared/model-import.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { Select, TextArea, TextInput } from '../../components/controls.tsx'
import { Facts } from '../../components/facts.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import { answerFault, answersOf, suggestedAnswers } from './answers.ts'
import styles from './models.module.css'

const ids = { name: 'import-name', id: 'import-id' } as const

type ImportFormProps = {
  readonly findings: ModelFindings
  readonly onStarted: () => void
  readonly onLeave: () => void
}

/** What a folder holds, what it cannot say, and under which name it is imported. */
export function ImportForm({ findings, onStarted, onLeave }: ImportFormProps) {
  const { bridge } = useStudio()
  const [typed, setTyped] = useState(() => suggestedAnswers(findings))
  const [name, setName] = useState(findings.suggested.name)
  const [id, setId] = useState(findings.suggested.id)
  const [tried, setTried] = useState(false)
  const [isStarting, setStarting] = useState(false)
  const [refusal, setRefusal] = useState<ErrorData | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])

  const { questions } = findings
  const faultOf = (question: ImportQuestion) => answerFault(question, typed[question.id] ?? '')
  const isFaulty = questions.some((question) => faultOf(question) !== null)

  const start = async (): Promise<void> => {
    setTried(true)
    setRefusal(null)
    if (isFaulty) {
      // After the marks are drawn.
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
      return
    }
    setStarting(true)
    try {
      await bridge.importModel({
        ...{ folder: findings.folder, answers: answersOf(findings, typed) },
        ...{ id: id.trim(), name: name.trim() },
      })
      onStarted()
    } catch (thrown) {
      setRefusal(toErrorData(thrown))
    } finally {
      setStarting(false)
    }
  }

  return (
    <section aria-label="Import a model" className={styles.import}>
      <form
        ref={form}
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (!isStarting) void start()
        }}
      >
        <h3 ref={heading} tabIndex={-1} className={styles.found}>
          {findings.what}
        </h3>
        <Facts
          facts={[
            { name: 'To copy', value: formatBytes(findings.bytes) },
            { name: 'Licence', value: findings.licence },
            ...Object.entries(findings.roles).map(([role, file]) => ({ name: wordsOf(role), value: file })),
          ]}
        />
        {findings.notes.map((note) => (
          <p key={note} className={styles.note}>
            {note}
          </p>
        ))}
        {questions.length > 0 && (
          <fieldset className={styles.questions}>
            <legend className={styles.legend}>What the folder does not say</legend>
            {questions.map((question) => (
              <Question
                key={question.id}
                question={question}
                typed={typed[question.id] ?? ''}
                fault={tried ? faultOf(question) : null}
                onType={(text) => setTyped({ ...typed, [question.id]: text })}
              />
            ))}
          </fieldset>
        )}
        <div className={styles.names}>
          <Field id={ids.name} label="Name">
            <TextInput id={ids.name} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field id={ids.id} label="Id, for the command line">
            <TextInput id={ids.id} value={id} onChange={(event) => setId(event.target.value)} />
          </Field>
        </div>
        {refusal !== null && <FaultPanel title="The import was not started" error={refusal} />}
        <div className={styles.row}>
          <Button look="primary" type="submit" disabled={isStarting}>
            Import
          </Button>
          <Button onClick={onLeave}>Not this one</Button>
        </div>
      </form>
    </section>
  )
}

type QuestionProps = {
  readonly question: ImportQuestion
  readonly typed: string
  readonly fault: string | null
  readonly onType: (text: string) => void
}

function Question({ question, typed, fault, onType }: QuestionProps) {
  const id = `import-answer-${question.id}`
  const common = { id, value: typed, invalid: fault !== null, 'aria-describedby': noteId(id) }
  return (
    <div>
      <Field
        id={id}
        label={question.label}
        aside={question.suggestion === null ? 'needed' : `suggested: ${suggestionText(question)}`}
      >
        {question.kind === 'choice' ? (
          <Select
            {...common}
            options={question.choices.map(({ value, label }) => ({ id: value, label }))}
            onPick={onType}
          />
        ) : question.kind === 'number' ? (
          <TextInput {...common} inputMode="decimal" onChange={(event) => onType(event.target.value)} />
        ) : (
          <TextArea {...common} rows={4} onChange={(event) => onType(event.target.value)} />
        )}
      </Field>
      <Note id={id} fault={fault}>
        {question.about}
      </Note>
    </div>
  )
}

function suggestionText(question: ImportQuestion): string {
  if (question.kind !== 'choice') return String(question.suggestion)
  return question.choices.find(({ value }) => value === question.suggestion)?.label ?? question.suggestion
}

/** `textEncoder2` as people read it: Text encoder 2. */
function wordsOf(component: string): string {
  const words = component.replace(/([A-Z]|\d+)/g, ' $1').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
