/**
 * `engineOverhead`: the wall time of a search through the studio core (engine process, scoring, PNG, commit to a
 * library in a temporary folder) divided by the time inside bare evaluations of the same graphs, with the same inputs,
 * as often, in the same engine process. Searches and bare evaluations take turns, so that a busy machine disturbs
 * both; the figure is the median of the ratios of neighbours.
 */

import { join } from 'node:path'

import type { AnswerMessage } from '../../electron/engine/protocol.ts'
import { forkEngine, type EnginePort } from '../../electron/engine/engine-port.ts'
import { openStudio, type Studio } from '../../electron/core/studio.ts'
import { median, note, packFolders, prompt, rounded, runOf, secondsOf } from './common.ts'
import type { BareRuns, ProbeRequest } from './recording-engine.ts'

const candidates = 8
const steps = 20
const pairs = 9

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
  let inEngine = NaN
  const wall = await secondsOf(async () => {
    const run = await runOf(studio, {
      ...{ prompt, pack: pack.id, guide: ['clip_score'], heldOut: [] },
      ...{ algorithm: 'random_search', candidates, baselines: [] },
      ...{ sampler, schedule, steps, guidance, seed: String(seed) },
    })
    inEngine = run.ledger.seconds
  })
  return { wall, inEngine }
}

/** A search and the bare evaluations after it; seconds, but for the ratio. */
type Measured = {
  readonly ratio: number
  readonly wall: number
  readonly bare: number
  readonly inEngine: number
}

/** The ratio, and the seconds behind it. */
export async function measureOverhead(libraryPath: string): Promise<Record<string, unknown>> {
  const ports: EnginePort[] = []
  const studio = await openStudio({
    libraryPath,
    packFolders,
    host: 'cli',
    launchEngine: () => {
      const port = forkEngine(join(import.meta.dirname, 'recording-engine.ts'))
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
