/** Reads a spiece.model: what sentencepiece trained (sentencepiece_model.proto: ModelProto). */

import { ProtobufFault, ProtobufReader } from './protobuf.ts'
import { invalid, maxCharacterMap, maxEntries, sized, tooMany } from './tokenizer-files.ts'

/** A unigram language model. */
type SentencePieces = {
  /** By id. */
  readonly pieces: readonly (readonly [piece: string, score: number])[]
  /** The id of the unknown piece. */
  readonly unknown: number
  /** Base64; null for none. */
  readonly characterMap: string | null
}

/** @throws StudioError `pack_invalid` for what is no unigram model, or beyond the bounds */
export function readSentencePieces(spiece: Uint8Array): SentencePieces {
  sized('spiece.model', spiece.length)
  const pieces: [string, number][] = []
  const found = { modelType: 1, unknown: 0, characterMap: null as string | null }
  const reader = ProtobufReader.ofBytes(spiece)
  try {
    reader.message(spiece.length, (field, kind, length) => {
      if (field === 1 && kind === 'bytes') {
        pieces.push(readPiece(reader, length))
        if (pieces.length > maxEntries) throw tooMany('spiece.model')
      } else if (field === 2 && kind === 'bytes') {
        reader.message(length, (of, _, value) => {
          if (of === 3) found.modelType = value
          if (of === 40) found.unknown = value
        })
      } else if (field === 3 && kind === 'bytes') {
        reader.message(length, (of, valueKind, size) => {
          if (of !== 2 || valueKind !== 'bytes' || size === 0) return
          if (size > maxCharacterMap) throw invalid('a character map of usual size', `one of ${size} bytes`)
          found.characterMap = Buffer.from(reader.bytes(size)).toString('base64')
        })
      }
    })
  } catch (error) {
    if (!(error instanceof ProtobufFault)) throw error
    throw invalid('a sentencepiece model in spiece.model', error.message)
  }
  if (found.modelType !== 1) {
    throw invalid('a unigram model in spiece.model', `a sentencepiece model of type ${found.modelType}`)
  }
  return { pieces, unknown: found.unknown, characterMap: found.characterMap }
}

/** A SentencePiece message: piece 1, score 2 (float). */
function readPiece(reader: ProtobufReader, length: number): [piece: string, score: number] {
  const found = { piece: '', score: 0 }
  reader.message(length, (field, kind, value) => {
    if (field === 1 && kind === 'bytes') found.piece = reader.string(value)
    if (field === 2 && kind === 'fixed' && value === 4) found.score = littleFloat(reader.bytes(value))
  })
  if (!Number.isFinite(found.score)) throw invalid('finite scores in spiece.model', String(found.score))
  return [found.piece, found.score]
}

function littleFloat(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true)
}
