import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { plannedNfe } from '../../../shared/plan.ts'
import { parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import { openLibrary } from '../../library/open.ts'
import { expectSound } from '../../library/testing/expect-sound.ts'
import { ClosedFormEngine } from './testing/closed-form-engine.ts'
import { everythingOf } from './jobs.ts'
import { lasting, small, workRun } from './testing/closed-form-run.ts'
import type { Said } from './testing/run-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-crash-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** No run has as many fault points. */
const mostPoints = 400

/** Processes at once. */
const atOnce = 3

/** Two lanes of four. */
const inFlight = 8

/**
 * The way of an image into the library is the same whatever the algorithm, except for saved states: a search without
 * them and one with them are killed at every point of it, the others at every fifth. Five, since the points come in
 * threes (written, renamed, committed): in turn they meet each of them.
 */
const strideOf = (algorithm: string): number =>
  ['random_search', 'draft_cull_resume'].includes(algorithm) ? 1 : 5

const script = fileURLToPath(new URL('./testing/run-process.ts', import.meta.url))
// Hundreds of processes of the same files: compiled once.
const env = { NODE_COMPILE_CACHE: join(folder, 'compiled'), ...process.env }

/** A search in a process of its own that ends itself at its hit-th fault point; what it said. */
async function runIn(library: string, algorithm: string, hit: number): Promise<readonly Said[]> {
  const args = [script, library, algorithm, String(hit)]
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const said: Said[] = []
  for await (const line of createInterface({ input: child.stdout })) said.push(JSON.parse(line) as Said)
  return said
}

/** The run of a specification that nothing stops. */
async function uninterrupted(spec: RunSpec) {
  const library = await openLibrary(join(folder, `calm-${spec.algorithm}`))
  const runId = library.createRun(spec, [])
  const engine = new ClosedFormEngine()
  await workRun(runId, { engine, library })
  const run = library.run(runId)
  library.close()
  return { json: lasting(run), images: run.finished, evaluations: engine.evaluations }
}

type Calm = Awaited<ReturnType<typeof uninterrupted>>

/** What must hold of a library whose process was killed; goes on with its run and demands that nothing shows. */
async function assertSurvived(place: string, spec: RunSpec, said: readonly Said[], calm: Calm) {
  const last = said.at(-1)
  assert.ok(last?.kind === 'killed', 'the process ended by its own hand')
  const acknowledged = said.flatMap((line) => (line.kind === 'kept' ? [`${line.arm} ${line.seq}`] : []))
  assert.ok(expectSound(place).orphans.length <= inFlight)

  const library = await openLibrary(place)
  const [summary] = library.runs()
  assert.ok(summary !== undefined)
  const before = library.run(summary.id)
  const rows = everythingOf(before)
  const names = rows.map(({ arm, seq }) => `${arm} ${seq}`)
  for (const name of acknowledged) assert.ok(names.includes(name), `${name} was acknowledged and is lost`)
  assert.equal(summary.finished, rows.length)
  assert.equal(summary.planned, calm.images)
  if (summary.status.kind === 'done') assert.equal(rows.length, calm.images)
  else assert.equal(summary.status.kind, 'interrupted')

  const engine = new ClosedFormEngine()
  const { end } = await workRun(summary.id, { engine, library })
  const run = library.run(summary.id)
  library.close()
  assert.deepEqual(end, { kind: 'done' })
  assert.equal(lasting(run), calm.json)
  // Nothing finished is made again, and of the rest no more than can be in flight.
  const stored = rows.reduce((sum, { nfe }) => sum + nfe, 0)
  assert.equal(stored + engine.evaluations, calm.evaluations)
  const longest = Math.max(...[spec.steps, ...spec.baselines].map((steps) => plannedNfe(spec.sampler, steps)))
  const again = last.evaluations + engine.evaluations - calm.evaluations
  assert.ok(again <= inFlight * longest, `${again} evaluations again`)
  const { rows: images, orphans } = expectSound(place)
  assert.deepEqual(
    [images.size, orphans],
    [new Set(everythingOf(run).map((one) => one.imageSha256)).size, []],
  )
  return last.at
}

describe('killed at its n-th fault point, for all n of a stride, and resumed, a search is the same, byte for byte', () => {
  for (const [algorithm, input] of Object.entries(small)) {
    const stride = strideOf(algorithm)
    test(`${algorithm}, by ${stride}`, async (t) => {
      const spec = parseRunSpec(input)
      const calm = await uninterrupted(spec)
      const survived = new Map<string, number>()
      let next = 1
      let last = Infinity
      const worker = async (): Promise<void> => {
        for (let hit = next; hit < Math.min(last, mostPoints); hit = next) {
          next += stride
          const place = join(folder, `${algorithm}-${hit}`)
          const said = await runIn(place, algorithm, hit)
          if (said.at(-1)?.kind === 'ended') last = Math.min(last, hit)
          else {
            const at = await assertSurvived(place, spec, said, calm).catch((error: unknown) => {
              throw new Error(`After a kill at point ${hit}, ${JSON.stringify(said.at(-1))}`, {
                cause: error,
              })
            })
            survived.set(at, (survived.get(at) ?? 0) + 1)
          }
          rmSync(place, { recursive: true, force: true })
        }
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
      assert.ok(last < mostPoints, 'the run finished once the fault lay behind its end')
      const points = [...survived.values()].reduce((sum, count) => sum + count, 0)
      assert.equal(points, (last - 1) / stride)
      t.diagnostic(`${points} kills survived: ${JSON.stringify(Object.fromEntries(survived))}`)
      if (stride > 1) return
      for (const step of ['denoise', 'decode', 'score', 'write', 'rename', 'commit', 'status']) {
        assert.ok((survived.get(`after ${step}`) ?? 0) > 0, `no kill after ${step}`)
      }
    })
  }
})

describe('killed again and again, a little further on each time, a search is the same', () => {
  for (const [algorithm, input] of Object.entries(small)) {
    test(algorithm, async () => {
      const calm = await uninterrupted(parseRunSpec(input))
      const place = join(folder, `${algorithm}-again`)
      // Far enough that each process gets something into the library.
      const stride = 45
      let ended = false
      for (let turn = 0; turn < 50 && !ended; turn++) {
        ended = (await runIn(place, algorithm, stride)).at(-1)?.kind === 'ended'
      }
      assert.ok(ended, 'the run came to its end')
      const library = await openLibrary(place)
      const [summary] = library.runs()
      assert.equal(lasting(library.run(summary?.id ?? 0)), calm.json)
      library.close()
    })
  }
})
