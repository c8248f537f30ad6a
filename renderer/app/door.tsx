import { useState } from 'react'

import { codeIn, redeem } from '../api/session.ts'
import type { ClosedReason, Session } from '../api/session.ts'
import { Button } from '../components/button.tsx'
import { TextInput } from '../components/controls.tsx'
import { Field, Note, noteId } from '../components/field.tsx'
import { Mark } from '../components/icon.tsx'
import styles from './entrance.module.css'

type DoorProps = {
  readonly session: Extract<Session, { kind: 'closed' }>
  readonly onEnter: (session: Session) => void
}

const id = 'door-link'

/** What a window without access shows: why, and the one way in. */
export function Door({ session, onEnter }: DoorProps) {
  const [pasted, setPasted] = useState('')
  const [fault, setFault] = useState<string | null>(null)
  const [opening, setOpening] = useState(false)

  const enter = async (): Promise<void> => {
    const code = codeIn(pasted)
    if (code === null) {
      setFault('Expected the link from the terminal, found something else.')
      return
    }
    setOpening(true)
    const next = await redeem(code)
    setOpening(false)
    if (next.kind === 'closed') setFault(next.message ?? titles[next.reason])
    else onEnter(next)
  }

  return (
    <main className={styles.page}>
      <div className={styles.door}>
        <Mark size={44} />
        <h1 className={styles.title}>{titles[session.reason]}</h1>
        <p className={styles.about}>
          Goldpan runs on this machine and lets in only windows that bring a link it has printed itself. The
          newest one stands at the end of its output in the terminal; it is good once, for a minute.
        </p>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault()
            if (!opening) void enter()
          }}
        >
          <Field id={id} label="Link or code from the terminal">
            <div className={styles.row}>
              <TextInput
                id={id}
                value={pasted}
                placeholder="http://127.0.0.1:…/#code=…"
                autoFocus
                invalid={fault !== null}
                aria-describedby={noteId(id)}
                onChange={(event) => {
                  setPasted(event.target.value)
                  setFault(null)
                }}
              />
              <Button look="primary" type="submit" disabled={opening || pasted.trim() === ''}>
                Open
              </Button>
            </div>
          </Field>
          <Note id={id} fault={fault ?? session.message} lines={2} />
        </form>
      </div>
    </main>
  )
}

const titles: Readonly<Record<ClosedReason, string>> = {
  'no-code': 'Open the link from the terminal',
  'code-refused': 'This link no longer opens the studio',
  'session-ended': 'The studio was started anew',
  unreachable: 'The studio does not answer',
}
