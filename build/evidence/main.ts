/**
 * `npm run evidence`: makes the evidence of the bundled world, or goes on making it, and writes EVIDENCE.md, its plots
 * and figures.json. Progress on stderr. See README.md beside this file.
 */

import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { PackFolders } from '../../electron/packs/read-packs.ts'
import { compareFigures } from './check.ts'
import { computeFigures, verifiersOf, type Figures } from './figures.ts'
import { workThrough, type Piece } from './lanes.ts'
import { ledgerOf } from './ledger.ts'
import { parts, type Part } from './plan.ts'
import { openReferee } from './referee.ts'
import { writeReport } from './report.ts'
import type { PromptResults } from './results.ts'
import { Store } from './store.ts'
import { suite, type SuitePrompt } from './suite.ts'
import { gflopOf, weightOf, workOn, type Kit, type SetRow } from './work.ts'

const root = join(import.meta.dirname, '..', '..')
const published = join(root, 'models', 'packs', 'scenes')

const usage = `npm run evidence -- [options]
  --out DIR       where EVIDENCE.md and evidence/ are written (models/packs/scenes)
  --only PART     one of ${parts.join(', ')}; again for more
  --minutes M     begin nothing after M minutes; the next call goes on
  --prompts N     only the first N prompts of the suite
  --processes P   engine processes, one thread each (as many as cores)
  --fresh         forget what earlier calls made
  --check         make nothing: hold the work folder's figures against the published ones
  --work DIR      the work folder (.cache/evidence)
`

const say = (line: string): void => void process.stderr.write(`evidence: ${line}\n`)

function fail(line: string): never {
  say(line)
  process.exit(2)
}

type Options = {
  readonly out: string
  readonly only: readonly Part[]
  readonly minutes: number
  readonly prompts: readonly SuitePrompt[]
  readonly processes: number
  readonly fresh: boolean
  readonly check: boolean
  readonly work: string
}

