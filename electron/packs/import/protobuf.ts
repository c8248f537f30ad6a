/**
 * Reads protobuf messages (protobuf.dev, "Encoding") from files that nobody vouches for: field by field through a small
 * window, seeking over what is not asked for, so that a file of many gigabytes costs no memory. Everything that a file
 * could ask for without end is bounded: lengths by the message around them, nesting, the number of fields, strings.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

/** What is wrong with the bytes, in a few words that fit after "found". */
export class ProtobufFault extends Error {
  override readonly name = 'ProtobufFault'
}

/**
 * One field of a message, already read when `kind` is `varint`: int64 as protobuf means it, exact up to 2^53 and nearly
 * so beyond. For `bytes` the value is their length, and the reader stands at their beginning. `fixed` holds four or
 * eight bytes that no message here needs.
 */
export type FieldVisitor = (field: number, kind: 'varint' | 'bytes' | 'fixed', value: number) => void

/** Does not follow a link, nor wait at a FIFO, that took a file's place; Windows has neither flag. */
export const openFlags =
  process.platform === 'win32'
    ? constants.O_RDONLY
    : constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

const windowBytes = 1 << 18
/** Deeper than any real model: a message in a message in a message ... */
const maxDepth = 64
const maxFields = 5_000_000
const maxStringBytes = 4096

export class ProtobufReader {
  /** Length of the whole input, in bytes. */
  readonly size: number
  readonly #load: (position: number, into: Uint8Array) => number
  readonly #window: Uint8Array
  #windowStart = 0
  #windowEnd = 0
  #position = 0
  #depth = 0
  #fields = 0

  private constructor(size: number, load: (position: number, into: Uint8Array) => number) {
    this.size = size
    this.#load = load
    this.#window = new Uint8Array(Math.min(windowBytes, size))
  }

  static ofBytes(bytes: Uint8Array): ProtobufReader {
    return new ProtobufReader(bytes.length, (position, into) => {
      const part = bytes.subarray(position, position + into.length)
      into.set(part)
      return part.length
    })
  }

  /** Opens a regular file for the time of `read`. Throws what the file system throws, and ProtobufFault. */
  static withFile<Result>(path: string, read: (reader: ProtobufReader) => Result): Result {
    const file = openSync(path, openFlags)
    try {
      const found = fstatSync(file)
      if (!found.isFile()) throw new ProtobufFault('something that is no regular file')
      const { size } = found
      return read(
        new ProtobufReader(size, (position, into) => readSync(file, into, 0, into.length, position)),
      )
    } finally {
      closeSync(file)
    }
  }

  /** Visits the fields of the message that fills the next `length` bytes. What the visitor does not read is skipped. */
  message(length: number, visit: FieldVisitor): void {
    const end = this.#position + length
    if (end > this.size) throw new ProtobufFault(`a message of ${length} bytes where the file ends before`)
    if (++this.#depth > maxDepth) throw new ProtobufFault(`messages nested more than ${maxDepth} deep`)
    while (this.#position < end) {
      if (++this.#fields > maxFields) throw new ProtobufFault(`more than ${maxFields} fields`)
      const tag = this.#varint()
      // Not by shifts: a field number may have 29 bits.
      const field = Math.floor(tag / 8)
      if (field < 1) throw new ProtobufFault('a field without a number')
      switch (tag % 8) {
        case 0:
          visit(field, 'varint', this.#varint())
          break
        case 1:
          this.#visitBytes(8, end, field, 'fixed', visit)
          break
        case 2:
          this.#visitBytes(this.#varint(), end, field, 'bytes', visit)
          break
        case 5:
          this.#visitBytes(4, end, field, 'fixed', visit)
          break
        default:
          throw new ProtobufFault(`wire type ${tag % 8} in field ${field}, which no such file has`)
      }
    }
    if (this.#position !== end) throw new ProtobufFault('a field that reaches over the end of its message')
    this.#depth--
  }

  /** The next `length` bytes as UTF-8 text. Throws ProtobufFault when they are many. */
  string(length: number): string {
    if (length > maxStringBytes) {
      throw new ProtobufFault(`a name of ${length} bytes, more than ${maxStringBytes}`)
    }
    return Buffer.from(this.bytes(length)).toString('utf8')
  }

  /** A copy of the next `length` bytes. The caller bounds the length. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#byte()
    return bytes
  }

  /** The varints that fill the next `length` bytes, one call each: a packed repeated field. */
  packed(length: number, visit: (value: number) => void): void {
    const end = this.#position + length
    while (this.#position < end) visit(this.#varint())
    if (this.#position !== end) throw new ProtobufFault('a number that reaches over the end of its list')
  }

  #visitBytes(
    length: number,
    end: number,
    field: number,
    kind: 'bytes' | 'fixed',
    visit: FieldVisitor,
  ): void {
    const start = this.#position
    if (!(length >= 0 && start + length <= end)) {
      throw new ProtobufFault(
        `a field of ${length} bytes in a message, or a file, that ends ${end - start} bytes further on`,
      )
    }
    visit(field, kind, length)
    if (this.#position > start + length) throw new ProtobufFault('a field that reaches over its own end')
    this.#position = start + length
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    // Beyond 49 bits: sign and size must come out right, whatever the cost.
    let long = BigInt(value)
    for (let i = 7n; i < 10n; i++) {
      const byte = this.#byte()
      long |= BigInt(byte & 0x7f) << (7n * i)
      if (byte < 0x80) return Number(BigInt.asIntN(64, long))
    }
    throw new ProtobufFault('a number of more than ten bytes')
  }

  #byte(): number {
    if (this.#position < this.#windowStart || this.#position >= this.#windowEnd) this.#fill()
    return this.#window[this.#position++ - this.#windowStart] ?? 0
  }

  #fill(): void {
    const loaded = this.#load(this.#position, this.#window)
    if (loaded === 0) throw new ProtobufFault('the end of the file in the middle of a message')
    this.#windowStart = this.#position
    this.#windowEnd = this.#position + loaded
  }
}
