/** Kills real studios at random moments: the engine, the main process or both; demands that no run shows it. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { parseRunSpec, type RunSpec } from '../../../../shared/run-spec.ts'
import { openLibrary } from '../../../library/open.ts'
import { expectSound } from '../../../library/testing/expect-sound.ts'
import { everythingOf } from '../jobs.ts'
import { lasting } from './closed-form-run.ts'
import type { StudioSaid } from './studio-process.ts'

const script = fileURLToPath(new URL('./studio-process.ts', import.meta.url))

const common = {
  prompt: 'two red stars in night',
  pack: 'scenes-mini',
  guide: ['clip_score', 'aesthetic_score'],
  heldOut: ['dino_self'],
  sampler: 'euler',
  schedule: 'linear',
  steps: 5,
  guidance: 3,
  baselines: [],
  seed: '11',
}
/** A small run on a bundled pack by each algorithm that can be killed. */
const realRuns = {
  random_search: { ...common, algorithm: 'random_search', candidates: 12, baselines: [3, 9] },
  zero_order_search: { ...common, algorithm: 'zero_order_search', rounds: 3, neighbours: 4, steps: 4 },
  draft_cull_resume: {
    ...common,
    ...{ algorithm: 'draft_cull_resume', candidates: 12, draftSteps: 3, survivors: 4, finalSteps: 9 },
    ...{ steps: 6, sampler: 'dpmpp_2m' },
  },
  first_order_search: {
    ...common,
    ...{ algorithm: 'first_order_search', guide: ['aesthetic_score'], heldOut: ['clip_score'] },
    ...{ iterations: 5, steps: 3 },
  },
  search_over_paths: { ...common, algorithm: 'search_over_paths', paths: 2, width: 3, length: 4, steps: 6 },
  fk_steering: {
    ...common,
    ...{ algorithm: 'fk_steering', guide: ['clip_score'], particles: 6, interval: 2 },
    ...{ steps: 6, sampler: 'euler_ancestral' },
  },
}

type Victim = 'engine' | 'studio' | 'both'
const victims: readonly Victim[] = ['engine', 'studio', 'both']

/** What the kills came to. */
type Toll = Readonly<Record<Victim, number>> & { readonly runs: number }

/** Reports of a run, a tenth of a second apart, that may pass before the next kill. */
const mostReports = 5

/** Times that a studio is started before a test gives up, far more than any needs. */
const mostStarts = 20

/**
 * Kills at least so many times, run after run, algorithm after algorithm; after the last kill of a run it is resumed
 * and must equal the one that nothing stopped, byte for byte.
 *
 * @param seed of the moments; with the same one the same moments are chosen, as far as a clock can keep them
 * @param mostARun kills of one run
 */
export async function killStudios(
  seed: number,
  kills: number,
  mostARun: number,
  tell: (line: string) => void,
): Promise<Toll> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-kills-'))
  const toll = { engine: 0, studio: 0, both: 0, runs: 0 }
  const random = randomFrom(seed)
  const total = (): number => toll.engine + toll.studio + toll.both
  try {
    const calm = new Map<string, string>()
    for (let turn = 0; total() < kills && turn < 10 * kills; turn++) {
      const spec = parseRunSpec(Object.values(realRuns)[turn % Object.keys(realRuns).length])
      const { algorithm } = spec
      const place = join(folder, `run-${turn}`)
      if (!calm.has(algorithm)) calm.set(algorithm, await finished(join(folder, algorithm), spec))
      const most = Math.min(mostARun, kills - total())
      const killed = await killAgainAndAgain(place, spec, most, random)
      for (const victim of killed) toll[victim]++
      toll.runs++
      const json = await finished(place, spec)
      const wanted = calm.get(algorithm) ?? ''
      tell(`${algorithm}: killed ${killed.join(', ') || 'nothing'}`)
      // Shows the difference alone; then to the byte.
      assert.deepEqual(JSON.parse(json), JSON.parse(wanted))
      assert.ok(json === wanted)
      rmSync(place, { recursive: true, force: true })
    }
    return toll
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Goes on with a run until it is done; what of it must last. The library is sound, before and afterwards. */
async function finished(place: string, spec: RunSpec): Promise<string> {
  let last: StudioSaid | null = null
  for (let start = 0; start < mostStarts; start++) {
    const studio = startStudio(place, spec)
    for await (const line of studio.lines) {
      last = line
      if (line.kind === 'ended' && line.status.kind === 'done') {
        await studio.ended
        return readRun(place)
      }
    }
  }
  throw new Error(`The run does not come to its end: ${JSON.stringify(last)}`)
}

async function readRun(place: string): Promise<string> {
  const { orphans } = expectSound(place)
  assert.deepEqual(orphans, [])
  const library = await openLibrary(place)
  const [summary, ...others] = library.runs()
  assert.ok(summary !== undefined && others.length === 0)
  const json = lasting(library.run(summary.id))
  library.close()
  return json
}

/** Starts, kills and starts again, so many times or until the run is done. */
async function killAgainAndAgain(
  place: string,
  spec: RunSpec,
  most: number,
  random: (below: number) => number,
): Promise<readonly Victim[]> {
  const killed: Victim[] = []
  for (let start = 0; start < mostStarts && killed.length < most; start++) {
    const studio = startStudio(place, spec)
    let engine: number | null = null
    let lastEngine: number | null = null
    let reports = random(mostReports)
    for await (const line of studio.lines) {
      if (line.kind === 'engine') lastEngine = engine = line.pid
      if (line.kind === 'ended' && line.status.kind === 'done') return killed
      if (line.kind !== 'progress' || engine === null || reports-- > 0) continue
      await sleep(random(100))
      const victim = victims[random(victims.length)] ?? 'both'
      if (victim !== 'studio') kill(engine)
      if (victim !== 'engine') studio.kill()
      killed.push(victim)
      if (killed.length === most) studio.kill()
      // The next engine is told as this one was.
      engine = null
      reports = random(mostReports)
    }
    await studio.ended
    if (lastEngine !== null) await assertGone(lastEngine)
    await assertSurvived(place)
  }
  return killed
}

/** Right after a kill: the catalogue is sound, the run stands where it was, and no picture of it is lost. */
async function assertSurvived(place: string): Promise<void> {
  expectSound(place)
  const library = await openLibrary(place)
  for (const { id, status, finished } of library.runs()) {
    const run = library.run(id)
    assert.ok(['interrupted', 'failed', 'done'].includes(status.kind), status.kind)
    assert.equal(everythingOf(run).length, finished)
  }
  library.close()
}

/** An engine does not outlive its studio. */
async function assertGone(pid: number): Promise<void> {
  for (let look = 0; look < 100; look++) {
    if (!isAlive(pid)) return
    await sleep(100)
  }
  assert.fail(`the engine ${pid} still runs without its studio`)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function startStudio(place: string, spec: RunSpec) {
  const args = [script, place, JSON.stringify(spec)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  async function* lines(): AsyncGenerator<StudioSaid> {
    for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as StudioSaid
  }
  return { lines: lines(), ended, kill: () => child.kill('SIGKILL') }
}

/** One that ended by itself meanwhile needs no killing. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Whole numbers below a bound, the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
