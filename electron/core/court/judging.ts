/**
 * The scores that pictures lack, asked for in batches behind the run at work. Each verdict is kept as it comes: a job
 * that was killed, asked for again, asks only for what is missing.
 */

import type { CourtTable, JudgingJob } from '../../../shared/court.ts'
import { StudioError, toErrorData, type ErrorData } from '../../../shared/errors.ts'
import type { Picture, PictureId } from '../../../shared/gallery.ts'
import { maxDetails } from '../../../shared/gallery.ts'
import { idsOf, verifiers as vocabulary, type VerifierId } from '../../../shared/vocabulary.ts'
import type { PackFolders } from '../../packs/read-packs.ts'
import type { Engine, Grader, ImageFeatures, Library, RgbImage } from '../runs/adapters.ts'
import { Panel } from '../runs/panel.ts'
import type { PictureCatalogue, Verdict } from '../runs/picture-catalogue.ts'
import { restartingEngine } from '../runs/restarting-engine.ts'
import { definitionOf, Judges, type PictureSize, type Seat } from './judges.ts'
import { batchOfPictures, readImage, towerFeatures } from './tower-features.ts'

/** Pictures in a row that a grader may leave without an answer before nothing more is asked of it in a job. */
const gradersPatience = 3
/** Ended jobs that are still listed. */
const endedKept = 20
/** Models of one job that may stand in memory together, in bytes of their files. */
const mostLoaded = 2 ** 30

export type JudgingOptions = {
  readonly catalogue: PictureCatalogue
  readonly library: Pick<Library, 'readImage'>
  readonly packs: PackFolders
  readonly engine: Engine
  readonly grader: Grader | null
  /** Waits for the runs before it. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Verdicts came, or a job has another state. */
  readonly onChange: () => void
}

/** Pictures of one size that one pack, or the grader, is asked about together. */
type Batch = {
  readonly seats: readonly [Seat, ...Seat[]]
  readonly pictures: readonly Picture[]
}

/** Verdicts, and why some are lacking; null where none is. */
type Judged = { readonly verdicts: readonly Verdict[]; readonly failed: StudioError | null }

type Job = {
  readonly id: number
  readonly abort: AbortController
  state: JudgingJob['state']
  done: number
  readonly planned: number
  ended: Promise<void>
}

export class Judging {
  readonly #options: JudgingOptions
  readonly #jobs = new Map<number, Job>()
  #last: Promise<void> = Promise.resolve()
  #lastId = 0

  constructor(options: JudgingOptions) {
    this.#options = options
  }

  /** What is known of pictures; those that do not exist are left out. */
  async table(ids: readonly PictureId[]): Promise<CourtTable> {
    const known = await this.#known(ids)
    return {
      judges: known.judges.list,
      testimonies: known.pictures.map((picture) => ({
        picture: picture.id,
        scores: Object.fromEntries(
          idsOf(vocabulary).flatMap((id) => {
            const score = picture.scores[id]
            return score === undefined || known.missing(picture, id) !== null ? [] : [[id, score]]
          }),
        ),
        silent: [
          ...known.judges.silencesOf(picture),
          ...known.mute(picture).map((verifier) => ({
            verifier,
            reason: 'It was asked, and gave no finite number.',
          })),
        ].filter(({ verifier }) => picture.scores[verifier] === undefined),
      })),
    }
  }

