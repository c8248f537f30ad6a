/** The rules that a graph must keep before the runtime sees it, beyond being sound: its operators and its data files. */

import { StudioError } from '../../../shared/errors.ts'
import type { OnnxFile } from './onnx-file.ts'

/** Sets of operators that the runtime brings along; anything else is code that the model would need to load. */
const knownDomains = new Set(['', 'ai.onnx', 'com.microsoft'])

/** Operators that are refused, and why. The middle of a sentence: "found Loop, which ...". */
const refusedOperators: Readonly<Record<string, string>> = {
  Loop: 'which can run for ever; no model of the families that Goldpan runs needs one',
  Scan: 'which can run for ever; no model of the families that Goldpan runs needs one',
  EPContext: 'which hands a compiled blob to a driver; take the plain ONNX export instead',
  PyOp: 'which runs Python code of the file',
  PythonOp: 'which runs Python code of the file',
  PythonOpGrad: 'which runs Python code of the file',
  ATen: 'which calls into PyTorch',
  ExternalCustomOp: 'which loads code from elsewhere',
  Snpe: 'which hands a compiled blob to a driver; take the plain ONNX export instead',
  BeamSearch: 'which writes text; Goldpan takes models that read text, make or score pictures',
  GreedySearch: 'which writes text; Goldpan takes models that read text, make or score pictures',
  Sampling: 'which writes text; Goldpan takes models that read text, make or score pictures',
  WhisperBeamSearch: 'which writes text; Goldpan takes models that read text, make or score pictures',
}

/**
 * Holds a file's data files against what is on disk.
 *
 * @param sizeOf bytes of a file beside the model, by its name; undefined for one that is not there
 * @throws StudioError `pack_invalid`
 */
export function checkExternalData(
  file: string,
  { external }: OnnxFile,
  sizeOf: (name: string) => number | undefined,
): void {
  for (const [location, extents] of external) {
    const size = sizeOf(location)
    if (size === undefined) {
      throw refusedGraph(
        file,
        `expected its weights in the file ${location} beside it`,
        'no such file',
        'Copy that file into the same folder',
      )
    }
    let taken = 0
    for (const { initialiser, offset, length } of extents.toSorted((a, b) => a.offset - b.offset)) {
      if (offset + length > size) {
        throw refusedGraph(
          file,
          `expected ${offset + length} bytes in ${location} for the initialiser ${initialiser}`,
          `${size}: the file is too short`,
        )
      }
      if (offset < taken) {
        throw refusedGraph(
          file,
          `expected initialisers side by side in ${location}`,
          `${initialiser} overlapping another`,
        )
      }
      taken = offset + length
    }
  }
}

/** Holds the operators of a graph that is to be run against the rules. @throws StudioError `pack_invalid` */
export function checkOperators(file: string, { operators }: OnnxFile): void {
  for (const operator of operators.keys()) {
    const split = operator.indexOf(':')
    const domain = operator.slice(0, split)
    const name = operator.slice(split + 1)
    const expected = "expected operators of ONNX and of the runtime's own set only"
    // A file may call an operator `constructor`.
    const why = Object.hasOwn(refusedOperators, name) ? refusedOperators[name] : undefined
    if (why !== undefined) throw refusedGraph(file, expected, `${name}, ${why}`, 'Choose another export')
    if (!knownDomains.has(domain)) {
      const made = domain.startsWith('trt') ? ', a model compiled for TensorRT' : ''
      throw refusedGraph(
        file,
        expected,
        `${name} of ${JSON.stringify(domain)}${made}`,
        'Choose a plain ONNX export, for example one by Optimum',
      )
    }
  }
}

/** The refusal of a graph. `expected` begins with that word, `found` follows it. */
export function refusedGraph(
  file: string,
  expected: string,
  found: string,
  todo = 'Download or export it again',
): StudioError {
  return new StudioError('pack_invalid', `${file}: ${expected}, found ${found}. ${todo}.`)
}
