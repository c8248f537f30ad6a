import { TextArea } from '../../components/controls.tsx'
import { Field, Note, noteId } from '../../components/field.tsx'

const id = 'compose-negative-prompt'

type NegativePromptFieldProps = {
  readonly prompt: string
  /** As typed. */
  readonly guidance: string
  readonly fault: string | null
  readonly onChange: (prompt: string) => void
}

/** What guidance leads away from. */
export function NegativePromptField({ prompt, guidance, fault, onChange }: NegativePromptFieldProps) {
  const inVain = prompt.trim() !== '' && Number(guidance) === 1 ? 'Has no effect at guidance 1' : null
  return (
    <div>
      <Field id={id} label="What the image should not show">
        <TextArea
          id={id}
          rows={2}
          dir="auto"
          value={prompt}
          invalid={fault !== null}
          aria-describedby={noteId(id)}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      <Note id={id} fault={fault}>
        {inVain}
      </Note>
    </div>
  )
}