  /**
   * Queues what is missing.
   *
   * @param asked all that can judge unless told otherwise
   * @throws `bad_input` for a verifier that cannot judge any of the pictures, with its reason
   */
  async start(ids: readonly PictureId[], asked?: readonly VerifierId[]): Promise<number> {
    const known = await this.#known(ids)
    const judges = known.judges.list
    const unable = judges.find(
      ({ verifier, reason }) => asked?.includes(verifier) === true && reason !== null,
    )
    if (unable !== undefined && known.pictures.length > 0) {
      const message = `verifiers: expected those that can judge pictures after their runs, found ${vocabulary[unable.verifier].label}. ${unable.reason ?? ''}`
      throw new StudioError('bad_input', message)
    }
    const wanted = judges.filter(
      ({ verifier, reason }) => reason === null && (asked?.includes(verifier) ?? true),
    )
    const batches = batchesOf(
      known.pictures,
      wanted.map(({ verifier }) => verifier),
      known.missing,
    )
    const job: Job = {
      id: ++this.#lastId,
      abort: new AbortController(),
      state: { kind: 'waiting' },
      done: 0,
      planned: batches.reduce((sum, { seats, pictures }) => sum + seats.length * pictures.length, 0),
      ended: Promise.resolve(),
    }
    this.#jobs.set(job.id, job)
    this.#forgetOld()
    this.#options.onChange()
    this.#last = this.#last.then(() => this.#work(job, batches))
    job.ended = this.#last
    return job.id
  }

  /** Answers at once; the batch at work is finished and kept. Throws `not_found`. */
  cancel(id: number): void {
    const job = this.#jobs.get(id)
    if (job === undefined) {
      throw new StudioError(
        'not_found',
        `Expected a judging job since the studio was opened, found none numbered ${id}. It may have ended long ago.`,
      )
    }
    job.abort.abort()
    this.#enter(job, { kind: 'cancelled' })
  }

