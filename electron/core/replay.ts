/** Candidates of a library made again: what was recorded beside what comes out now. */

import { readFile } from 'node:fs/promises'

import type { Candidate, ReplayReport } from '../../shared/domain.ts'
import { StudioError } from '../../shared/errors.ts'
import { sha256Of } from '../library/image-files.ts'
import { decodePng, fileOf, isRepeatable, readRecipe } from '../library/png.ts'
import type { PackFolders } from '../packs/read-packs.ts'
import { openRunPacks } from './run-packs.ts'
import type { Engine, Library, Provenance } from './runs/adapters.ts'
import { imagesMadeOn } from './runs/made-on.ts'
import { provenanceOf } from './runs/provenance.ts'
import { compared, Replayer } from './runs/replayer.ts'

type ReplayPlaces = {
  readonly library: Pick<Library, 'run' | 'imageFile'>
  readonly packs: PackFolders
  readonly engine: Engine
  readonly signal: AbortSignal
}

/** Makes a candidate of the library again and compares. Throws the engine's errors and those of the packs. */
export async function replayStored(
  { library, packs, engine, signal }: ReplayPlaces,
  candidate: Candidate,
): Promise<ReplayReport> {
  const { spec, device } = library.run(candidate.runId)
  const runPacks = await openRunPacks(packs, spec)
  const replayer = await Replayer.open({ spec, ...runPacks, engine, signal })
  const installed = provenanceOf(spec, runPacks.pack, runPacks.verifierPacks)
  const file = await readIfWhole(library.imageFile(candidate.imageSha256))
  if (file === null) {
    const notes = [
      'its file is gone or altered, so the packs that it was made with are taken to be those of now',
    ]
    return remake(replayer, candidate, installed, notes)
  }
  const { record } = readRecipe(file)
  const provenance = { spec, packs: record.packs }
  const notes = [
    ...(device === null || imagesMadeOn(device) === replayer.device
      ? []
      : [`it was made on ${device}, and again on ${replayer.device}`]),
    ...packDifferences(record.packs, installed.packs),
  ]
  if (isRepeatable(record.format)) return remake(replayer, candidate, provenance, notes)
  const today = { ...candidate, imageSha256: sha256Of(fileOf(candidate, decodePng(file), provenance, null)) }
  const earlier = 'its file is of an earlier version, so both hashes are of the file as it is written now'
  return remake(replayer, today, provenance, [...notes, earlier])
}

/**
 * Makes a candidate again and compares its noise, its scores, and the whole file with what came out in it.
 *
 * @param provenance as recorded: specification and packs are a part of the file
 * @param notes why the two can differ although nothing is broken
 */
export async function remake(
  replayer: Replayer,
  candidate: Candidate,
  provenance: Provenance,
  notes: readonly string[],
): Promise<ReplayReport> {
  const remade = await replayer.make(candidate)
  const { noiseSha256, scoresInFile: scores } = remade
  const { imageSha256 } = candidate
  const file = fileOf({ ...candidate, noiseSha256, scores }, remade.image, provenance, imageSha256)
  return compared(candidate, remade, sha256Of(file), notes)
}

/** A line for each pack that is not installed as it was. */
export function packDifferences(
  wanted: Provenance['packs'],
  installed: Provenance['packs'],
): readonly string[] {
  return wanted.flatMap(({ id, version, sha256 }) => {
    const found = installed.find((one) => one.id === id)
    if (found?.sha256 === sha256) return []
    const what = found === undefined ? 'none' : `${found.version} with manifest ${found.sha256}`
    return [`expected pack ${id} ${version} with manifest ${sha256}, found ${what}`]
  })
}

/**
 * Makes sure that a run goes on with the models that it began with: a pack can be removed, and another imported under
 * its id. Those of the first picture that is whole are asked for; a run without one may go on with any.
 *
 * @throws `bad_input` with both
 */
export async function requireSamePacks(
  library: Pick<Library, 'imageFile'>,
  candidates: readonly Pick<Candidate, 'imageSha256'>[],
  installed: Provenance['packs'],
): Promise<void> {
  for (const { imageSha256 } of candidates) {
    const file = await readIfWhole(library.imageFile(imageSha256))
    if (file === null) continue
    for (const { id, version } of readRecipe(file).record.packs) {
      const found = installed.find((one) => one.id === id)
      if (found?.version === version) continue
      throw new StudioError(
        'bad_input',
        `Expected to go on with pack ${id} ${version}, with which this run began, found ${found === undefined ? 'none' : `version ${found.version}`}. Its images and scores would not be comparable: bring the earlier one back, or start the run anew.`,
      )
    }
    return
  }
}

/** The bytes of a picture; null where they cannot be read, or are not what they were. */
async function readIfWhole(path: string | null): Promise<Uint8Array | null> {
  const bytes = path === null ? null : await readFile(path).catch(() => null)
  return bytes !== null && path?.includes(sha256Of(bytes)) === true ? bytes : null
}
