/**
 * The studio's imports: one after the other, each seen by every view from its first check to its end. A model is tried
 * in the queue of the runs, because a trial beside a search would share its memory.
 */

import { lstat, mkdir, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { StudioError, toErrorData } from '../../shared/errors.ts'
import type { ImportJob, ImportPhase, ImportRequest, ModelFindings } from '../../shared/model-import.ts'
import type { LaunchEngine } from '../engine/engine-client.ts'
import { fitPreview } from '../packs/import/fit-preview.ts'
import { importModel, inspectModel, type TrialFindings } from '../packs/import/index.ts'
import { importCancelled, requireNotAborted } from '../packs/import/safe-copy.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import type { PackFolders } from '../packs/read-packs.ts'
import { trialRun, type TrialReport } from './trial-run.ts'
import { Uploads } from './uploads.ts'

/** Views hear of copied bytes at most this often. */
const changesEveryMs = 200
/** Ended imports that are still listed. */
const endedKept = 20
/** Inside the models folder; hidden, so that nothing in it is taken for a pack. */
const removedFolder = '.removed'

export type ImportsOptions = {
  /** Where imported packs lie; made with the first. */
  readonly modelsFolder: string
  readonly packs: PackFolders
  readonly launch: LaunchEngine | undefined
  /** Waits for the runs before it, and keeps those behind waiting until it is done. */
  readonly inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Something about this import changed. */
  readonly onChange: (importId: number) => void
  /** There is another pack, or one less. */
  readonly onPacks: () => void
}

type Import = {
  readonly id: number
  readonly request: ImportRequest
  readonly abort: AbortController
  phase: ImportPhase
  told: number
}

export class Imports {
  readonly uploads: Uploads
  readonly #options: ImportsOptions
  readonly #imports = new Map<number, Import>()
  #last: Promise<void> = Promise.resolve()
  #lastId = 0

  constructor(options: ImportsOptions) {
    this.#options = options
    this.uploads = new Uploads(options.modelsFolder)
  }

  /** Looks at a folder, or at an upload, and changes nothing. Throws `bad_input`, `not_found`, `pack_invalid`. */
  async inspect(folder: string): Promise<ModelFindings> {
    const { summary } = await inspectModel(await this.uploads.resolve(folder))
    const taken = new Set((await this.#options.packs.summaries()).map(({ id }) => id))
    const { suggested } = summary
    return { ...summary, folder, suggested: { ...suggested, id: freeId(suggested.id, taken) } }
  }

  /** Queues an import. Throws `bad_input` for an id that a pack or another import has. */
  async start(request: ImportRequest): Promise<{ readonly importId: number }> {
    const ids = (await this.#options.packs.summaries()).map(({ id }) => id)
    const underWay = [...this.#imports.values()].filter(({ phase }) => !isEnd(phase))
    if ([...ids, ...underWay.map((one) => one.request.id)].includes(request.id)) {
      throw new StudioError('bad_input', `id: expected one that no pack has yet, found ${request.id}`)
    }
    this.uploads.keep(request.folder)
    const started: Import = {
      id: ++this.#lastId,
      request,
      abort: new AbortController(),
      phase: { kind: 'waiting' },
      told: 0,
    }
    this.#imports.set(started.id, started)
    this.#forgetOld()
    this.#options.onChange(started.id)
    this.#last = this.#last.then(() => this.#work(started))
    return { importId: started.id }
  }

  /** Answers at once; what was copied is removed. Throws `not_found`. */
  cancel(importId: number): void {
    const found = this.#imports.get(importId)
    if (found === undefined) {
      throw new StudioError(
        'not_found',
        `Expected an import since the studio was opened, found none numbered ${importId}. It may have ended long ago.`,
      )
    }
    found.abort.abort()
    this.#enter(found, { kind: 'cancelled' })
  }

  /** Since the studio was opened, newest first. */
  list(): readonly ImportJob[] {
    return [...this.#imports.values()]
      .map(({ id, request: { folder, name }, phase }) => ({ id, folder, name, phase }))
      .reverse()
  }

  /** Moves an imported pack aside. Throws `unknown_pack`, and `bad_input` for one that came with Goldpan. */
  async remove(id: string): Promise<{ readonly removed: string }> {
    const { modelsFolder, packs, onPacks } = this.#options
    const folder = await packs.folderOf(id)
    if (dirname(folder) !== modelsFolder) {
      const message = `Expected a pack of ${modelsFolder}, found ${id} in ${dirname(folder)}: it came with Goldpan. It stays.`
      throw new StudioError('bad_input', message)
    }
    const aside = join(modelsFolder, removedFolder)
    await mkdir(aside, { recursive: true })
    const removed = await freeName(aside, basename(folder))
    await rename(folder, join(aside, removed))
    onPacks()
    return { removed }
  }

  /** Puts back what `remove` moved aside, by its answer. Throws `not_found`, and `bad_input` where its place is taken. */
  async restore(removed: string): Promise<void> {
    const { modelsFolder, onPacks } = this.#options
    const target = join(modelsFolder, removed.replace(/~\d+$/, ''))
    if (await exists(target)) {
      throw new StudioError(
        'bad_input',
        `Expected room for ${removed}, found another pack at ${target}. Remove that first.`,
      )
    }
    await rename(join(modelsFolder, removedFolder, removed), target).catch((cause: unknown) => {
      const message = `Expected a removed pack, found none named ${removed} in ${join(modelsFolder, removedFolder)}.`
      throw new StudioError('not_found', message, { cause })
    })
    onPacks()
  }

  /** What `remove` has moved aside under a folder's name, by its answers. */
  async removedAs(name: string): Promise<readonly { readonly removed: string; readonly folder: string }[]> {
    const aside = join(this.#options.modelsFolder, removedFolder)
    const names = await readdir(aside).catch(() => [])
    return names
      .filter((one) => one.replace(/~\d+$/, '') === name)
      .map((removed) => ({ removed, folder: join(aside, removed) }))
  }

  /** Cancels what is under way and removes what views have sent. */
  async close(): Promise<void> {
    for (const one of this.#imports.values()) one.abort.abort()
    await this.#last
    await this.uploads.discardAll()
  }

  /** Works an import to its end. Never rejects. */
  async #work(one: Import): Promise<void> {
    const { request, abort } = one
    const { modelsFolder, packs, onPacks } = this.#options
    let end: ImportPhase
    let measured = { seconds: 0, peakBytes: null as number | null }
    try {
      requireNotAborted(abort.signal)
      this.#enter(one, { kind: 'checking' })
      const plan = await inspectModel(await this.uploads.resolve(request.folder))
      const pack = await importModel(plan, request.answers, {
        ...{ modelsFolder, id: request.id, name: request.name, signal: abort.signal },
        trial: async (staged) => {
          const report = await this.#tryOut(one, staged)
          measured = { seconds: report.loadSeconds + report.runSeconds, peakBytes: report.peakBytes }
          return findingsOf(staged, report)
        },
        onCopied: (bytes, total) => {
          this.#enter(one, { kind: 'copying', bytes, total })
        },
      })
      await packs.learn(pack)
      end = { kind: 'done', packId: pack.manifest.id, ...measured }
    } catch (error) {
      end = abort.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error: toErrorData(error) }
    }
    await this.uploads.discard(request.folder).catch(() => undefined)
    this.#enter(one, end)
    if (end.kind === 'done') onPacks()
  }

  async #tryOut(one: Import, pack: InstalledPack): Promise<TrialReport> {
    const { launch, inTurn } = this.#options
    this.#enter(one, { kind: 'waiting_for_run' })
    const { signal } = one.abort
    const trial = inTurn(() => {
      requireNotAborted(signal)
      this.#enter(one, { kind: 'trial' })
      return trialRun(pack, { signal, ...(launch === undefined ? {} : { launch }) })
    })
    // The run before it may take hours: whoever cancels does not wait for its end.
    return Promise.race([trial, whenAborted(signal)])
  }

  /** A cancelled import is over for everybody, whatever is still being put away. */
  #enter(one: Import, phase: ImportPhase): void {
    if (isEnd(one.phase)) return
    const again = phase.kind === 'copying' && one.phase.kind === 'copying'
    one.phase = phase
    const now = performance.now()
    if (again && now - one.told < changesEveryMs) return
    one.told = now
    this.#options.onChange(one.id)
  }

  #forgetOld(): void {
    const ended = [...this.#imports.values()].filter(({ phase }) => isEnd(phase))
    for (const { id } of ended.slice(0, Math.max(0, ended.length - endedKept))) this.#imports.delete(id)
  }
}

function findingsOf({ manifest }: InstalledPack, { decoded }: TrialReport): TrialFindings {
  if (!('latents' in manifest)) return {}
  const { previewMatrix, previewBias } = fitPreview(decoded, manifest.latents.channels)
  return { preview: { previewMatrix: [...previewMatrix], previewBias } }
}

function isEnd({ kind }: ImportPhase): boolean {
  return kind === 'done' || kind === 'cancelled' || kind === 'failed'
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(importCancelled())
    })
  })
}

/** `sd15`, or `sd15-2` where there is one. */
function freeId(wanted: string, taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const id = count === 1 ? wanted : `${wanted.slice(0, 58)}-${count}`
    if (!taken.has(id)) return id
  }
}

async function freeName(folder: string, wanted: string): Promise<string> {
  for (let count = 1; ; count++) {
    const name = count === 1 ? wanted : `${wanted}~${count}`
    if (!(await exists(join(folder, name)))) return name
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
