/** The artist's own verifier: trained on blind votes, measured on votes that it has not seen, installed as a pack. */

import { setImmediate as soon } from 'node:timers/promises'

import {
  votesNeeded,
  type EarlierScorer,
  type HeldOutAccuracy,
  type PersonalScorer,
} from '../../../shared/court.ts'
import { StudioError, toErrorData, type ErrorData } from '../../../shared/errors.ts'
import type { Picture, PictureId, Vote } from '../../../shared/gallery.ts'
import { graderVerifier, idsOf, verifiers, type VerifierId } from '../../../shared/vocabulary.ts'
import { wilsonInterval } from '../../../shared/wilson.ts'
import type { PackFolders } from '../../packs/read-packs.ts'
import { restartingEngine } from '../runs/restarting-engine.ts'
import { featurePacks } from './feature-packs.ts'
import type { Judging, JudgingOptions } from './judging.ts'
import {
  personalPackId,
  readEarlier,
  writePersonalPack,
  type PersonalPart,
  type RemovedPack,
} from './personal-pack.ts'
import { embeddings } from './tower-features.ts'
import { trainOnVotes, type FeatureSet } from './train.ts'

/** The newest votes count: taste changes, and the time for training grows with the square of their number. */
const mostVotes = 400

export type PersonalOptions = JudgingOptions & {
  readonly judging: Judging
  /** Where imported packs lie. */
  readonly modelsFolder: string
  /** The run that works with a pack; null where none does. */
  readonly userOf: (packId: string) => number | null
  /** Moves an imported pack aside, and back. */
  readonly removePack: (id: string) => Promise<{ readonly removed: string }>
  readonly restorePack: (removed: string) => Promise<void>
  /** What was moved aside under a folder's name. */
  readonly removedAs: (name: string) => Promise<readonly RemovedPack[]>
  /** There is another pack. */
  readonly onPacks: () => void
  /** Aborted once the studio closes. */
  readonly closed: AbortSignal
}

/** Earlier trainings that are told of. */
const mostEarlier = 12

type Scored = { readonly scores: Readonly<Partial<Record<VerifierId, number>>> }

export class Personal {
  readonly #options: PersonalOptions
  #training: Promise<void> | null = null
  #fault: ErrorData | null = null

  constructor(options: PersonalOptions) {
    this.#options = options
  }