  /** Since the studio was opened, newest first. */
  list(): readonly JudgingJob[] {
    return [...this.#jobs.values()]
      .map(({ id, state, done, planned }) => ({ id, state, done, planned }))
      .reverse()
  }

  /** Resolves to how a job ended, however that was. */
  async whenEnded(id: number): Promise<JudgingJob['state'] | null> {
    const job = this.#jobs.get(id)
    await job?.ended
    return job?.state ?? null
  }

  /** Cancels everything that waits, and waits for the batch at work. */
  async close(): Promise<void> {
    for (const job of this.#jobs.values()) {
      job.abort.abort()
      this.#enter(job, { kind: 'cancelled' })
    }
    await this.#last
  }

  /** Works a job to its end. Never rejects. */
  async #work(job: Job, batches: readonly Batch[]): Promise<void> {
    const { signal } = job.abort
    const engine = restartingEngine(this.#options.engine, { signal })
    const loaded = new Map<string, number>()
    const faultsInARow = new Map<string, number>()
    let fault: ErrorData | null = null
    for (const batch of batches) {
      const [{ judgedBy, pack }] = batch.seats
      // A pack that failed fails every time; a grader may refuse one picture and grade the next.
      const patience = pack === null ? gradersPatience : 1
      const faults = faultsInARow.get(judgedBy) ?? 0
      if (signal.aborted || faults >= patience) continue
      try {
        // A run that was started meanwhile goes before the next batch.
        await this.#options.inTurn(async () => {
          if (signal.aborted) return
          this.#enter(job, { kind: 'working' })
          await this.#makeRoom(batch, loaded)
          const judged = await this.#judge(batch, engine, signal)
          const { verdicts, failed } = await this.#stillTrue(batch, judged)
          this.#options.catalogue.putVerdicts(verdicts)
          job.done += verdicts.length
          faultsInARow.delete(judgedBy)
          if (failed !== null) fault ??= toErrorData(failed)
          this.#options.onChange()
        })
      } catch (error) {
        faultsInARow.set(judgedBy, faults + 1)
        fault ??= toErrorData(error)
      }
    }
    this.#enter(job, fault === null ? { kind: 'done' } : { kind: 'failed', error: fault })
  }

  /** Ends the engine before models that were judged with fill the memory of those that come. */
  async #makeRoom({ seats: [{ pack }] }: Batch, loaded: Map<string, number>): Promise<void> {
    if (pack === null || loaded.has(pack.sha256)) return
    const bytes = Object.values(pack.manifest.files).reduce((sum, file) => sum + file.bytes, 0)
    const before = [...loaded.values()].reduce((sum, one) => sum + one, 0)
    if (before > 0 && before + bytes > mostLoaded) {
      await this.#options.engine.stop()
      loaded.clear()
    }
    loaded.set(pack.sha256, bytes)
  }

  /**
   * Asks about one batch. Pictures whose files are lost get no verdict; of the grader's answers some may come and others
   * not.
   *
   * @throws what the panel failed at where nobody of the batch has a verdict
   */
  async #judge({ seats, pictures }: Batch, engine: Engine, signal: AbortSignal): Promise<Judged> {
    const { catalogue, library, grader } = this.#options
    const [{ pack, judgedBy }] = seats
    const ids = seats.map(({ verifier }) => verifier)
    const images = new Map<string, RgbImage>()
    for (const { imageSha256 } of pictures) {
      const image = await readImage(library, imageSha256)
      if (image !== null) images.set(imageSha256, image)
    }
    const readable = pictures.filter(({ imageSha256 }) => images.has(imageSha256))
    if (pack !== null) await engine.load([pack])
    const imageOf = (hash: string): RgbImage => images.get(hash) as RgbImage
    // One evaluation of the image tower for pictures of all prompts, or none where it saw them before.
    const seen =
      pack !== null && ids.some((id) => definitionOf(id).needs.includes('image'))
        ? await towerFeatures({ catalogue, engine }, pack, [...images.keys()], (hash) =>
            Promise.resolve(imageOf(hash)),
          )
        : new Map<string, ImageFeatures>()
    const hashes = new Map([...images].map(([hash, image]) => [image, hash]))
    const remembering: Engine = {
      ...engine,
      embedImages: ({ images: shown }) =>
        Promise.resolve({
          features: shown.map((image) => seen.get(hashes.get(image) ?? '') ?? nothingSeen),
          seconds: 0,
        }),
    }
    const verdicts: Verdict[] = []
    let failed: StudioError | null = null
    for (const [prompt, shown] of Map.groupBy(readable, (picture) => picture.prompt)) {
      const panel = await Panel.open(
        remembering,
        pack === null ? [] : [{ pack, verifiers: ids }],
        prompt,
        pack === null && grader !== null ? { grader, signal } : null,
      )
      const { scores, errors } = await panel.score(
        shown.map(({ imageSha256 }) => imageOf(imageSha256)),
        null,
      )
      const [error] = errors
      failed ??= error?.error ?? null
      shown.forEach(({ id: picture }, i) => {
        for (const verifier of ids) {
          const score = scores[i]?.[verifier] ?? null
          // What was not answered is no silence: it is asked for again.
          if (score !== null || error === undefined) verdicts.push({ picture, verifier, score, judgedBy })
        }
      })
    }
    if (failed !== null && verdicts.length === 0) throw failed
    return { verdicts, failed }
  }

  /** What was judged without what was overtaken meanwhile: by another prompt, or by another pack of the same verifier. */
  async #stillTrue({ seats: [seat], pictures }: Batch, { verdicts, failed }: Judged): Promise<Judged> {
    const { pack, verifier, judgedBy } = seat
    const now = pack === null ? null : await this.#installed(verifier, pictures[0])
    if (now !== null && now.sha256 !== judgedBy) {
      const message = `${vocabulary[verifier].label} was replaced by another version while it judged. Judge the pictures again.`
      return { verdicts: [], failed: failed ?? new StudioError('bad_input', message) }
    }
    const prompts = new Map(
      this.picturesOf(pictures.map(({ id }) => id)).map(({ id, prompt }) => [id, prompt]),
    )
    const unchanged = new Set(
      pictures.filter(({ id, prompt }) => prompts.get(id) === prompt).map(({ id }) => id),
    )
    return { verdicts: verdicts.filter(({ picture }) => unchanged.has(picture)), failed }
  }

  /** Null where no pack holds a verifier any more: what the one that is gone said, stays true. */
  async #installed(verifier: VerifierId, size: PictureSize | undefined) {
    return this.#options.packs.openVerifierPack(verifier, size).catch((error: unknown) => {
      if (error instanceof StudioError) return null
      throw error
    })
  }

  /** Details of any number of pictures; those that do not exist are left out. */
  picturesOf(ids: readonly PictureId[]): readonly Picture[] {
    const parts = Array.from({ length: Math.ceil(ids.length / maxDetails) }, (_, i) =>
      this.#options.catalogue.pictures(ids.slice(i * maxDetails, (i + 1) * maxDetails)),
    )
    return parts.flat()
  }

  /** Everything that is known of pictures, and what is missing of it. */
  async #known(ids: readonly PictureId[]) {
    const { catalogue, packs, grader } = this.#options
    const pictures = this.picturesOf(ids)
    const judges = await Judges.open(packs, grader, pictures)
    const verdicts = new Map<string, Verdict>()
    for (const one of catalogue.verdicts(ids)) verdicts.set(`${one.picture} ${one.verifier}`, one)
    const verdictOf = (picture: Picture, verifier: VerifierId) => verdicts.get(`${picture.id} ${verifier}`)
    return {
      pictures,
      judges,
      /** Who is to be asked about a picture; null where it has a score, or nobody can say anything. */
      missing(picture: Picture, verifier: VerifierId): Seat | null {
        const seat = judges.seatFor(picture, verifier)
        if (typeof seat === 'string') return null
        const verdict = verdictOf(picture, verifier)
        // Its run has scored it, or who would judge it now.
        const isKnown =
          verdict === undefined ? picture.scores[verifier] !== undefined : verdict.judgedBy === seat.judgedBy
        return isKnown || judges.silenceOf(seat, picture) !== null ? null : seat
      },
      /** Who was asked about a picture and gave nothing. */
      mute: (picture: Picture) =>
        judges.list.flatMap(({ verifier }) => {
          const seat = judges.seatFor(picture, verifier)
          const verdict = verdictOf(picture, verifier)
          const isOurs = typeof seat === 'object' && verdict?.judgedBy === seat.judgedBy
          return isOurs && verdict.score === null ? [verifier] : []
        }),
    }
  }

  /** A job that ended stays as it ended, whatever is still at work. */
  #enter(job: Job, state: JudgingJob['state']): void {
    if (isEnd(job.state) || job.state.kind === state.kind) return
    job.state = state
    this.#options.onChange()
  }

  #forgetOld(): void {
    const ended = [...this.#jobs.values()].filter(({ state }) => isEnd(state))
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedKept))) this.#jobs.delete(id)
  }
}

