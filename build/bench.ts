/**
 * `npm run bench`: what the studio adds to the time of its models, and how fast they are here. One JSON object on
 * stdout, progress on stderr.
 *
 * `engineOverhead` is the wall time of a search through the studio core (engine process, scoring, PNG, commit to a
 * library in a temporary folder) divided by the time inside bare evaluations of the same graphs, with the same inputs,
 * as often, in the same engine process. Searches and bare evaluations take turns, so that a busy machine disturbs
 * both; the figure is the median of the ratios of neighbours.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AnswerMessage } from '../electron/engine/protocol.ts'
import { createEngineClient } from '../electron/engine/engine-client.ts'
import { forkEngine, type EnginePort } from '../electron/engine/engine-port.ts'
import { PackFolders } from '../electron/packs/read-packs.ts'
import { openStudio, type Studio } from '../electron/core/studio.ts'
import type { BareRuns, ProbeRequest } from './bench-engine.ts'

const candidates = 8
const steps = 20
const pairs = 9
const batches = [1, 2, 4, 8]
const repeats = 15
const prompt = 'two red stars in night'

const root = join(import.meta.dirname, '..')
const packFolders = [join(root, 'models', 'packs')]

const note = (text: string): void => void process.stderr.write(`${text}\n`)
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN
const rounded = (value: number, digits = 4): number => Number(value.toFixed(digits))

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

/** A way to the engine process beside the studio's own: negative ids, which the studio's client passes over. */
function probeOf(port: EnginePort): (request: ProbeRequest) => Promise<unknown> {
  const waiting = new Map<number, (answer: AnswerMessage) => void>()
  let lastId = 0
  port.onMessage((message) => {
    const answer = message as AnswerMessage
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  })
  return (request) =>
    new Promise((resolve, reject) => {
      const id = --lastId
      waiting.set(id, (answer) => {
        if (answer.ok) resolve(answer.value)
        else reject(new Error(answer.error.message))
      })
      port.post({ id, request })
    })
}

/** One search to its end: wall seconds, and seconds that the engine spent on it. */
async function search(studio: Studio, seed: number): Promise<{ wall: number; inEngine: number }> {
  const [pack] = await studio.api.packs().then((all) => all.filter((one) => one.kind === 'text_to_image'))
  if (pack === undefined) throw new Error(`Expected an image pack in ${packFolders.join(', ')}, found none`)
  const { sampler, schedule, guidance } = pack.defaults
  let id = 0
  const wall = await secondsOf(async () => {
    const { runId } = await studio.api.startRun({
      ...{
        prompt,
        pack: pack.id,
        guide: ['clip_score'],
        heldOut: [],
        algorithm: 'random_search',
        candidates,
        baselines: [],
      },
      ...{ sampler, schedule, steps, guidance, seed: String(seed) },
    })
    id = runId
    await studio.whenEnded(runId)
  })
  const run = await studio.api.run({ runId: id })
  if (run.status.kind !== 'done')
    throw new Error(`Expected a finished run, found ${JSON.stringify(run.status)}`)
  return { wall, inEngine: run.ledger.seconds }
}

/** A search and the bare evaluations after it; seconds, but for the ratio. */
type Measured = {
  readonly ratio: number
  readonly wall: number
  readonly bare: number
  readonly inEngine: number
}

async function measureOverhead(libraryPath: string): Promise<Record<string, unknown>> {
  const ports: EnginePort[] = []
  const studio = await openStudio({
    libraryPath,
    packFolders,
    host: 'cli',
    launchEngine: () => {
      const port = forkEngine(join(import.meta.dirname, 'bench-engine.ts'))
      ports.push(port)
      return port
    },
  })
  try {
    const first = await search(studio, 0)
    note(`first search, with engine start and session load: ${first.wall.toFixed(2)} s`)
    const [port] = ports
    if (port === undefined) throw new Error('Expected an engine process after the first search, found none')
    const probe = probeOf(port)
    await probe({ kind: 'record', on: true })
    await search(studio, 1)
    await probe({ kind: 'record', on: false })
    const { evaluations } = (await probe({ kind: 'bare' })) as BareRuns

    const measured: Measured[] = []
    for (let pair = 0; pair < pairs; pair++) {
      const { wall, inEngine } = await search(studio, 2 + pair)
      const { seconds: bare } = (await probe({ kind: 'bare' })) as BareRuns
      measured.push({ ratio: wall / bare, wall, bare, inEngine })
      note(`search ${wall.toFixed(3)} s, bare ${bare.toFixed(3)} s, ratio ${(wall / bare).toFixed(3)}`)
    }
    const middle = (key: keyof Measured): number => rounded(median(measured.map((one) => one[key])))
    return {
      engineOverhead: middle('ratio'),
      engineOverheads: measured.map(({ ratio }) => rounded(ratio)),
      search: {
        candidates,
        steps,
        evaluations,
        wallSeconds: middle('wall'),
        inEngineSeconds: middle('inEngine'),
        bareSeconds: middle('bare'),
        firstSearchSeconds: rounded(first.wall),
      },
    }
  } finally {
    await studio.close()
  }
}

async function measureLatencies(): Promise<Record<string, unknown>> {
  const packs = new PackFolders(packFolders)
  const [summary] = (await packs.summaries()).filter((one) => one.kind === 'text_to_image')
  const pack = await packs.openImagePack(summary?.id ?? '')
  const verifierPack = await packs.openVerifierPack('clip_score')
  const packId = pack.manifest.id
  const { channels, height, width } = pack.manifest.latents
  const { guidance } = pack.manifest.defaults
  const size = channels * height * width
  const engine = createEngineClient()
  const usual = async (work: () => Promise<unknown>): Promise<number> => {
    const seconds: number[] = []
    for (let i = 0; i < repeats; i++) seconds.push(await secondsOf(work))
    return rounded(median(seconds), 5)
  }
  try {
    const load = await secondsOf(() => engine.load([pack, verifierPack]))
    const latents = Float32Array.from({ length: 8 * size }, (_, i) => Math.sin(i * i))
    const stepSeconds: Record<string, number> = {}
    for (const batch of batches) {
      const request = {
        packId,
        prompt,
        guidance,
        latents: latents.slice(0, batch * size),
        sigmas: Array<number>(batch).fill(0.5),
      }
      stepSeconds[`batch${batch}`] = await usual(() => engine.denoise(request))
      note(`step of ${batch}: ${stepSeconds[`batch${batch}`]} s`)
    }
    const one = { packId, latents: latents.slice(0, size), batch: 1 }
    const { images } = await engine.decode(one)
    const judge = { packId: verifierPack.manifest.id, images }
    const decodeSeconds = await usual(() => engine.decode(one))
    const scoreSeconds = await usual(() => engine.embedImages(judge))
    return {
      processStartAndSessionLoadSeconds: rounded(load),
      guidance,
      stepSeconds,
      decodeSeconds,
      scoreSeconds,
      imageSeconds: rounded(steps * (stepSeconds['batch1'] ?? NaN) + decodeSeconds + scoreSeconds),
    }
  } finally {
    await engine.stop()
  }
}

const folder = await mkdtemp(join(tmpdir(), 'goldpan-bench-'))
try {
  const overhead = await measureOverhead(join(folder, 'library'))
  const latencies = await measureLatencies()
  const [cpu] = cpus()
  const machine = {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    load: rounded(loadavg()[0] ?? NaN, 2),
  }
  process.stdout.write(`${JSON.stringify({ ...overhead, latencies, machine }, null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
