/** Too little memory, as runtimes and systems say it: they have no code of their own for it. */

import { StudioError } from '../../shared/errors.ts'

/** onnxruntime's arenas and providers, C++, V8, CUDA, Direct3D 12, Vulkan and Metal through Dawn. */
const words =
  /failed to allocate memory|bfcarena|bad_?alloc|out of memory|outofmemory|cudaerrormemoryallocation|e_outofmemory|8007000e|out_of_(device|host)_memory|allocation failed/i

/** Whether a message of a runtime, or the last words of a process, tell of too little memory. */
export function tellsOfMemory(text: string): boolean {
  return words.test(text)
}

/**
 * The error `out_of_memory` for what was thrown; null where it is another fault.
 *
 * @param at what was asked for, such as "evaluating unet.onnx for sample [2, 4, 64, 64]"
 */
export function outOfMemory(thrown: unknown, at: string): StudioError | null {
  const text = String(thrown)
  return tellsOfMemory(text) ? memoryError(at, text) : null
}

/** The error of a process that had too little memory at something. */
export function memoryError(at: string, detail: string): StudioError {
  const free = Math.round(process.availableMemory() / 1e6)
  const asked = /buffer of size (\d+)/.exec(detail)?.[1]
  const more = asked === undefined ? '' : `: ${Math.round(Number(asked) / 1e6)} MB more were asked for`
  return new StudioError(
    'out_of_memory',
    `There is not enough memory for ${at}${more}; ${free} MB are free now. Everything finished is kept.`,
    { detail },
  )
}
