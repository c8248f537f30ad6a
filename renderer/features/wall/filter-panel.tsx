import { useEffect, useId, useRef, useState } from 'react'
import type { ReactNode } from 'react'

import { formatCount } from '../../../shared/format.ts'
import type { Rating, WallFacets, WallFilter } from '../../../shared/gallery.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { Select, Switch, TextInput } from '../../components/controls.tsx'
import { Segments } from '../../components/segments.tsx'
import styles from './filter-panel.module.css'
import {
  algorithmLabel,
  armLabels,
  dayOf,
  flagLabels,
  startOf,
  toggled,
  withList,
  without,
  withRange,
} from './filters.ts'

type FilterPanelProps = {
  readonly filter: WallFilter
  /** Null until they are known: then only what there is anyway can be filtered by. */
  readonly facets: WallFacets | null
  readonly onFilter: (filter: WallFilter) => void
}

/** Which pictures the wall shows. */
export function FilterPanel({ filter, facets, onFilter }: FilterPanelProps) {
  return (
    <>
      <SearchField filter={filter} onFilter={onFilter} />
      <Group label="Flag">
        {(['pick', 'reject', 'none'] as const).map((flag) => (
          <Toggle
            key={flag}
            on={filter.flags?.includes(flag) === true}
            onToggle={() => onFilter(withList(filter, 'flags', toggled(filter.flags, flag)))}
            aside={flag === 'pick' ? facets?.picked : flag === 'reject' ? facets?.rejected : undefined}
          >
            {flagLabels[flag]}
          </Toggle>
        ))}
      </Group>
      <div className={styles.group}>
        <span className={styles.label}>Stars, at least</span>
        <Segments
          label="Stars, at least"
          value={String(filter.ratingAtLeast ?? 0)}
          options={['0', '1', '2', '3', '4', '5'].map((count) => ({
            id: count,
            label: count === '0' ? 'Any' : `${count}★`,
          }))}
          onPick={(count) =>
            onFilter(
              count === '0'
                ? without(filter, 'ratingAtLeast')
                : { ...filter, ratingAtLeast: Number(count) as Rating },
            )
          }
        />
      </div>
      <Group label="Made by">
        {(['search', 'baseline', 'final'] as const).map((arm) => (
          <Toggle
            key={arm}
            on={filter.arms?.includes(arm) === true}
            onToggle={() => onFilter(withList(without(filter, 'origin'), 'arms', toggled(filter.arms, arm)))}
          >
            {armLabels[arm]}
          </Toggle>
        ))}
        <Toggle
          on={filter.origin === 'outside'}
          onToggle={() =>
            onFilter(
              filter.origin === 'outside'
                ? without(filter, 'origin')
                : { ...without(filter, 'arms'), origin: 'outside' },
            )
          }
          aside={facets?.outside}
        >
          From outside
        </Toggle>
      </Group>
      {facets !== null && facets.verifiers.length > 0 && (
        <RangeFields filter={filter} judges={facets.verifiers} onFilter={onFilter} />
      )}
      {facets !== null && facets.packs.length > 0 && (
        <Group label="Pack">
          {facets.packs.map((pack) => (
            <Toggle
              key={pack}
              on={filter.packs?.includes(pack) === true}
              onToggle={() => onFilter(withList(filter, 'packs', toggled(filter.packs, pack)))}
            >
              {pack}
            </Toggle>
          ))}
        </Group>
      )}
      {facets !== null && facets.algorithms.length > 0 && (
        <Group label="Algorithm">
          {facets.algorithms.map((algorithm) => (
            <Toggle
              key={algorithm}
              on={filter.algorithms?.includes(algorithm) === true}
              onToggle={() => onFilter(withList(filter, 'algorithms', toggled(filter.algorithms, algorithm)))}
            >
              {algorithmLabel(algorithm)}
            </Toggle>
          ))}
        </Group>
      )}
      <DateFields filter={filter} onFilter={onFilter} />
      <Switch
        on={filter.unfinished === true}
        onToggle={(on) => onFilter(on ? { ...filter, unfinished: true } : without(filter, 'unfinished'))}
        label="Drafts and paths too"
      />
    </>
  )
}

/** Without an end the browsers' fields take years of six figures. */
const lastDay = '9999-12-31'

/** The days between which a picture was made, both included. */
function DateFields({ filter, onFilter }: Pick<FilterPanelProps, 'filter' | 'onFilter'>) {
  const since = useRef<HTMLInputElement>(null)
  const { from, before, ...rest } = filter
  return (
    <div className={styles.group} role="group" aria-label="Date">
      <div className={styles.head}>
        <span className={styles.label}>Date</span>
        {(from !== undefined || before !== undefined) && (
          <button
            type="button"
            className={styles.clear}
            aria-label="Clear the date"
            onClick={() => {
              onFilter(rest)
              since.current?.focus()
            }}
          >
            Clear
          </button>
        )}
      </div>
      <div className={styles.pair}>
        <TextInput
          ref={since}
          type="date"
          max={lastDay}
          aria-label="Made since"
          value={from === undefined ? '' : dayOf(from)}
          onChange={(event) => {
            const start = startOf(event.target.value)
            onFilter(start === null ? without(filter, 'from') : { ...filter, from: start })
          }}
        />
        <TextInput
          type="date"
          max={lastDay}
          aria-label="Made until"
          value={before === undefined ? '' : dayOf(before, -1)}
          onChange={(event) => {
            const end = startOf(event.target.value, 1)
            onFilter(end === null ? without(filter, 'before') : { ...filter, before: end })
          }}
        />
      </div>
    </div>
  )
}

