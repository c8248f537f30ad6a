/** Checks a dossier wherever the packs are: what it says must hold together, and come out again. */

import { createHash } from 'node:crypto'

import type { Candidate, ReplayReport } from '../../../shared/domain.ts'
import { toErrorData } from '../../../shared/errors.ts'
import { winnerOf } from '../../../shared/steering.ts'
import type { DeviceId, VerifierId } from '../../../shared/vocabulary.ts'
import { sha256Of } from '../../library/image-files.ts'
import { ledgerOf } from '../../library/runs.ts'
import type { PackFolders } from '../../packs/read-packs.ts'
import { packDifferences, remake } from '../replay.ts'
import { openRunPacks } from '../run-packs.ts'
import type { Engine } from '../runs/adapters.ts'
import {
  auditSearch,
  faultsOfCosts,
  faultsOfPasses,
  type AuditedRun,
  type SearchAudit,
} from '../runs/audit.ts'
import { imagesMadeOn } from '../runs/made-on.ts'
import { provenanceOf } from '../runs/provenance.ts'
import { Replayer, type Replayable } from '../runs/replayer.ts'
import { isSealed, readDossier, type Dossier } from './dossier.ts'

export type CheckId =
  'structure' | 'seal' | 'ledger' | 'costs' | 'search' | 'winner' | 'images' | 'packs' | 'made again'

/** One check: whether it holds, and what was found. */
export type Check = { readonly id: CheckId; readonly holds: boolean; readonly text: string }

export type VerifyContext = {
  readonly packs: PackFolders
  readonly engine: Engine
  /** Throws `bad_input` with the reason where this machine has not that device. */
  readonly requireDevice: (device: DeviceId) => Promise<void>
  readonly signal: AbortSignal
  /** How many candidates are made again, chosen by the seal; null for all. */
  readonly sample: number | null
  /** Called as each check ends. */
  readonly onCheck: (check: Check) => void
  /** Called as each candidate was made again. */
  readonly onRemade: (done: number, of: number) => void
}

/** How many faults of one check are told. */
const faultsTold = 5

/**
 * Checks everything; candidates are made again only where all the rest holds.
 *
 * @returns the checks in order
 * @throws the engine's errors, and `cancelled` when the signal says so
 */
export async function verifyDossier(bytes: Uint8Array, context: VerifyContext): Promise<readonly Check[]> {
  const checks: Check[] = []
  const tell = (check: Check): void => {
    checks.push(check)
    context.onCheck(check)
  }
  let dossier: Dossier
  try {
    dossier = readDossier(bytes)
  } catch (error) {
    tell({ id: 'structure', holds: false, text: toErrorData(error).message })
    return checks
  }
  const { spec, candidates, program } = dossier
  tell({
    id: 'structure',
    holds: true,
    text: `${spec.algorithm}, ${candidates.length} candidates, ${dossier.status}, sealed by Goldpan ${program}`,
  })
  tell(
    isSealed(bytes)
      ? { id: 'seal', holds: true, text: dossier.seal }
      : { id: 'seal', holds: false, text: 'the file is not as it was sealed: something in it was changed' },
  )
  const run: AuditedRun = { ...dossier, isDone: dossier.status === 'done' }
  tell(checkOf('ledger', ledgerFaults(dossier), `${dossier.ledger.nfe} NFE, the sum over the search`))
  tell(checkOf('costs', faultsOfCosts(run), 'each recipe takes the NFE that were counted for it'))
  const { faults, failed } = auditSearch(run)
  tell(checkOf('search', faults, 'with these scores it asks for these candidates'))
  tell(
    checkOf(
      'winner',
      winnerFaults(dossier),
      dossier.winner === null ? 'none' : `candidate ${dossier.winner}`,
    ),
  )
  if (dossier.images !== undefined) {
    tell(checkOf('images', imageFaults(dossier, dossier.images), 'all there, each with its hash'))
  }
  const packFaults = await faultsOfPacks(dossier, context.packs)
  tell(checkOf('packs', packFaults, dossier.packs.map(({ id, version }) => `${id} ${version}`).join(', ')))
  tell(
    checks.every(({ holds }) => holds)
      ? await checkRemade(dossier, failed, context)
      : { id: 'made again', holds: false, text: 'not tried, because of what does not hold above' },
  )
  return checks
}

function checkOf(id: CheckId, faults: readonly string[], well: string): Check {
  if (faults.length === 0) return { id, holds: true, text: well }
  const more = faults.length - faultsTold
  const told = faults.slice(0, faultsTold).join('; ')
  return { id, holds: false, text: more > 0 ? `${told}; and ${more} more` : told }
}

function ledgerFaults({ ledger, candidates }: Dossier): readonly string[] {
  const sums = ledgerOf([
    ...candidates.filter(({ arm }) => arm === 'search'),
    ...candidates.filter(({ arm }) => arm === 'final'),
  ])
  const currencies = Object.keys(sums) as (keyof typeof sums)[]
  return currencies.flatMap((currency) =>
    sums[currency] === ledger[currency]
      ? []
      : [`${currency}: the candidates add up to ${sums[currency]}, the ledger says ${ledger[currency]}`],
  )
}

