import type { Candidate, RunDetail } from '../../../shared/domain.ts'
import { meanRanks, scoreBy } from '../../../shared/ranking.ts'
import { verifiers } from '../../../shared/vocabulary.ts'
import { useStudio } from '../../api/hooks.ts'
import { Button } from '../../components/button.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import type { Fact } from '../../components/facts.tsx'
import { Picture } from '../../components/picture.tsx'
import { PromptText } from '../../components/prompt-text.tsx'
import { Stage } from '../../components/stage.tsx'
import { verifiersOf } from '../../logic/figure.ts'
import { formatCount, formatScore, formatSeconds, shortHash } from '../../logic/format.ts'
import styles from './loupe.module.css'
import { rankedCandidates } from './order.ts'
import { imageAlt } from './selection.ts'

type LoupeProps = {
  readonly run: RunDetail
  readonly image: Candidate
  readonly aspect: number
  readonly isWinner: boolean
  readonly returnFocusTo: string | undefined
  /** Moves to the image before (-1) or after (1) this one; null at an end. */
  readonly onMove: (by: 1 | -1) => void
  readonly onClose: () => void
}

/** One image, as large as there is room, with everything that is known about it. */
export function Loupe({ run, image, aspect, isWinner, returnFocusTo, onMove, onClose }: LoupeProps) {
  const { bridge } = useStudio()
  return (
    <Stage
      title={titleOf(run, image)}
      onClose={onClose}
      returnFocusTo={returnFocusTo}
      onKey={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
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
            alt={imageAlt(run.spec.prompt, image)}
            aspect={aspect}
            eager
          />
        </div>
        <div className={styles.facts}>
          <p className={styles.prompt}>
            <PromptText text={run.spec.prompt} lines={3} />
          </p>
          <Facts facts={factsOf(run, image)} />
        </div>
      </div>
    </Stage>
  )
}

function titleOf(run: RunDetail, image: Candidate): string {
  if (image.arm === 'baseline') return `One noise, ${formatCount(image.steps)} steps`
  const rank = rankedCandidates(run, 'score').find(({ seq }) => seq === image.seq)?.rank ?? null
  const place = rank === null ? 'no rank' : `rank ${rank} of ${formatCount(run.candidates.length)}`
  return `Candidate #${image.seq}, ${place}`
}

function factsOf(run: RunDetail, image: Candidate): readonly Fact[] {
  const { recipe } = image
  const passes =
    image.forwardPasses === image.nfe ? '' : ` (${formatCount(image.forwardPasses)} forward passes)`
  return [
    ...scoreFacts(run, image),
    { name: 'Cost', value: `${formatCount(image.nfe)} NFE${passes}` },
    { name: 'Time', value: formatSeconds(image.seconds) },
    {
      name: 'Steps',
      value: `${formatCount(image.steps)} ${run.spec.sampler}, guidance ${run.spec.guidance}`,
    },
    { name: 'Seed', value: recipe.seed, tool: <CopyButton text={recipe.seed} what="seed" /> },
    {
      name: 'Recipe',
      value: `${recipe.generator}, stream ${recipe.stream}`,
      tool: <CopyButton text={JSON.stringify(recipe)} what="recipe" />,
    },
    hashFact('Noise', image.noiseSha256),
    hashFact('Image', image.imageSha256),
    { name: 'Made on', value: run.device ?? 'unknown' },
  ]
}

/** Every verifier's score; the guide's stand out. */
function scoreFacts({ spec, candidates }: RunDetail, image: Candidate): readonly Fact[] {
  const facts = verifiersOf(spec).map((id): Fact => {
    const score = scoreBy(image, id)
    const guides = spec.guide.includes(id)
    const text = score === null ? 'no score' : formatScore(score)
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
      ? meanRanks(candidates, spec.guide).get(image.seq)
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