/** Typing rests so long before the wall is asked. */
const typingMs = 200

function SearchField({ filter, onFilter }: Pick<FilterPanelProps, 'filter' | 'onFilter'>) {
  const id = useId()
  const asked = filter.text ?? ''
  const [typed, type] = useState(asked)
  const [lastAsked, setLastAsked] = useState(asked)
  if (asked !== lastAsked) {
    // Cleared elsewhere; what was typed meanwhile and differs by spaces alone stays.
    setLastAsked(asked)
    if (asked !== typed.trim()) type(asked)
  }
  const ask = (text: string) => {
    const wanted = text.trim()
    if (wanted !== asked) onFilter(wanted === '' ? without(filter, 'text') : { ...filter, text: wanted })
  }
  useEffect(() => {
    const timer = window.setTimeout(() => ask(typed), typingMs)
    return () => window.clearTimeout(timer)
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only typing starts the wait anew
  }, [typed])
  return (
    <div className={styles.group}>
      <label className={styles.label} htmlFor={id}>
        Words in the prompt
      </label>
      <TextInput
        id={id}
        type="search"
        maxLength={500}
        value={typed}
        onChange={(event) => type(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') ask(typed)
        }}
      />
    </div>
  )
}

type RangeFieldsProps = Pick<FilterPanelProps, 'filter' | 'onFilter'> & {
  readonly judges: readonly VerifierId[]
}

/** Scores, or what they are better than the baseline's, by one verifier. */
function RangeFields({ filter, judges, onFilter }: RangeFieldsProps) {
  const set = filter.score ?? filter.delta
  const [kind, setKind] = useState<'score' | 'delta'>(filter.delta === undefined ? 'score' : 'delta')
  const [judge, setJudge] = useState(set?.verifier ?? judges[0])
  const shown = { least: textOf(set?.least), most: textOf(set?.most) }
  const [typed, type] = useState(shown)
  const [last, keep] = useState(set)
  if (set !== last) {
    keep(set)
    // Taken off as a chip; what was typed otherwise says the same already.
    if (set === undefined && (last !== undefined || typed !== shown)) type(shown)
  }
  if (judge === undefined) return null
  const ask = (next: { kind?: 'score' | 'delta'; judge?: VerifierId; typed?: typeof typed }) => {
    onFilter(withRange(filter, next.kind ?? kind, next.judge ?? judge, next.typed ?? typed))
  }
  const field = (end: 'least' | 'most', label: string) => (
    <TextInput
      inputMode="decimal"
      aria-label={`${kind === 'score' ? 'Score' : 'Delta to the baseline'}, ${label}`}
      placeholder={label}
      value={typed[end]}
      onChange={(event) => {
        const next = { ...typed, [end]: event.target.value }
        type(next)
        ask({ typed: next })
      }}
    />
  )
  return (
    <div className={styles.group}>
      <div className={styles.head}>
        <span className={styles.label}>Judged</span>
        <Segments
          label="Judged by"
          value={kind}
          options={[
            { id: 'score', label: 'Score' },
            { id: 'delta', label: 'Delta' },
          ]}
          onPick={(next) => {
            setKind(next)
            ask({ kind: next })
          }}
        />
      </div>
      <Select
        aria-label="Verifier"
        value={judge}
        options={judges.map((each) => ({ id: each, label: verifiers[each].label }))}
        onPick={(picked) => {
          setJudge(picked as VerifierId)
          ask({ judge: picked as VerifierId })
        }}
      />
      <div className={styles.pair}>
        {field('least', 'at least')}
        {field('most', 'at most')}
      </div>
    </div>
  )
}

function textOf(value: number | undefined): string {
  return value === undefined ? '' : String(value)
}

function Group({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className={styles.group} role="group" aria-label={label}>
      <span className={styles.label}>{label}</span>
      <div className={styles.toggles}>{children}</div>
    </div>
  )
}

type ToggleProps = {
  readonly on: boolean
  readonly onToggle: () => void
  /** How many there are. */
  readonly aside?: number | undefined
  readonly children: ReactNode
}

function Toggle({ on, onToggle, aside, children }: ToggleProps) {
  return (
    <button type="button" className={styles.toggle} aria-pressed={on} onClick={onToggle}>
      {children}
      {aside !== undefined && aside > 0 && <span className={styles.aside}>{formatCount(aside)}</span>}
    </button>
  )
}
