import type { Studio } from '../../core/studio.ts'
import type { Candidate, PackSummary, RunDetail, RunProgress } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { bestByGuide } from '../../../shared/ranking.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import { algorithms, idsOf, imageVerifiers, samplers, schedules } from '../../../shared/vocabulary.ts'
import { PackFolders } from '../../packs/read-packs.ts'
import { bundledPacks } from '../default-places.ts'
import { jsonOption, libraryOption, numberOrText, type Command, type ParsedArguments } from './command.ts'
import { formatRun } from './output.ts'
import { withStudio } from './with-studio.ts'

export const searchCommand: Command = {
  name: 'search',
  operands: ['"PROMPT"'],
  about:
    'Searches for the best starting noise of a prompt, or of a class where the pack has classes, and compares it with more denoising steps.',
  options: {
    pack: { type: 'string', value: 'ID', about: 'image pack (default: scenes)' },
    guide: {
      type: 'string',
      value: 'LIST',
      about: `verifiers that steer, several as an ensemble of ranks: ${imageVerifiers.join(', ')} (default: clip_score)`,
    },
    'held-out': {
      type: 'string',
      value: 'LIST',
      about: 'verifiers that only score, to tell whether the guide was hacked (default: none)',
    },
    algorithm: {
      type: 'string',
      value: 'ID',
      about: `${idsOf(algorithms).join(', ')} (default: random_search)`,
    },
    candidates: { type: 'string', value: 'N', about: 'noises to try (default: 8)' },
    steps: { type: 'string', value: 'N', about: "denoising steps a candidate (default: the pack's)" },
    baselines: {
      type: 'string',
      value: 'LIST',
      about: 'step counts of the baselines, "" for none (default: 5,20,80)',
    },
    guidance: { type: 'string', value: 'X', about: "guidance scale, 1 for none (default: the pack's)" },
    sampler: { type: 'string', value: 'ID', about: `${idsOf(samplers).join(', ')} (default: the pack's)` },
    schedule: { type: 'string', value: 'ID', about: `${idsOf(schedules).join(', ')} (default: the pack's)` },
    seed: { type: 'string', value: 'N', about: '0 to 2^64 - 1 (default: 1)' },
    ...libraryOption,
    ...jsonOption,
  },
  async run(args) {
    // Before the library is opened: a wrong argument leaves nothing behind.
    const spec = specOf(args, await new PackFolders([bundledPacks]).summaries())
    return withStudio(args, async (studio) => {
      const run = await runToEnd(studio, spec)
      process.stdout.write(
        args.flag('json') ? `${JSON.stringify(searchJson(studio, run))}\n` : formatRun(studio, run),
      )
      if (run.status.kind === 'failed') process.stderr.write(`Failed: ${run.status.error.message}\n`)
      return run.status.kind === 'done' ? 0 : 1
    })
  },
}

/** The specification that the arguments make, with the pack's defaults; throws `bad_input`. */
export function specOf(args: ParsedArguments, packs: readonly PackSummary[]): RunSpec {
  const packId = args.text('pack') ?? 'scenes'
  const pack = packs.find(({ id }) => id === packId)
  const defaults =
    pack !== undefined && 'defaults' in pack
      ? pack.defaults
      : { sampler: 'euler', schedule: 'linear', steps: 20, guidance: 1 }
  const number = (name: string, otherwise: number) => {
    const text = args.text(name)
    return text === undefined ? otherwise : numberOrText(text)
  }
  return parseRunSpec({
    prompt: args.operands[0],
    pack: packId,
    guide: listOf(args.text('guide') ?? 'clip_score'),
    heldOut: listOf(args.text('held-out') ?? ''),
    algorithm: args.text('algorithm') ?? 'random_search',
    candidates: number('candidates', 8),
    sampler: args.text('sampler') ?? defaults.sampler,
    schedule: args.text('schedule') ?? defaults.schedule,
    steps: number('steps', defaults.steps),
    guidance: number('guidance', defaults.guidance),
    baselines: listOf(args.text('baselines') ?? '5,20,80').map(numberOrText),
    seed: args.text('seed') ?? '1',
  })
}

/** "a, b" as its parts; nothing for an empty text. */
function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Starts the run and waits for its end; Ctrl-C cancels it and keeps what finished. */
async function runToEnd(studio: Studio, spec: RunSpec): Promise<RunDetail> {
  const stopShowing = studio.onEvent((event) => {
    if (event.kind === 'progress') showProgress(event.progress)
  })
  const { runId } = await studio.api.startRun(spec)
  const cancel = (): void => {
    process.stderr.write('\nStopping after this step; everything finished is kept.\n')
    void studio.api.cancelRun({ runId })
  }
  process.once('SIGINT', cancel)
  try {
    await studio.whenEnded(runId)
  } finally {
    process.off('SIGINT', cancel)
    stopShowing()
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
  const run = await studio.api.run({ runId })
  if (run.unknownWords.length > 0) {
    process.stderr.write(`Note: the pack does not know ${run.unknownWords.join(', ')}; passed over.\n`)
  }
  return run
}

let lastFinished = -1

/** On a terminal one line that is written over; elsewhere one line an image. */
function showProgress({ phase, finished, planned, nfe, nfePlanned, secondsLeft }: RunProgress): void {
  const left = secondsLeft === null ? '' : `, ${Math.ceil(secondsLeft)} s left`
  const line = `${phase}: ${finished} of ${planned} images, ${nfe} of ${nfePlanned} NFE${left}`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K`)
  else if (finished !== lastFinished) process.stderr.write(`${line}\n`)
  lastFinished = finished
}

/** The one object of `search --json`. Paths are absolute. */
export function searchJson(studio: Studio, run: RunDetail) {
  const image = (candidate: Candidate): string => {
    const path = studio.imageFile(candidate.imageSha256)
    if (path === null)
      throw new StudioError('not_found', `Expected image ${candidate.imageSha256} in the library`)
    return path
  }
  const winner = bestByGuide(run.candidates, run.spec.guide)
  return {
    run: run.id,
    spec: run.spec,
    ledger: run.ledger,
    baselines: run.baselines.map((one) => ({
      steps: one.steps,
      nfe: one.nfe,
      image: image(one),
      imageSha256: one.imageSha256,
      scores: one.scores,
    })),
    candidates: run.candidates.map((one) => ({
      seq: one.seq,
      recipe: one.recipe,
      noiseSha256: one.noiseSha256,
      nfe: one.nfe,
      image: image(one),
      imageSha256: one.imageSha256,
      scores: one.scores,
    })),
    winner: winner === null ? null : { seq: winner.seq },
  }
}