  /** As it stands, and what was there before. */
  async state(): Promise<PersonalScorer> {
    return { ...(await this.#standing()), earlier: (await this.#earlier()).slice(0, mostEarlier) }
  }

  async #standing(): Promise<Omit<PersonalScorer, 'earlier'>> {
    const votes = this.#options.catalogue.votes(null)
    const installed = await this.#installed()
    if (this.#training !== null) {
      return { votes: votes.length, state: { kind: 'training' }, others: installed?.others ?? [] }
    }
    if (this.#fault !== null) {
      const others = installed?.others ?? (await this.#othersOn(votes))
      return { votes: votes.length, state: { kind: 'failed', error: this.#fault }, others }
    }
    if (installed !== null) {
      const { votes: trainedOn, features, own, unseenPictures, others } = installed
      const beatsChance = own.low > 0.5
      return {
        votes: votes.length,
        state: { kind: 'trained', votes: trainedOn, features, unseenPictures, own, beatsChance },
        others,
      }
    }
    const lacking = votesNeeded - votes.length
    const reason =
      lacking > 0
        ? `It takes ${votesNeeded} blind votes; ${lacking} more to go.`
        : 'There are enough votes: it can be trained.'
    return {
      votes: votes.length,
      state: { kind: 'untrained', reason },
      others: await this.#othersOn(votes),
    }
  }

  /**
   * Trains on the newest votes and installs the result in the place of the one before. Waits for the run at work. A
   * second call while it trains waits for the same training.
   *
   * @throws `bad_input` for too few votes, without image features, or while a run works with the verifier; the engine's
   * errors; `library_full`; `cancelled` while the studio closes
   */
  async train(): Promise<PersonalScorer> {
    const votes = this.#options.catalogue.votes(null)
    if (votes.length < votesNeeded) {
      throw new StudioError(
        'bad_input',
        `Expected at least ${votesNeeded} blind votes to learn from, found ${votes.length}. Vote in ${votesNeeded - votes.length} more duels.`,
      )
    }
    this.#requireUnused()
    this.#training ??= this.#train(votes.slice(-mostVotes))
      .then(
        () => {
          this.#fault = null
        },
        (error: unknown) => {
          this.#fault = toErrorData(error)
          throw error
        },
      )
      .finally(() => {
        this.#training = null
        this.#options.onChange()
      })
    this.#options.onChange()
    await this.#training
    return this.state()
  }

  /**
   * Puts an earlier training in the place of the one at hand.
   *
   * @returns what the one before is asked back by; null where there was none
   * @throws `not_found`; `bad_input` while it trains, or a run works with it; `pack_damaged`: then nothing has changed
   */
  async restore(removed: string): Promise<{ readonly replaced: string | null }> {
    if ((await this.#earlier()).every((one) => one.removed !== removed)) {
      const message = `Expected an earlier version of your verifier, found none named ${removed}. \`you\` lists them.`
      throw new StudioError('not_found', message)
    }
    if (this.#training !== null) {
      const message =
        'Expected that your verifier is not trained at the moment, found that it is. Go back when it is done.'
      throw new StudioError('bad_input', message)
    }
    const replaced = await this.#exchange(() => this.#options.restorePack(removed))
    // What failed to be trained is no longer what the person looks at.
    this.#fault = null
    this.#options.onChange()
    return { replaced }
  }

  /** Waits for the training at work, which ends soon once `closed` is aborted. */
  async close(): Promise<void> {
    await this.#training?.catch(() => undefined)
  }

  async #train(votes: readonly Vote[]): Promise<void> {
    const { catalogue, library, packs, engine, inTurn, judging, closed } = this.#options
    const ids = picturesOf(votes)
    const { pictures: known, sources } = await learnable(packs, judging.picturesOf(ids))
    await this.#judgeAll(ids)
    const patient = restartingEngine(engine, { signal: closed })
    const sets: FeatureSet[] = []
    for (const pack of sources) {
      const hashes = known.map(({ imageSha256 }) => imageSha256)
      const found = await embeddings({ catalogue, library, engine: patient }, pack, hashes, (work) =>
        inTurn(() => {
          this.#requireOpen()
          return work()
        }),
      )
      const vectors = new Map<PictureId, Float32Array>()
      for (const { id, imageSha256 } of known) {
        const vector = found.get(imageSha256)
        if (vector !== undefined) vectors.set(id, vector)
      }
      sets.push({ pack: pack.manifest.id, vectors })
    }
    // A vote on a picture whose file is lost, that no tower takes, or makes nothing finite of, teaches nothing.
    const usable = votes.filter(({ winner, loser }) =>
      sets.every(({ vectors }) => vectors.has(winner) && vectors.has(loser)),
    )
    if (usable.length < votesNeeded) {
      const message = `Expected ${votesNeeded} votes on pictures that can still be read and are of one size, found ${usable.length} of ${votes.length}. Vote on other pictures.`
      throw new StudioError('bad_input', message)
    }
    const trained = await trainOnVotes(usable, sets, async () => {
      await soon()
      this.#requireOpen()
    })
    const source = sources[trained.set] ?? sources[0]
    const { testimonies } = await judging.table(picturesOf(usable))
    const { weights, bias, own, unseenPictures } = trained
    await this.#install(source, {
      ...{ weights: [...weights], bias, features: source.manifest.id, votes: usable.length, unseenPictures },
      own,
      others: [...accuraciesOf(usable, new Map(testimonies.map((one) => [one.picture, one])))],
    })
  }

  /** So that all verifiers are compared on the same votes. The grader takes minutes: it takes part where it has spoken. */
  async #judgeAll(pictures: readonly PictureId[]): Promise<void> {
    const { judging, closed } = this.#options
    const { judges } = await judging.table(pictures)
    const able = judges.filter(
      ({ verifier, reason }) => reason === null && verifier !== graderVerifier && verifier !== 'you',
    )
    const job = await judging.start(
      pictures,
      able.map(({ verifier }) => verifier),
    )
    // A verifier that failed has no score, and with it no vote that counts; it does not keep the artist's from training.
    await judging.whenEnded(job)
    if (closed.aborted) this.#requireOpen()
  }

  async #install(source: Parameters<typeof writePersonalPack>[1], personal: PersonalPart): Promise<void> {
    await this.#exchange(() => writePersonalPack(this.#options.modelsFolder, source, personal))
  }

