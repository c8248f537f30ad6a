/**
 * What crosses between the engine process and its owner: plain data and typed arrays, nothing else.
 *
 * The owner sends `{id, request}`; the engine answers each request once, in the order in which they came, with
 * `{id, ok: true, value}` or `{id, ok: false, error}`.
 */

import type { ErrorData } from '../../shared/errors.ts'
import type { DecodeRequest, DenoiseRequest, Engine, EngineInfo, RgbImage } from '../core/runs/adapters.ts'
import type { InstalledPack } from '../packs/manifest.ts'
import type { ProbeAnswer } from './probe.ts'

/** Raised with every change of the calls below: an engine of another version is refused at its first answer. */
export const protocolVersion = 6

type RequestOf<Method extends Extract<keyof Engine, `${string}Gradient`>> = Parameters<Engine[Method]>[0]
type ValueOf<Method extends keyof Engine> = Awaited<ReturnType<Engine[Method]>>

/** Every call by kind: what is asked, what is answered. */
export type EngineCalls = {
  /** The first request to a fresh process. */
  hello: { request: { readonly protocol: number }; value: { readonly protocol: number } }
  load: {
    request: { readonly device: string; readonly packs: readonly InstalledPack[] }
    value: EngineInfo
  }
  /** Whether a device can be had; a process that was asked is not used for anything else. */
  probe: { request: { readonly device: string }; value: ProbeAnswer }
  denoise: { request: DenoiseRequest; value: ValueOf<'denoise'> }
  decode: { request: DecodeRequest; value: ValueOf<'decode'> }
  embedImages: {
    request: { readonly packId: string; readonly images: readonly RgbImage[] }
    value: ValueOf<'embedImages'>
  }
  denoiseGradient: { request: RequestOf<'denoiseGradient'>; value: ValueOf<'denoiseGradient'> }
  decodeGradient: { request: RequestOf<'decodeGradient'>; value: ValueOf<'decodeGradient'> }
  embedImagesGradient: { request: RequestOf<'embedImagesGradient'>; value: ValueOf<'embedImagesGradient'> }
  scorePairsGradient: { request: RequestOf<'scorePairsGradient'>; value: ValueOf<'scorePairsGradient'> }
  embedText: { request: { readonly packId: string; readonly text: string }; value: ValueOf<'embedText'> }
  scorePairs: {
    request: { readonly packId: string; readonly images: readonly RgbImage[]; readonly text: string }
    value: ValueOf<'scorePairs'>
  }
  detect: {
    request: { readonly packId: string; readonly images: readonly RgbImage[] }
    value: ValueOf<'detect'>
  }
}

export type CallKind = keyof EngineCalls

export type EngineRequest = {
  [Kind in CallKind]: { readonly kind: Kind } & EngineCalls[Kind]['request']
}[CallKind]

export type EngineValue = EngineCalls[CallKind]['value']

/** Owner to engine. */
export type RequestMessage = { readonly id: number; readonly request: EngineRequest }

/** Engine to owner. */
export type AnswerMessage =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorData }
