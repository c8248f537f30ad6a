/** Things that every test of the library needs: a folder that goes away, a specification, candidates, pictures. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Candidate, NoiseRecipe } from '../../../shared/domain.ts'
import { parseRunSpec, type RunSpec, type RunSpecInput } from '../../../shared/run-spec.ts'
import type { Library, NewCandidate, Provenance, RgbImage, SamplerState } from '../../core/runs/adapters.ts'

const folders: string[] = []
// At the very end: a library that a test closes in its clean-up still needs its folder.
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A new empty folder; it is removed when the test file has run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'goldpan-library-'))
  folders.push(folder)
  return folder
}

export function specOf(changes: Partial<RunSpecInput> = {}): RunSpec {
  return parseRunSpec({
    prompt: 'two red stars in night',
    pack: 'scenes',
    guide: ['clip_score'],
    heldOut: [],
    algorithm: 'random_search',
    candidates: 4,
    sampler: 'euler',
    schedule: 'linear',
    steps: 12,
    guidance: 3,
    baselines: [5, 20],
    seed: '7',
    ...changes,
  })
}

/** One operation of each kind, with a seed, a stream and levels that only their exact bits tell apart. */
export const everyOperation: NoiseRecipe = {
  generator: 'philox4x32-10',
  seed: '18446744073709551615',
  stream: 2 ** 32 - 1,
  operations: [
    { kind: 'neighbour', stream: 3, cosine: 0.95 },
    { kind: 'ascend', verifier: 'pick_score', eta: 0.01, steps: 12 },
    { kind: 'steps', to: 11, stream: 3 },
    { kind: 'renoise', to: 0.89, stream: 4 },
    { kind: 'descend', to: 0.1 + 0.2, evaluations: 8, predict: true },
  ],
}

export function candidateOf(runId: number, seq: number, changes: Partial<NewCandidate> = {}): NewCandidate {
  return {
    runId,
    arm: 'search',
    seq,
    round: 0,
    parent: null,
    level: 0,
    steps: 12,
    recipe: { generator: 'philox4x32-10', seed: '7', stream: seq, operations: [] },
    noiseSha256: seq.toString(16).padStart(64, '0'),
    nfe: 12,
    forwardPasses: 24,
    verifierCalls: 1,
    gflop: 2.4,
    seconds: 0.5,
    scores: { clip_score: 0.25 + seq / 100 },
    ...changes,
  }
}

/** A small picture that differs with its number. */
export function pictureOf(number: number, side = 16): RgbImage {
  const data = new Uint8Array(side * side * 3)
  let state = number + 1
  for (let i = 0; i < data.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = state >>> 24
  }
  return { width: side, height: side, data }
}

export function provenanceOf(spec: RunSpec): Provenance {
  return { spec, packs: [{ id: 'scenes', version: '0.1.0', sha256: 'ab'.repeat(32) }] }
}

/** A state that differs with its number, of values that only their exact bits tell apart. */
export function stateOf(number: number, history = 1): SamplerState {
  const odd = [number + 0.1 + 0.2, -0, 5e-324, Math.PI * 10 ** (number % 300), -1 / 3]
  const arrays = Array.from({ length: 1 + history }, (_, i) =>
    Float64Array.from(odd, (value) => value * (i + 1)),
  )
  return { step: 3 + number, x: arrays[0] ?? new Float64Array(), history: arrays.slice(1) }
}

/** Adds a candidate with its own picture to a run of `specOf()`. */
export async function addTo(
  library: Library,
  runId: number,
  seq: number,
  changes: Partial<NewCandidate> = {},
  state: SamplerState | null = null,
): Promise<Candidate> {
  const candidate = candidateOf(runId, seq, changes)
  return library.addCandidate(candidate, pictureOf(runId * 1000 + seq), provenanceOf(specOf()), state)
}
