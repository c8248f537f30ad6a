import type { PersonalScorer } from '../../../shared/court.ts'
import { setVerifier, verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { useQuery, valueOf } from '../../api/hooks.ts'
import { Note, noteId } from '../../components/field.tsx'
import { withRole } from './draft.ts'
import type { Draft } from './draft.ts'
import styles from './verifier-fields.module.css'

const id = 'compose-verifiers'

type VerifierFieldsProps = {
  readonly draft: Draft
  /** What the installed packs can judge by, and what the draft names, in the vocabulary's order. */
  readonly offered: readonly VerifierId[]
  readonly fault: string | null
  /** Whether the algorithm can be guided by several. */
  readonly ensembles: boolean
  readonly onChange: (changes: Partial<Draft>) => void
}

/** What judges sets has no score of one image to hold out. */
const rolesOf = (verifier: VerifierId) =>
  verifier === setVerifier ? (['guide'] as const) : (['guide', 'heldOut'] as const)

/** Who judges: the guide, one verifier or an ensemble of several, and those that are held out and only watch. */
export function VerifierFields({ draft, offered, fault, ensembles, onChange }: VerifierFieldsProps) {
  const own = valueOf(useQuery('personalScorer'))
  const barred = offered.includes('you') ? barredText(own) : null
  return (
    <fieldset className={styles.verifiers} aria-label="Verifiers" aria-describedby={noteId(id)}>
      <div className={styles.head} aria-hidden="true">
        <span>Guide</span>
        <span>Held out</span>
      </div>
      {offered.map((verifier) => {
        const { label, about } = verifiers[verifier]
        return (
          <div key={verifier} className={styles.row} title={about}>
            <span className={styles.name}>{label}</span>
            {rolesOf(verifier).map((role) => (
              <input
                key={role}
                type="checkbox"
                className={styles.box}
                aria-label={`${label}: ${role === 'guide' ? 'guide' : 'held out'}`}
                aria-invalid={fault !== null && role === 'guide'}
                disabled={
                  verifier === 'you' && role === 'guide' && barred !== null && !draft.guide.includes('you')
                }
                checked={draft[role].includes(verifier)}
                onChange={(event) => {
                  // Where one guides, another takes its place.
                  const before = role === 'guide' && !ensembles ? { ...draft, guide: [] } : draft
                  onChange(withRole(before, verifier, event.target.checked ? role : null))
                }}
              />
            ))}
          </div>
        )
      })}
      <Note id={id} fault={fault} lines={2}>
        {barred ?? noteOf(draft, ensembles)}
      </Note>
    </fieldset>
  )
}

/** Why the artist's own verifier may not guide yet, with what it was measured at; null where it may. */
function barredText(own: PersonalScorer | null): string | null {
  if (own?.state.kind !== 'trained' || own.state.beatsChance) return null
  const { accuracy, low, high } = own.state.own
  const percent = (share: number) => Math.round(100 * share)
  return `You may be held out, not guide yet: right in ${percent(accuracy)} % of unseen votes (${percent(low)} to ${percent(high)}), which chance can do too.`
}

/** What this choice means, and what was measured of it (models/packs/scenes/EVIDENCE.md). */
function noteOf({ guide }: Draft, ensembles: boolean): string {
  if (guide.length > 1) return `An ensemble of ${guide.length}: the lowest mean rank wins.`
  if (!ensembles) return 'This algorithm follows one score. What is held out only scores.'
  return 'The guide steers; what is held out only scores. Several that agree are harder to fool than one.'
}

/** Who judges in a few words, for the folded group. */
export function verifiersInWords({ guide, heldOut }: Draft): string {
  const guides =
    guide.length > 2 ? `${guide.length} guide` : guide.map((id) => verifiers[id].label).join(' + ')
  return `${guides || 'nobody'}${heldOut.length === 0 ? '' : `, ${heldOut.length} held out`}`
}