  /**
   * Puts a pack in the place of the one before, which lies aside and can be put back.
   *
   * @param put gives the new one its place
   * @returns what the one before is put back by; null where there was none
   */
  async #exchange(put: () => Promise<void>): Promise<string | null> {
    const { packs, catalogue, removePack, restorePack, onPacks } = this.#options
    this.#requireUnused()
    const summaries = await packs.summaries()
    const before = summaries.find(({ id }) => id === personalPackId)
    if (before !== undefined && (before.kind !== 'verifier' || before.verifiers.join() !== 'you')) {
      throw new StudioError(
        'bad_input',
        `Expected room for the pack ${personalPackId}, found another one of that name: ${before.name}. Remove it, and train again.`,
      )
    }
    const aside = before === undefined ? null : await removePack(personalPackId)
    let isPlaced = false
    let sha256: string
    try {
      await put()
      isPlaced = true
      // An earlier version may have been damaged where it lay.
      sha256 = (await packs.openVerifierPack('you')).sha256
    } catch (error) {
      if (isPlaced) await removePack(personalPackId)
      if (aside !== null) await restorePack(aside.removed)
      throw error
    }
    catalogue.forgetVerdicts('you', sha256)
    onPacks()
    return aside?.removed ?? null
  }

  /** Newest first. */
  async #earlier(): Promise<readonly EarlierScorer[]> {
    const found = await Promise.all((await this.#options.removedAs(personalPackId)).map(readEarlier))
    return found
      .filter((one) => one !== null)
      .toSorted((a, b) => (a.trainedAt === b.trainedAt ? 0 : a.trainedAt < b.trainedAt ? 1 : -1))
  }

  async #installed(): Promise<PersonalPart | null> {
    try {
      return (await this.#options.packs.openVerifierPack('you')).manifest.personal ?? null
    } catch (error) {
      if (error instanceof StudioError) return null
      throw error
    }
  }

  async #othersOn(votes: readonly Vote[]): Promise<readonly HeldOutAccuracy[]> {
    const counted = votes.slice(-mostVotes)
    const { testimonies } = await this.#options.judging.table(picturesOf(counted))
    return accuraciesOf(counted, new Map(testimonies.map((one) => [one.picture, one])))
  }

  #requireUnused(): void {
    const user = this.#options.userOf(personalPackId)
    if (user === null) return
    const message = `Expected that no run works with your verifier, found run ${user}. Wait until it has ended.`
    throw new StudioError('bad_input', message)
  }

  #requireOpen(): void {
    if (this.#options.closed.aborted) {
      throw new StudioError('cancelled', 'The studio is closing; train again after it opens.')
    }
  }
}

/** All pictures where a pack takes them all; else those of the size that most have: an odd one costs only its own votes. */
async function learnable(packs: PackFolders, pictures: readonly Picture[]) {
  try {
    return { pictures, sources: await featurePacks(packs, pictures) }
  } catch (error) {
    const bySize = Map.groupBy(pictures, ({ width, height }) => `${width} x ${height}`)
    const [most = []] = [...bySize.values()].toSorted((a, b) => b.length - a.length)
    if (!(error instanceof StudioError) || bySize.size < 2) throw error
    return { pictures: most, sources: await featurePacks(packs, most) }
  }
}

function picturesOf(votes: readonly Vote[]): readonly PictureId[] {
  return [...new Set(votes.flatMap(({ winner, loser }) => [winner, loser]))]
}

/** How often each verifier prefers the winner of a vote, best first; equal scores are half a hit. */
function accuraciesOf(
  votes: readonly Vote[],
  testimonies: ReadonlyMap<PictureId, Scored>,
): readonly HeldOutAccuracy[] {
  return idsOf(verifiers)
    .filter((verifier) => verifier !== 'you')
    .flatMap((verifier) => {
      const margins = votes.flatMap(({ winner, loser }) => {
        const [won, lost] = [winner, loser].map((id) => testimonies.get(id)?.scores[verifier])
        return won === undefined || lost === undefined ? [] : [won - lost]
      })
      if (margins.length === 0) return []
      const hits = margins.reduce((sum, margin) => sum + (margin > 0 ? 1 : margin < 0 ? 0 : 0.5), 0)
      const accuracy = hits / margins.length
      return [{ verifier, accuracy, ...wilsonInterval(hits, margins.length), votes: margins.length }]
    })
    .toSorted((a, b) => b.accuracy - a.accuracy || b.votes - a.votes)
}
