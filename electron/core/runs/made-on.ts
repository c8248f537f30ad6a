/** What a run's images were made and graded on: recorded with the run, and never exchanged under it. */

import { StudioError } from '../../../shared/errors.ts'
import type { EngineInfo, Grader } from './adapters.ts'

const graderPart = ', grader '

/**
 * Device, runtime, the network's precision where it is not full, and the grader's model where one grades:
 * `cpu, onnxruntime 1.30.0, grader qwen-vl`, `webgpu, onnxruntime 1.30.0, float16`.
 */
export function madeOn(
  { device, runtime, precision }: EngineInfo,
  grader: Pick<Grader, 'model'> | null,
): string {
  const half = precision === 'float32' ? '' : `, ${precision}`
  return `${device}, ${runtime}${half}${grader === null ? '' : `${graderPart}${grader.model}`}`
}

/** The part that decides what an image looks like. */
export function imagesMadeOn(recorded: string): string {
  return recorded.split(graderPart)[0] ?? recorded
}

/**
 * Makes sure that a run goes on with what it began with: its scores and images could not be compared with each other.
 *
 * @param recorded null for a run without images
 * @throws `bad_input` with both
 */
export function requireTheSame(recorded: string | null, now: string): void {
  if (recorded === null || recorded === now) return
  throw new StudioError(
    'bad_input',
    `Expected to go on with ${recorded}, on which this run began, found ${now}. Its images and scores would not be comparable: bring the earlier one back, or start the run anew.`,
  )
}