function readOptions(): Options {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    options: {
      ...{ out: text, minutes: text, prompts: text, processes: text, work: text },
      ...{ only: { type: 'string', multiple: true }, fresh: flag, check: flag, help: flag },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  const positive = (name: 'minutes' | 'prompts' | 'processes', otherwise: number): number => {
    const value = values[name] === undefined ? otherwise : Number(values[name])
    if (value > 0 && (name === 'minutes' || Number.isInteger(value))) return value
    return fail(`--${name}: expected a number above 0, found ${JSON.stringify(values[name])}`)
  }
  const only = (values.only ?? parts).map((part) => {
    const found = parts.find((one) => one === part)
    return found ?? fail(`--only: expected one of ${parts.join(', ')}, found ${JSON.stringify(part)}`)
  })
  return {
    out: resolve(values.out ?? published),
    only,
    minutes: positive('minutes', Infinity),
    prompts: suite.slice(0, positive('prompts', suite.length)),
    processes: positive('processes', availableParallelism()),
    fresh: values.fresh,
    check: values.check,
    work: resolve(values.work ?? join(root, '.cache', 'evidence')),
  }
}

/** Opens the packs that the evidence is about. */
async function openKit(work: string): Promise<Kit> {
  const packs = new PackFolders([join(root, 'models', 'packs')])
  const summaries = await packs.summaries()
  const has = (id: string): boolean => summaries.some((pack) => pack.id === id)
  if (!has('scenes-mini')) say('scenes-mini is not installed: the part `small` is left out')
  return {
    large: await packs.openImagePack('scenes'),
    small: has('scenes-mini') ? await packs.openImagePack('scenes-mini') : null,
    referee: await openReferee(packs),
    store: new Store(work),
  }
}

/** Everything that the store holds of these prompts. */
async function readResults(prompts: readonly SuitePrompt[], kit: Kit) {
  const rows = new Map<Part, (readonly SetRow[])[]>(parts.map((part) => [part, []]))
  const results: PromptResults[] = []
  for (const prompt of prompts) {
    const own: SetRow[] = []
    for (const part of parts) {
      const found = await workOn(part, prompt, kit, null)
      if (found === null || found.length === 0) continue
      rows.get(part)?.push(found)
      own.push(...found)
    }
    const imagesOf = (packId: string | undefined) =>
      own.filter((row) => row.packId === packId).flatMap(({ images }) => images)
    const { id: large } = kit.large.manifest
    results.push({ ...prompt, large: imagesOf(large), small: imagesOf(kit.small?.manifest.id) })
  }
  return { results, rows }
}

/** Makes what is missing, as far as the time goes. */
async function makeMissing({ only, prompts, processes, minutes }: Options, kit: Kit): Promise<void> {
  const pieces = only
    .filter((part) => part !== 'small' || kit.small !== null)
    .flatMap((part) =>
      prompts.map((prompt): Piece => ({
        part,
        weight: weightOf(part, kit),
        isDone: async () => (await workOn(part, prompt, kit, null)) !== null,
        make: (bench) => workOn(part, prompt, kit, bench),
      })),
    )
  const packs = [kit.large, ...(kit.small === null ? [] : [kit.small]), ...kit.referee.packs]
  const whole = await workThrough(pieces, { packs, processes, minutes, say })
  if (!whole) say('time is up; run the same command again to go on')
}

async function report(kit: Kit, { prompts, out }: Options): Promise<void> {
  const { results, rows } = await readResults(prompts, kit)
  const { large, small, referee } = kit
  const gflop = { large: gflopOf(large), small: small === null ? null : gflopOf(small) }
  const { sampler, schedule, guidance } = large.manifest.defaults
  const packs = [
    { pack: large, role: 'makes the images' },
    ...(small === null ? [] : [{ pack: small, role: 'makes the images of the small model' }]),
    ...referee.packs.map((pack) => ({
      pack,
      role:
        pack.manifest.kind === 'verifier' ? pack.manifest.verifiers.map(({ id }) => id).join(', ') : 'judge',
    })),
  ]
  const places = [...rows.values()].flat(2).map(({ place }) => place)
  await writeReport(out, {
    figures: computeFigures(results, gflop),
    verifiers: verifiersOf(results),
    ledger: ledgerOf(rows, (id) => (id === large.manifest.id ? gflop.large : (gflop.small ?? NaN))),
    packs: packs.map(({ pack: { manifest, sha256 }, role }) => ({
      ...{ id: manifest.id, version: manifest.version, sha256, role },
    })),
    sampling: `Sampler ${sampler}, schedule ${schedule}, guidance ${guidance}`,
    gflop: { ...gflop, passes: guidance === 1 ? 1 : 2 },
    places: [...new Set(places)],
    prompts: { done: results.filter((one) => one.large.length > 0).length, of: suite.length },
  })
  say(`wrote ${join(out, 'EVIDENCE.md')}`)
}

async function check(kit: Kit, { prompts }: Options): Promise<void> {
  const file = join(published, 'evidence', 'figures.json')
  const text = await readFile(file, 'utf8').catch(() =>
    fail(`expected published figures in ${file}, found none; run npm run evidence first`),
  )
  const { results } = await readResults(prompts, kit)
  const fresh = computeFigures(results, {
    large: gflopOf(kit.large),
    small: kit.small === null ? null : gflopOf(kit.small),
  })
  const { compared, outside, missing } = compareFigures(
    fresh,
    (JSON.parse(text) as { figures: Figures }).figures,
  )
  for (const line of outside) say(line)
  if (missing.length > 0)
    say(`${missing.length} published figures are not in the work folder, such as ${missing[0] ?? ''}`)
  say(`${compared - outside.length} of ${compared} figures lie within their published intervals`)
  if (outside.length > 0 || missing.length > 0 || compared === 0) process.exitCode = 1
}

const options = readOptions()
const kit = await openKit(options.work)
if (options.check) await check(kit, options)
else {
  if (options.fresh) await kit.store.clear()
  await makeMissing(options, kit)
  await report(kit, options)
}
