/** Writes ONNX files for tests, right ones and wrong ones: protobuf by hand, so that nothing stops a lie. */

/** A message under way: each field is encoded as it is given. */
export type Bytes = Uint8Array

export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)
  return Uint8Array.from(bytes)
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(parts))
}

export function intField(field: number, value: number | bigint): Bytes {
  return concat(varint(field * 8), varint(value))
}

export function bytesField(field: number, value: Bytes | string): Bytes {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return concat(varint(field * 8 + 2), varint(bytes.length), bytes)
}

/** TensorProto.DataType */
export const types = { float32: 1, string: 8, int64: 7, bfloat16: 16 } as const

type Dim = number | bigint

export function tensor(fields: {
  readonly name?: string
  readonly type?: number
  readonly dims: readonly Dim[]
  readonly raw?: Bytes
  /** Entries of external_data: location, offset, length. */
  readonly external?: Readonly<Record<string, string>>
}): Bytes {
  const { name = '', type = types.float32, dims, raw, external } = fields
  const entries = Object.entries(external ?? {}).map(([key, value]) =>
    bytesField(13, concat(bytesField(1, key), bytesField(2, value))),
  )
  return concat(
    ...dims.map((size) => intField(1, size)),
    intField(2, type),
    bytesField(8, name),
    ...(raw === undefined ? [] : [bytesField(9, raw)]),
    ...entries,
    ...(external === undefined ? [] : [intField(14, 1)]),
  )
}

export function floats(...values: readonly number[]): Bytes {
  return new Uint8Array(Float32Array.from(values).buffer)
}

export function int64s(...values: readonly Dim[]): Bytes {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
}

/** Attributes: a whole number, several, a tensor (TensorProto) or a graph (GraphProto). */
type Attribute =
  | { readonly name: string; readonly int: Dim }
  | { readonly name: string; readonly ints: readonly Dim[] }
  | { readonly name: string; readonly tensor: Bytes }
  | { readonly name: string; readonly graph: Bytes }

function attribute(one: Attribute): Bytes {
  const head = bytesField(1, one.name)
  if ('int' in one) return concat(head, intField(3, one.int), intField(20, 2))
  if ('ints' in one) return concat(head, ...one.ints.map((int) => intField(8, int)), intField(20, 7))
  if ('tensor' in one) return concat(head, bytesField(5, one.tensor), intField(20, 4))
  return concat(head, bytesField(6, one.graph), intField(20, 5))
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Attribute[] = [],
  domain = '',
): Bytes {
  return concat(
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(4, operator),
    ...attributes.map((one) => bytesField(5, attribute(one))),
    ...(domain === '' ? [] : [bytesField(7, domain)]),
  )
}

/** An input or output; a dimension is a number or a name. */
export function port(name: string, type: number, dims: readonly (number | string)[]): Bytes {
  const shape = dims.map((size) =>
    bytesField(1, typeof size === 'number' ? intField(1, size) : bytesField(2, size)),
  )
  const tensorType = concat(intField(1, type), bytesField(2, concat(...shape)))
  return concat(bytesField(1, name), bytesField(2, bytesField(1, tensorType)))
}

export function graph(parts: {
  readonly nodes: readonly Bytes[]
  readonly initialisers?: readonly Bytes[]
  readonly inputs?: readonly Bytes[]
  readonly outputs?: readonly Bytes[]
}): Bytes {
  const { nodes, initialisers = [], inputs = [], outputs = [] } = parts
  return concat(
    ...nodes.map((one) => bytesField(1, one)),
    bytesField(2, 'made by a test'),
    ...initialisers.map((one) => bytesField(5, one)),
    ...inputs.map((one) => bytesField(11, one)),
    ...outputs.map((one) => bytesField(12, one)),
  )
}

/** A file; `domains` are imported beside ONNX's own operators. */
export function model(graphBytes: Bytes, domains: readonly string[] = []): Bytes {
  const opset = (domain: string, version: number): Bytes =>
    bytesField(8, concat(bytesField(1, domain), intField(2, version)))
  return concat(
    intField(1, 8),
    bytesField(2, 'test'),
    bytesField(7, graphBytes),
    opset('', 17),
    ...domains.map((domain) => opset(domain, 1)),
  )
}