function winnerFaults({ winner, candidates, spec, interventions }: Dossier): readonly string[] {
  const search = candidates.filter(({ arm }) => arm === 'search')
  const found = winnerOf(search, spec.guide, interventions)?.seq ?? null
  if (found === winner) return []
  return [
    `the scores and interventions make ${found ?? 'nobody'} the winner, the dossier says ${winner ?? 'nobody'}`,
  ]
}

function imageFaults({ candidates }: Dossier, images: NonNullable<Dossier['images']>): readonly string[] {
  const named = new Set(candidates.map(({ imageSha256 }) => imageSha256))
  const missing = [...named].filter((sha256) => images[sha256] === undefined)
  return [
    ...missing.map((sha256) => `${sha256} is missing`),
    ...Object.entries(images).flatMap(([sha256, base64]) => {
      if (!named.has(sha256)) return [`${sha256} belongs to no candidate`]
      return sha256Of(Buffer.from(base64, 'base64')) === sha256 ? [] : [`${sha256} has another hash`]
    }),
  ]
}

async function faultsOfPacks(
  { spec, packs, candidates }: Dossier,
  installed: PackFolders,
): Promise<readonly string[]> {
  try {
    const { pack, verifierPacks } = await openRunPacks(installed, spec)
    const found = provenanceOf(spec, pack, verifierPacks).packs
    const unnamed = found.filter(({ id }) => packs.every((one) => one.id !== id))
    const differences = packDifferences(packs, found)
    return [
      ...differences,
      // Of another version of the pack, costs may differ as well.
      ...(differences.length > 0 ? [] : faultsOfPasses({ spec, candidates }, pack.manifest)),
      ...unnamed.map(({ id }) => `the specification needs pack ${id}, the dossier does not name it`),
    ]
  } catch (error) {
    const needed = packs.map(({ id, version }) => `${id} ${version}`).join(', ')
    return [`${toErrorData(error).message} The dossier needs ${needed || 'no packs'}.`]
  }
}

async function checkRemade(
  dossier: Dossier,
  failed: SearchAudit['failed'],
  context: VerifyContext,
): Promise<Check> {
  const { spec, packs, device } = dossier
  const { engine, signal, sample } = context
  try {
    await context.requireDevice(spec.device)
  } catch (error) {
    return { id: 'made again', holds: false, text: `not tried: ${toErrorData(error).message}` }
  }
  const { pack, verifierPacks } = await openRunPacks(context.packs, spec)
  const replayer = await Replayer.open({ spec, pack, verifierPacks, engine, signal })
  const chosen = chosenBySeal(dossier).slice(0, sample ?? dossier.candidates.length)
  const different: string[] = []
  const notes = new Set(
    device === null || imagesMadeOn(device) === replayer.device
      ? []
      : [`sealed on ${device}, made again on ${replayer.device}`],
  )
  for (const [i, candidate] of chosen.entries()) {
    const report = await remake(replayer, { ...candidate, runId: 0 }, { spec, packs }, [])
    if (!report.same) different.push(differenceOf(report))
    if (report.note !== null) notes.add(report.note)
    context.onRemade(i + 1, chosen.length)
  }
  for (const { arm, seq, ...job } of failed) {
    if (await comesOut(replayer, { arm, ...job, verifierCalls: 0, scores: {} })) {
      different.push(`${arm} ${seq} is said to have failed, and came out`)
    }
  }
  const well = `${chosen.length} of ${dossier.candidates.length} candidates, the same to the last bit`
  const check = checkOf('made again', different, well)
  return { ...check, text: [check.text, ...notes].join('; ') }
}

/** Whether anything can be made of a candidate; throws what says nothing about that. */
async function comesOut(replayer: Replayer, candidate: Replayable): Promise<boolean> {
  try {
    await replayer.make(candidate)
    return true
  } catch (error) {
    if (toErrorData(error).code === 'model_output_invalid') return false
    throw error
  }
}

/** All candidates in an order that nobody can choose: by a hash of the seal and their place. */
function chosenBySeal({ seal, candidates }: Dossier): readonly Omit<Candidate, 'runId'>[] {
  const keyOf = ({ arm, seq }: Pick<Candidate, 'arm' | 'seq'>): string =>
    createHash('sha256').update(`${seal} ${arm} ${seq}`).digest('hex')
  return candidates
    .map((candidate) => ({ key: keyOf(candidate), candidate }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ candidate }) => candidate)
}

function differenceOf({ arm, seq, noiseSha256, imageSha256, scores }: ReplayReport): string {
  const ids = Object.keys({ ...scores.recorded, ...scores.found }) as readonly VerifierId[]
  const parts = [
    ...(noiseSha256.recorded === noiseSha256.found ? [] : ['the noise']),
    ...(imageSha256.recorded === imageSha256.found ? [] : ['the image file']),
    ...ids
      .filter((id) => !Object.is(scores.recorded[id], scores.found[id]))
      .map((id) => `${id} (${scores.recorded[id] ?? 'none'} recorded, ${scores.found[id] ?? 'none'} found)`),
  ]
  return `${arm} ${seq} came out with another ${parts.join(', ')}`
}
