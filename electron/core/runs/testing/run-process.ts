/**
 * A studio in small that can be killed: `run-process.ts FOLDER ALGORITHM HIT` opens the library in FOLDER, starts a
 * small search by ALGORITHM without models, or goes on with the one that is there, and kills itself with SIGKILL at its
 * HIT-th fault point (1-based; 0 for none). Says in lines of JSON what is acknowledged, and where it ended.
 */

import { writeSync } from 'node:fs'

import { parseRunSpec } from '../../../../shared/run-spec.ts'
import { diskWriter, type ImageWriter } from '../../../library/image-files.ts'
import { openLibrary } from '../../../library/open.ts'
import type { Engine, Library } from '../adapters.ts'
import { ClosedFormEngine } from './closed-form-engine.ts'
import { small, workRun } from './closed-form-run.ts'

/** What the process says of its life. */
export type Said =
  /** The last words: the fault point, and the evaluations that were done until then. */
  | { readonly kind: 'killed'; readonly at: string; readonly evaluations: number }
  | { readonly kind: 'kept'; readonly arm: string; readonly seq: number }
  | { readonly kind: 'ended'; readonly end: string }

const [folder = '', algorithm = '', hit = ''] = process.argv.slice(2)

/** Synchronous: a line that was written is out even if the next instruction is the last. */
function say(line: Said): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

const engine = new ClosedFormEngine()
let hits = 0
/** A place where the process can end. */
function point(name: string): void {
  hits++
  if (hits !== Number(hit)) return
  say({ kind: 'killed', at: name, evaluations: engine.evaluations })
  process.kill(process.pid, 'SIGKILL')
}

/** Puts a fault point behind a call. Between it and the next call nothing is written: no need for one before. */
function then<Arguments extends unknown[], Value>(
  name: string,
  call: (...given: Arguments) => Promise<Value>,
): (...given: Arguments) => Promise<Value> {
  return async (...given) => {
    const value = await call(...given)
    point(`after ${name}`)
    return value
  }
}

const faultyEngine: Engine = Object.assign(engine, {
  load: then('load', engine.load.bind(engine)),
  denoise: then('denoise', engine.denoise.bind(engine)),
  denoiseGradient: then('gradient', engine.denoiseGradient.bind(engine)),
  decode: then('decode', engine.decode.bind(engine)),
  embedImages: then('score', engine.embedImages.bind(engine)),
})

const faultyWriter: ImageWriter = {
  write: then('write', diskWriter.write),
  rename: then('rename', diskWriter.rename),
}

/** The row is committed between the rename and the end of `addCandidate`. */
function faultyLibrary(library: Library): Library {
  const { addCandidate, setStatus, setDevice } = library
  library.addCandidate = async (...given) => {
    const candidate = await addCandidate.apply(library, given)
    point('after commit')
    say({ kind: 'kept', arm: candidate.arm, seq: candidate.seq })
    return candidate
  }
  library.setStatus = (...given) => {
    point('before status')
    setStatus.apply(library, given)
    point('after status')
  }
  library.setDevice = (...given) => {
    setDevice.apply(library, given)
    point('after device')
  }
  return library
}

const library = faultyLibrary(await openLibrary(folder, 'cli', faultyWriter))
const spec = parseRunSpec(small[algorithm as keyof typeof small])
const runId = library.runs()[0]?.id ?? library.createRun(spec, [])
point('after creation')
const { end } = await workRun(runId, { engine: faultyEngine, library })
point('before close')
library.close()
say({ kind: 'ended', end: end.kind })
