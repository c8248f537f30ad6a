/**
 * An engine without models, for tests of the run loop: the denoiser of Gaussian data in closed form, a decoder that
 * shows the latents as grey, a verifier that likes bright pictures, one that likes dark ones, one that likes
 * neither. Faults can be scripted at any call.
 */

import type { ImageFeatures } from '../../verifiers/evidence.ts'
import type { DenoiseRequest, Engine, EngineInfo, RgbImage } from '../adapters.ts'

/** Called before every call, with the kind and how often that kind was called (1-based); may throw or wait. */
export type FaultScript = (kind: keyof ClosedFormEngine['calls'], call: number) => void

const mean = 0.2
const spread = 0.5
/** Grey levels a unit of latents. */
const contrast = 60

export class ClosedFormEngine implements Engine {
  readonly calls = { load: 0, denoise: 0, decode: 0, embedImages: 0, scorePairs: 0, denoiseGradient: 0 }
  /** Batch size of every denoise call. */
  readonly batches: number[] = []
  readonly #script: FaultScript

  constructor(script: FaultScript = () => undefined) {
    this.#script = script
  }

  /** Evaluations that were done, of all candidates; back through the denoiser is one as well. */
  get evaluations(): number {
    return this.batches.reduce((sum, size) => sum + size, this.calls.denoiseGradient)
  }

  #enter(kind: keyof ClosedFormEngine['calls']): void {
    this.calls[kind] += 1
    this.#script(kind, this.calls[kind])
  }

  load(): Promise<EngineInfo> {
    this.#enter('load')
    return Promise.resolve({ device: 'cpu', runtime: 'closed form 1', precision: 'float32' })
  }

  denoise({ latents, sigmas, guidance }: DenoiseRequest) {
    this.#enter('denoise')
    this.batches.push(sigmas.length)
    const size = latents.length / sigmas.length
    const denoised = latents.map((x, i) => {
      const sigma = sigmas[Math.floor(i / size)] ?? NaN
      return mean + gainAt(sigma) * (x - (1 - sigma) * mean)
    })
    return Promise.resolve({
      denoised,
      forwardPasses: guidance === 1 ? 1 : 2,
      seconds: 0.001 * sigmas.length,
    })
  }

  denoiseGradient({ sigmas, guidance, cotangent }: DenoiseRequest & { readonly cotangent: Float32Array }) {
    this.#enter('denoiseGradient')
    const size = cotangent.length / sigmas.length
    const gradient = cotangent.map((w, i) => gainAt(sigmas[Math.floor(i / size)] ?? NaN) * w)
    const forwardPasses = guidance === 1 ? 1 : 2
    return Promise.resolve({ gradient, forwardPasses, seconds: 0.001 * sigmas.length })
  }

  decode({ latents, batch }: { readonly latents: Float32Array; readonly batch: number }) {
    this.#enter('decode')
    const size = latents.length / batch
    const images = Array.from({ length: batch }, (_, i): RgbImage => {
      const sample = latents.subarray(i * size, (i + 1) * size)
      const data = Uint8Array.from(
        { length: size * 3 },
        (_, at) => 128 + contrast * (sample[Math.floor(at / 3)] ?? NaN),
      )
      return { width: size, height: 1, data }
    })
    return Promise.resolve({ images, seconds: 0.001 })
  }

  embedImages({ images }: { readonly images: readonly RgbImage[] }) {
    this.#enter('embedImages')
    const features = images.map(({ data }): ImageFeatures => {
      const brightness = brightnessOf(data)
      const embedding = Float32Array.of(brightness, 1 - brightness)
      return { embedding, logits: Float32Array.of(brightness, 0), score: 1 - brightness }
    })
    return Promise.resolve({ features, seconds: 0.001 })
  }

  /** A pixel of the decoder, in [-1, 1], is 127.5 grey levels a unit; each latent is one grey pixel. */
  decodeGradient({
    latents,
    batch,
    cotangent,
  }: {
    readonly latents: Float32Array
    readonly batch: number
    readonly cotangent: Float32Array
  }) {
    const size = latents.length / batch
    const gradient = latents.map((_, i) => {
      const [sample, at] = [Math.floor(i / size), i % size]
      const channels = [0, 1, 2].map((channel) => cotangent[(sample * 3 + channel) * size + at] ?? NaN)
      return (contrast / 127.5) * channels.reduce((sum, value) => sum + value, 0)
    })
    return Promise.resolve({ gradient, seconds: 0.001 })
  }

  /** A cotangent of one number an image is the score's, of two the embedding's. */
  embedImagesGradient({
    images,
    cotangent,
  }: {
    readonly images: readonly RgbImage[]
    readonly cotangent: Float32Array
  }) {
    const width = cotangent.length / images.length
    const size = images[0]?.data.length ?? 0
    const gradient = Float32Array.from({ length: images.length * size }, (_, i) => {
      const [first = NaN, second = 0] = cotangent.subarray(
        Math.floor(i / size) * width,
        (Math.floor(i / size) + 1) * width,
      )
      // Brightness is half the mean of the pixels, plus a half.
      return (width === 1 ? -first : first - second) / (2 * size)
    })
    return Promise.resolve({ gradient, seconds: 0.001 })
  }

  scorePairsGradient({
    images,
    cotangent,
  }: {
    readonly images: readonly RgbImage[]
    readonly cotangent: Float32Array
  }) {
    const gradient = images.flatMap(({ data }, i) => {
      const slope = -Math.sign(brightnessOf(data) - 0.5) * (cotangent[i] ?? NaN)
      return Array<number>(data.length).fill(slope / (2 * data.length))
    })
    return Promise.resolve({ gradient: Float32Array.from(gradient), seconds: 0.001 })
  }

  embedText() {
    return Promise.resolve({ embedding: Float32Array.of(1, 0), seconds: 0.001 })
  }

  scorePairs({ images }: { readonly images: readonly RgbImage[] }) {
    this.#enter('scorePairs')
    const scores = images.map(({ data }): number | null => -Math.abs(brightnessOf(data) - 0.5))
    return Promise.resolve({ scores, seconds: 0.001 })
  }

  detect({ images }: { readonly images: readonly RgbImage[] }) {
    return Promise.resolve({ detections: images.map(() => null), seconds: 0.001 })
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }
}

/** How much of a difference between two latents is left between their x-predictions. */
function gainAt(sigma: number): number {
  const a = 1 - sigma
  return (a * spread ** 2) / (a ** 2 * spread ** 2 + sigma ** 2)
}

function brightnessOf(data: Uint8Array): number {
  return data.reduce((sum, value) => sum + value, 0) / data.length / 255
}
