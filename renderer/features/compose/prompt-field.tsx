import { useEffect, useState } from 'react'

import type { PromptCheck } from '../../../shared/domain.ts'
import { maxPromptLength } from '../../../shared/run-spec.ts'
import { useQuery } from '../../api/hooks.ts'
import { TextArea } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'
import styles from './compose-panel.module.css'

const id = 'compose-prompt'

type PromptFieldProps = {
  readonly prompt: string
  readonly pack: string
  readonly examples: readonly string[]
  readonly fault: string | null
  readonly onChange: (prompt: string) => void
}

/** The prompt, what the pack makes of it, and prompts to start from. */
export function PromptField({ prompt, pack, examples, fault, onChange }: PromptFieldProps) {
  const check = usePromptCheck(pack, prompt)
  return (
    <div>
      <Field
        id={id}
        label="Prompt"
        aside={
          check === null ? undefined : (
            <span className={check.tokens > check.maxTokens ? styles.many : undefined}>
              {check.tokens} / {check.maxTokens} tokens
            </span>
          )
        }
      >
        <TextArea
          id={id}
          rows={3}
          dir="auto"
          value={prompt}
          placeholder="What should the image show?"
          invalid={fault !== null}
          aria-describedby={noteId(id)}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      <div className={styles.below}>
        <Note id={id} fault={fault}>
          <PromptNote check={check} />
        </Note>
        {prompt.trim() === '' && fault === null && examples.length > 0 && (
          <ul className={styles.examples} aria-label="Example prompts">
            {examples.map((example) => (
              <li key={example}>
                <button
                  type="button"
                  className={styles.example}
                  onClick={() => {
                    onChange(example)
                    // The examples go away with the empty prompt.
                    document.getElementById(id)?.focus()
                  }}
                >
                  <bdi>{example}</bdi>
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}

function PromptNote({ check }: { readonly check: PromptCheck | null }) {
  if (check === null) return null
  if (check.unknownWords.length > 0) {
    return (
      <span className={styles.unknown}>
        The pack does not know: <bdi dir="auto">{check.unknownWords.join(', ')}</bdi>.{' '}
        {check.unknownWords.length === 1 ? 'It will be passed over.' : 'They will be passed over.'}
      </span>
    )
  }
  if (check.tokens > check.maxTokens) return `Only the first ${check.maxTokens} tokens will be read.`
  return null
}

const pauseMs = 220

/** Asks the pack about the prompt once the typing pauses; the last answer stays until the next one is there. */
function usePromptCheck(pack: string, prompt: string): PromptCheck | null {
  const [settled, settle] = useState(prompt)
  useEffect(() => {
    const timer = window.setTimeout(() => settle(prompt), pauseMs)
    return () => window.clearTimeout(timer)
  }, [prompt])

  const askable = pack !== '' && settled.trim() !== '' && settled.length <= maxPromptLength
  const query = useQuery('checkPrompt', askable ? { pack, prompt: settled } : null)
  const [last, keep] = useState<PromptCheck | null>(null)
  if (query.kind === 'ready' && query.value !== last) keep(query.value)
  return prompt.trim() === '' || !askable ? null : last
}
