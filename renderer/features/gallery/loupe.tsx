import type { ReactNode } from 'react'

import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { firstVerifier, isImage, verifiersOf } from '../../../shared/figure.ts'
import {
  formatCount,
  formatCountOf,
  formatGflop,
  formatScore,
  formatSeconds,
  shortHash,
} from '../../../shared/format.ts'
import { meanRanks, scoreBy } from '../../../shared/ranking.ts'
import { roundName } from '../../../shared/rounds.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import type { Fact } from '../../components/facts.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { Stage } from '../../components/stage.tsx'
import { isTyping } from '../../components/typing.ts'
import { LineageStrip } from './lineage-strip.tsx'
import styles from './loupe.module.css'
import { rankedCandidates } from '../../logic/order.ts'
import { ReplayButton } from './replay-button.tsx'
import { SaveButtons } from './save-buttons.tsx'
import { imageAlt, unfinishedName } from '../../logic/run-image.ts'
import type { RunImage } from '../../logic/run-image.ts'
import { SteeringTools } from './steering-tools.tsx'
import type { Steering } from './use-steering.ts'

type LoupeProps = {
  readonly run: RunDetail
  readonly image: Candidate
  readonly aspect: number
  readonly isWinner: boolean
  readonly steering: Steering
  /** Flag and stars, to be seen and changed. */
  readonly marks: ReactNode
  readonly returnFocusTo: string | undefined
  /** Moves to the image before (-1) or after (1) this one; null at an end. */
  readonly onMove: (by: 1 | -1) => void
  /** Shows another image of the run. */
  readonly onSelect: (selection: RunImage) => void
  readonly onClose: () => void
}

/** One image, as large as there is room, with everything that is known about it. */
export function Loupe({
  run,
  image,
  aspect,
  isWinner,
  steering,
  marks,
  returnFocusTo,
  onMove,
  onSelect,
  onClose,
}: LoupeProps) {
  const { bridge } = useStudio()
  return (
    <Stage
      title={titleOf(run, image)}
      onClose={onClose}
      returnFocusTo={returnFocusTo}
      onKey={(event) => {
        if ((event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') || isTyping(event.target)) return
        event.preventDefault()
        onMove(event.key === 'ArrowLeft' ? -1 : 1)
      }}
      tools={
        <>
          {isWinner && <span className={styles.winner}>Winner</span>}
          <Button
            look="plain"
            icon="left"
            aria-label="Image before (left arrow)"
            onClick={() => onMove(-1)}
          />
          <Button
            look="plain"
            icon="right"
            aria-label="Next image (right arrow)"
            data-autofocus
            onClick={() => onMove(1)}
          />
        </>
      }
    >
      <div className={styles.loupe}>
        <div className={styles.picture} style={{ '--aspect': aspect }}>
          <Picture
            url={bridge.imageUrl(image.imageSha256)}
            alt={imageAlt(run, image)}
            aspect={aspect}
            eager
            magnified={Infinity}
          />
        </div>
        <div className={styles.facts}>
          <p className={styles.prompt}>
            <PromptText text={run.spec.prompt} lines={3} />
          </p>
          {marks}
          {image.arm === 'search' && <SteeringTools run={run} image={image} steering={steering} />}
          <ReplayButton key={`${image.arm} ${image.seq}`} image={image} />
          <SaveButtons key={image.imageSha256} image={image} />
          <LineageStrip
            run={run}
            image={image}
            shown={firstVerifier(run.spec)}
            aspect={aspect}
            onSelect={onSelect}
          />
          <Facts facts={factsOf(run, image)} />
        </div>
      </div>
    </Stage>
  )
}

function titleOf(run: RunDetail, image: Candidate): string {
  if (image.arm === 'baseline') return `One noise, ${formatCount(image.steps)} steps`
  if (image.arm === 'final') return `Candidate #${image.seq} made again, ${formatCount(image.steps)} steps`
  const unfinished = unfinishedName(run, image)
  if (unfinished !== null) return `Candidate #${image.seq}, ${unfinished}, not an image yet`
  const images = rankedCandidates(run, 'score').filter(({ rank }) => rank !== null)
  const rank = images.find(({ seq }) => seq === image.seq)?.rank ?? null
  const place =
    rank === null ? 'no rank' : `rank ${rank} of ${formatCount(run.candidates.filter(isImage).length)}`
  return `Candidate #${image.seq}, ${place}`
}

function factsOf(run: RunDetail, image: Candidate): readonly Fact[] {
  const { recipe } = image
  const round = roundName(run.spec, image.round)
  const passes =
    image.forwardPasses === image.nfe ? '' : ` (${formatCount(image.forwardPasses)} forward passes)`
  // Nobody has counted the operations of an imported model.
  const work = image.gflop === 0 ? '' : `, ${formatGflop(image.gflop)}`
  return [
    ...scoreFacts(run, image),
    ...(image.arm === 'search' && round !== null ? [{ name: 'Round', value: round }] : []),
    { name: 'Cost', value: `${formatCount(image.nfe)} NFE${passes}${work}` },
    { name: 'Time', value: formatSeconds(image.seconds) },
    {
      name: 'Steps',
      value: `${formatCount(image.steps)} ${run.spec.sampler}, guidance ${run.spec.guidance}`,
    },
    { name: 'Seed', value: recipe.seed, tool: <CopyButton text={recipe.seed} what="seed" /> },
    {
      name: 'Recipe',
      value: `${recipe.generator}, stream ${recipe.stream}${operationsText(recipe.operations.length)}`,
      tool: <CopyButton text={JSON.stringify(recipe)} what="recipe" />,
    },
    hashFact('Noise', image.noiseSha256),
    hashFact('Image', image.imageSha256),
    { name: 'Made on', value: run.device ?? 'unknown' },
  ]
}

function operationsText(count: number): string {
  return count === 0 ? '' : `, ${formatCountOf(count, 'operation')}`
}

/** Every verifier's score; the guide's stand out. */
function scoreFacts({ spec, candidates }: RunDetail, image: Candidate): readonly Fact[] {
  const facts = verifiersOf(spec).map((id): Fact => {
    const score = scoreBy(image, id)
    const guides = spec.guide.includes(id)
    const text = score !== null ? formatScore(score) : isImage(image) ? 'no score' : 'not judged'
    return {
      name: verifiers[id].label,
      value: (
        <>
          {guides && score !== null ? <strong>{text}</strong> : text}
          {verifiersOf(spec).length > 1 && (
            <span className={styles.part}>{guides ? 'guide' : 'held out'}</span>
          )}
        </>
      ),
    }
  })
  const meanRank =
    spec.guide.length > 1 && image.arm === 'search'
      ? meanRanks(candidates.filter(isImage), spec.guide).get(image.seq)
      : undefined
  return meanRank === undefined
    ? facts
    : [{ name: 'Mean rank', value: <strong>{meanRank.toFixed(2)}</strong> }, ...facts]
}

function hashFact(name: string, sha256: string): Fact {
  return {
    name: `${name} hash`,
    value: <code title={sha256}>{shortHash(sha256)}</code>,
    tool: <CopyButton text={sha256} what={`${name.toLowerCase()} hash`} />,
  }
}
