import { useRef, useState } from 'react'

import { assertNever } from '../../../shared/assert-never.ts'
import type { PackSummary } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import type { ErrorData } from '../../../shared/errors.ts'
import { formatBytes } from '../../../shared/format.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import { useStudio, valueOf } from '../../api/hooks.ts'
import type { Query } from '../../api/query-cache.ts'
import { Button } from '../../components/button.tsx'
import { FaultPanel } from '../../components/fault-panel.tsx'
import styles from './models.module.css'

type Removed = { readonly name: string; readonly removed: string }

/** Every pack: what it is, where it comes from, what is wrong with it. Imported ones can be removed, and put back. */
export function PackList({ query }: { readonly query: Query<readonly PackSummary[]> }) {
  const { bridge } = useStudio()
  const [asking, ask] = useState<string | null>(null)
  /** The question about this pack was answered with no: the focus goes back to where it came from. */
  const [kept, keep] = useState<string | null>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const [gone, setGone] = useState<Removed | null>(null)
  const [fault, setFault] = useState<ErrorData | null>(null)
  // One's own first; the others as they come.
  const packs = [...(valueOf(query) ?? [])].sort((a, b) => Number(b.imported) - Number(a.imported))

  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setFault(null)
    ask(null)
    try {
      await act()
    } catch (thrown) {
      setFault(toErrorData(thrown))
    }
  }
  const remove = ({ id, name }: PackSummary) =>
    attempt(async () => {
      const { removed } = await bridge.removePack({ id })
      setGone({ name, removed })
    })
  const restore = ({ removed }: Removed) =>
    attempt(async () => {
      await bridge.restorePack({ removed })
      setGone(null)
      heading.current?.focus()
    })

  return (
    <section aria-label="Installed models">
      <h3 ref={heading} tabIndex={-1} className={styles.heading}>Installed</h3>
      <div role="status" className={styles.gone}>
        {gone !== null && (
          <>
            {gone.name} was moved aside.
            <Button autoFocus look="plain" icon="undo" onClick={() => void restore(gone)}>
              Undo
            </Button>
          </>
        )}
      </div>
      {fault !== null && <FaultPanel title="That was not done" error={fault} />}
      {query.kind === 'failed' && <FaultPanel title="The packs cannot be listed" error={query.error} />}
      {query.kind === 'ready' && packs.length === 0 && (
        <p className={styles.about}>No model is installed. Drop a folder above.</p>
      )}
      <ul className={styles.packs}>
        {packs.map((pack) => (
          <li key={`${pack.id} ${String(pack.imported)}`} className={styles.pack}>
            <div className={styles.packHead}>
              <h4 className={styles.packName}>{pack.name}</h4>
              <span className={styles.packKind}>{kindText(pack)}</span>
              <span className={styles.packFacts}>
                {formatBytes(pack.bytes)} · {pack.licence || 'licence unknown'} ·{' '}
                {pack.imported ? 'imported' : 'came with Goldpan'} · version {pack.version.slice(0, 12)}
              </span>
            </div>
            {pack.problem === null ? (
              <p className={styles.about}>{pack.description}</p>
            ) : (
              <p className={styles.problem}>{pack.problem.message}</p>
            )}
            {pack.imported &&
              (asking === pack.id ? (
                <div className={styles.row}>
                  <span>Remove {pack.name}? Runs made with it stay, and cannot be made again without it.</span>
                  <Button autoFocus onClick={() => void remove(pack)}>
                    Remove
                  </Button>
                  <Button look="plain" onClick={() => {
                      ask(null)
                      keep(pack.id)
                    }}>
                    Keep
                  </Button>
                </div>
              ) : (
                <Button
                  autoFocus={kept === pack.id}
                  look="plain"
                  aria-label={`Remove ${pack.name}`}
                  onClick={() => ask(pack.id)}
                >
                  Remove…
                </Button>
              ))}
          </li>
        ))}
      </ul>
    </section>
  )
}

function kindText(pack: PackSummary): string {
  switch (pack.kind) {
    case 'text_to_image':
      return `Text to image, ${pack.width} × ${pack.height}`
    case 'class_to_image':
      return `${pack.classes.length} classes to image, ${pack.width} × ${pack.height}`
    case 'verifier':
      return `Verifier: ${pack.verifiers.map((id) => verifiers[id].label).join(', ')}`
    case 'judge':
      return 'Judge, never a guide'
    default:
      return assertNever(pack, 'kind of pack')
  }
}
