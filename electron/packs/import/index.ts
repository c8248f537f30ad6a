/**
 * Takes models as people have them and makes packs of them: `inspectModel` says what a folder holds and what must be
 * asked, `importModel` copies, tries and installs it. After that there are packs only. README.md has the rules.
 */

import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, posix } from 'node:path'

import { StudioError } from '../../../shared/errors.ts'
import type { ImportAnswers, ModelFindings } from '../../../shared/model-import.ts'
import { packManifestSchema, type InstalledPack, type PackManifest } from '../manifest.ts'
import type { PackDraft, TokenizerDraft } from './draft.ts'
import { beside, readContents, type ModelContents } from './model-contents.ts'
import { checkExternalData, checkOperators } from './graph-rules.ts'
import { readOnnxFile } from './onnx-file.ts'
import { requireKnownLayout } from './families.ts'
import { describePipeline, looksLikePipeline } from './pipelines.ts'
import { licenceOf } from './licence.ts'
import { Questions } from './questions.ts'
import { copyHashing, readSmallFile, requireNotAborted, writeHashing, type CopiedFile } from './safe-copy.ts'
import { fillNewFolder, requireRoom } from './staging.ts'
import { maxTokenizerBytes } from './tokenizer-files.ts'
import { makeTokenizer } from './tokenizers.ts'
import { describeVerifier, looksLikeVerifier } from './verifiers.ts'

export type ImportPlan = {
  readonly summary: ModelFindings
  /** For `importModel`: the folder as it was looked at. */
  readonly contents: ModelContents
}

/** What a trial run found out about a pack that makes images: how its latents look. */
export type TrialFindings = {
  readonly preview?: Pick<
    Extract<PackManifest, { kind: 'text_to_image' }>['latents'],
    'previewMatrix' | 'previewBias'
  >
}

