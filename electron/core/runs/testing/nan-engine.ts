/** The closed-form engine, but some of what it is given comes back as NaN: refused as the real engine refuses it. */

import { StudioError } from '../../../../shared/errors.ts'
import type { DenoiseRequest } from '../adapters.ts'
import { ClosedFormEngine, type FaultScript } from './closed-form-engine.ts'

/** One sample of a call: of the denoiser with its noise level, of the decoder without. */
export type Asked = {
  readonly of: 'denoiser' | 'decoder' | 'gradient'
  readonly sample: Float32Array
  readonly sigma: number
}

export class NanEngine extends ClosedFormEngine {
  readonly #isNan: (asked: Asked) => boolean

  /** @param isNan by the sample alone, whatever batch it is in and however often it is asked about */
  constructor(isNan: (asked: Asked) => boolean, script?: FaultScript) {
    super(script)
    this.#isNan = isNan
  }

  override async denoise(request: DenoiseRequest) {
    const answer = await super.denoise(request)
    this.#refuse('denoiser', request.latents, request.sigmas)
    return answer
  }

  override async denoiseGradient(request: DenoiseRequest & { readonly cotangent: Float32Array }) {
    const answer = await super.denoiseGradient(request)
    this.#refuse('gradient', request.latents, request.sigmas)
    return answer
  }

  override async decode(request: { readonly latents: Float32Array; readonly batch: number }) {
    const answer = await super.decode(request)
    this.#refuse('decoder', request.latents, Array<number>(request.batch).fill(0))
    return answer
  }

  #refuse(of: Asked['of'], latents: Float32Array, sigmas: readonly number[]): void {
    const size = latents.length / sigmas.length
    const first = sigmas.findIndex((sigma, i) =>
      this.#isNan({ of, sample: latents.subarray(i * size, (i + 1) * size), sigma }),
    )
    if (first === -1) return
    throw new StudioError('model_output_invalid', `Pack gaussian, ${of}: NaN in sample ${first}.`)
  }
}

/** About one sample in so many, always the same ones: those whose bytes say so. */
export function oneIn(many: number, salt: number): (asked: Asked) => boolean {
  return ({ sample }) => {
    // FNV-1a
    let hash = 0x811c9dc5 ^ salt
    for (const byte of new Uint8Array(sample.slice().buffer)) hash = Math.imul(hash ^ byte, 0x01000193)
    return (hash >>> 8) % many === 0
  }
}