const nothingSeen: ImageFeatures = { embedding: null, logits: null, score: null }

function isEnd({ kind }: JudgingJob['state']): boolean {
  return kind === 'done' || kind === 'cancelled' || kind === 'failed'
}

/** What is missing, pack by pack: one after the other stands in memory, and all of its verifiers are asked at once. */
function batchesOf(
  pictures: readonly Picture[],
  verifiers: readonly VerifierId[],
  missing: (picture: Picture, verifier: VerifierId) => Seat | null,
): readonly Batch[] {
  const groups = new Map<string, { seats: [Seat, ...Seat[]]; pictures: Picture[] }>()
  for (const picture of pictures) {
    const seats = verifiers.flatMap((verifier) => missing(picture, verifier) ?? [])
    for (const [judgedBy, [first, ...others]] of Map.groupBy(seats, (seat) => seat.judgedBy)) {
      if (first === undefined) continue
      const ids = [first, ...others].map(({ verifier }) => verifier).join()
      const key = `${judgedBy} ${ids} ${picture.width} x ${picture.height}`
      const group = groups.get(key) ?? { seats: [first, ...others], pictures: [] }
      group.pictures.push(picture)
      groups.set(key, group)
    }
  }
  return [...groups.values()]
    .toSorted((a, b) => (a.seats[0].judgedBy < b.seats[0].judgedBy ? -1 : 1))
    .flatMap(({ seats, pictures: all }) => {
      // A grader takes seconds or minutes for each picture: runs do not wait for sixteen of them.
      const size = seats[0].pack === null ? 1 : batchOfPictures
      return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => ({
        seats,
        pictures: all.slice(i * size, (i + 1) * size),
      }))
    })
}
