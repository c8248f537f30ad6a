/** Numbers for tests that try many cases: uniform in [0, 1), the same for a seed every time. */

import { uniform } from '../../diffusion/noise.ts'

export function seededNumbers(seed: number): () => number {
  let step = 0
  return () => uniform(String(seed), { stream: 0, purpose: 'sampler', step: step++ })
}