export type ImportOptions = {
  /** Where the pack's folder is made, named by its id. */
  readonly modelsFolder: string
  readonly id: string
  readonly name: string
  /** Runs the staged pack once where a crash costs nothing; throws what is wrong with it. */
  readonly trial: (pack: InstalledPack) => Promise<TrialFindings>
  /** Called with the bytes that are copied, of all that will be. */
  readonly onCopied?: (bytes: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Looks at a folder and changes nothing.
 *
 * @throws StudioError `bad_input` when there is no such folder, `pack_invalid` with the reason why it cannot be taken
 */
export async function inspectModel(folder: string): Promise<ImportPlan> {
  const contents = await readContents(folder)
  const questions = new Questions({})
  const draft = await describe(contents, questions)
  const name = nameOf(contents.folder.folder)
  const licence = await licenceOf(contents)
  return {
    contents,
    summary: {
      folder: contents.folder.folder,
      what: draft.what,
      kind: draft.manifest['kind'] as PackManifest['kind'],
      roles: draft.roles,
      bytes: draft.copies.reduce((sum, { file }) => sum + file.bytes, 0),
      licence: licence.name,
      questions: questions.asked,
      notes: draft.notes,
      suggested: { id: idFrom(name), name: name.slice(0, 100) },
    },
  }
}

/**
 * Copies a model into the models folder, tries it and installs it as a pack. Until the last step it lies in a folder of
 * its own; when anything fails, that folder is removed and nothing has changed.
 *
 * @param answers to the plan's questions; one without an answer takes its suggestion
 * @returns the pack, ready to be opened
 * @throws StudioError `bad_input` for answers, ids and names that cannot be, and for a model that is there already;
 * `pack_invalid` for a folder that breaks a rule or changed since; `library_full`; `cancelled`; whatever `trial` throws
 */
export async function importModel(
  { contents, summary }: ImportPlan,
  answers: ImportAnswers,
  options: ImportOptions,
): Promise<InstalledPack> {
  const { modelsFolder, id, name, trial, onCopied, signal } = options
  const questions = new Questions(answers)
  const draft = await describe(contents, questions)
  questions.requireAllAsked()
  requireAnswers(questions, answers)
  const licence = await licenceOf(contents)
  const copies = [...draft.copies, ...licence.copies]
  const total = copies.reduce((sum, { file }) => sum + file.bytes, 0)
  const manifestWith = (files: Readonly<Record<string, CopiedFile>>): PackManifest =>
    checkedManifest({
      formatVersion: 1,
      id,
      name,
      version: versionOf(files, draft),
      licence: licence.name,
      description: `${draft.what}, imported from the folder ${nameOf(summary.folder)}.`,
      files,
      ...draft.manifest,
    })
  // What is wrong with it is told before gigabytes are copied; their hashes come with them.
  manifestWith({})
  return fillNewFolder(modelsFolder, id, async (staging) => {
    await requireRoom(modelsFolder, total)
    const files: Record<string, CopiedFile> = {}
    for (const tokenizer of draft.tokenizers) {
      Object.assign(files, await writeTokenizer(contents, tokenizer, staging))
    }
    let copied = 0
    for (const { file, to } of copies) {
      requireNotAborted(signal)
      files[to] = await copyHashing(
        contents.folder,
        file,
        join(staging, to),
        (bytes) => {
          copied += bytes
          onCopied?.(copied, total)
        },
        signal,
      )
    }
    recheckGraphs(staging, files)
    const manifest = manifestWith(files)
    await requireNew(modelsFolder, manifest)
    let pack = await writeManifest(staging, manifest)
    requireNotAborted(signal)
    const { preview } = await trial(pack)
    requireNotAborted(signal)
    if (preview !== undefined && 'latents' in manifest) {
      pack = await writeManifest(
        staging,
        checkedManifest({ ...manifest, latents: { ...manifest.latents, ...preview } }),
      )
    }
    return { ...pack, folder: join(modelsFolder, id) }
  })
}

async function describe(contents: ModelContents, questions: Questions): Promise<PackDraft> {
  requireKnownLayout(contents)
  if (contents.folder.files.has('pack.json')) {
    throw new StudioError(
      'bad_input',
      `${contents.folder.folder}: expected a model of another program, found a pack of Goldpan. Copy the folder as it is into the models folder.`,
    )
  }
  if (looksLikePipeline(contents)) return describePipeline(contents, questions)
  if (looksLikeVerifier(contents)) return describeVerifier(contents, questions)
  const found = contents.graphs.map(({ path }) => path).join(', ')
  throw new StudioError(
    'pack_invalid',
    `${contents.folder.folder}: expected the parts of a pipeline (unet or transformer, vae_decoder, text_encoder) or of a verifier (vision_model, text_model, model), found ${found}. Lay the files out as Optimum does.`,
  )
}

function requireAnswers({ asked }: Questions, answers: ImportAnswers): void {
  const open = asked.find(({ id, suggestion }) => suggestion === null && answers[id] === undefined)
  if (open === undefined) return
  throw new StudioError(
    'bad_input',
    `Expected an answer to ${open.id} (${open.label}), found none. ${open.about}`,
  )
}

/** Rule 3 once more, on the files that will be run: the folder may have changed under the copy. */
function recheckGraphs(staging: string, files: Readonly<Record<string, CopiedFile>>): void {
  for (const to of Object.keys(files)) {
    if (!to.toLowerCase().endsWith('.onnx')) continue
    const onnx = readOnnxFile(join(staging, to), to)
    checkOperators(to, onnx)
    checkExternalData(to, onnx, (location) => files[beside(to, location)]?.bytes)
  }
}

const tokenizerSources = {
  tokenizerJson: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  vocab: 'vocab.json',
  merges: 'merges.txt',
  spiece: 'spiece.model',
  vocabTxt: 'vocab.txt',
  specialTokens: 'special_tokens_map.json',
  addedTokens: 'added_tokens.json',
} as const

/** Builds a tokenizer out of a folder's vocabulary, with our own rules for the family: no regex of a file is run. */
async function writeTokenizer(
  { folder }: ModelContents,
  { folder: from, family, pad, to }: TokenizerDraft,
  staging: string,
): Promise<Record<string, CopiedFile>> {
  const found: Partial<Record<keyof typeof tokenizerSources, Uint8Array>> = {}
  let room = maxTokenizerBytes
  for (const [key, name] of Object.entries(tokenizerSources)) {
    const file = folder.files.get(from === '' ? name : posix.join(from, name))
    if (file === undefined) continue
    found[key as keyof typeof tokenizerSources] = await readSmallFile(folder, file, room)
    room -= file.bytes
  }
  const { tokenizerJson, tokenizerConfig } = makeTokenizer(found, family, pad)
  const definition = `${to}/tokenizer.json`
  const config = `${to}/tokenizer_config.json`
  return {
    [definition]: await writeHashing(join(staging, definition), JSON.stringify(tokenizerJson)),
    [config]: await writeHashing(join(staging, config), JSON.stringify(tokenizerConfig, null, 1)),
  }
}

/** The same files with the same answers are the same model, whatever it is called. */
function versionOf(files: Readonly<Record<string, CopiedFile>>, draft: PackDraft): string {
  const hash = createHash('sha256').update(JSON.stringify(draft.manifest))
  for (const [to, { sha256 }] of Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${to} ${sha256}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

async function requireNew(modelsFolder: string, manifest: PackManifest): Promise<void> {
  for (const name of await readdir(modelsFolder)) {
    if (name.startsWith('.')) continue
    const text = await readFile(join(modelsFolder, name, 'pack.json'), 'utf8').catch(() => null)
    if (text === null) continue
    const other = versionInFile(text)
    if (other !== manifest.version) continue
    throw new StudioError(
      'bad_input',
      `Expected a model that is not there yet, found the same files as in the pack ${name}. Nothing was changed; use that one.`,
    )
  }
}

function versionInFile(text: string): unknown {
  try {
    return (JSON.parse(text) as { version?: unknown } | null)?.version
  } catch {
    // A damaged pack is somebody else's to report.
    return undefined
  }
}

/** @throws StudioError `pack_invalid`, `bad_input` for an id or a name that no pack may have */
function checkedManifest(manifest: Readonly<Record<string, unknown>>): PackManifest {
  const result = packManifestSchema.safeParse(manifest)
  if (result.success) return result.data
  const faults = result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
  const [field] = result.error.issues[0]?.path ?? []
  const isName = field === 'id' || field === 'name'
  throw new StudioError(
    isName ? 'bad_input' : 'pack_invalid',
    `Expected a model whose pack.json would be complete, found ${faults.slice(0, 5).join('; ')}. ${isName ? 'Choose another' : 'Check the configuration beside the model'}.`,
  )
}

async function writeManifest(folder: string, manifest: PackManifest): Promise<InstalledPack> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`
  await writeFile(join(folder, 'pack.json'), text, { flush: true })
  return { folder, manifest, sha256: createHash('sha256').update(text).digest('hex') }
}

/** An id that a pack may have, from a folder's name. */
/** A folder's name; where that says nothing of the model, that of the folder around it. */
function nameOf(folder: string): string {
  const [name, around] = [basename(folder), basename(dirname(folder))]
  // Dropped folders lie in hidden ones, which are ours.
  const isPlain = /^(?:models?|onnx|main|snapshot)$/i.test(name) && !['', '.'].includes(around.slice(0, 1))
  return isPlain ? around : name
}

function idFrom(name: string): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64)
  return id === '' ? 'model' : id
}
