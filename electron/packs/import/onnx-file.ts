/**
 * What an ONNX file says about itself, read without the runtime (onnx.proto of ONNX 1.20: field numbers below). Weights
 * are never read, so a model of many gigabytes takes milliseconds and little memory. graph-rules.ts judges what is read.
 */

import { refusedGraph } from './graph-rules.ts'
import { ProtobufFault, ProtobufReader, type FieldVisitor } from './protobuf.ts'

/** An input or output of a graph. A dimension is a number, a name, or null where the file leaves it open. */
export type OnnxTensorInfo = {
  readonly name: string
  /** `float32`, `int64`, ...; null for a sequence, a map or an optional. */
  readonly type: string | null
  readonly dims: readonly (number | string | null)[]
}

/** A stretch of a data file beside the model that an initialiser takes. */
type ExternalExtent = {
  readonly initialiser: string
  readonly offset: number
  readonly length: number
}

export type OnnxFile = {
  readonly irVersion: number
  readonly producer: string
  /** Version of each imported set of operators, by domain; `` is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>
  /** Those that must be fed: what has an initialiser is left out. */
  readonly inputs: readonly OnnxTensorInfo[]
  readonly outputs: readonly OnnxTensorInfo[]
  /** Nodes of the graph, of its subgraphs and of the functions of the file. */
  readonly nodes: number
  /** How often each operator occurs, by domain and name: `:MatMul`, `com.microsoft:Attention`. */
  readonly operators: ReadonlyMap<string, number>
  /** Graphs in graphs: 1 where no node has a subgraph. */
  readonly depth: number
  /** Bytes of all initialisers, those of data files among them. */
  readonly weightBytes: number
  /** Element types of the initialisers that hold numbers. */
  readonly weightTypes: ReadonlySet<string>
  /** Data files beside the model, by name. */
  readonly external: ReadonlyMap<string, readonly ExternalExtent[]>
}

/** Name and bits of one element, by TensorProto.DataType. */
const elementTypes: Readonly<Record<number, readonly [name: string, bits: number]>> = {
  1: ['float32', 32],
  2: ['uint8', 8],
  3: ['int8', 8],
  4: ['uint16', 16],
  5: ['int16', 16],
  6: ['int32', 32],
  7: ['int64', 64],
  8: ['string', 0],
  9: ['bool', 8],
  10: ['float16', 16],
  11: ['float64', 64],
  12: ['uint32', 32],
  13: ['uint64', 64],
  14: ['complex64', 64],
  15: ['complex128', 128],
  16: ['bfloat16', 16],
  17: ['float8e4m3fn', 8],
  18: ['float8e4m3fnuz', 8],
  19: ['float8e5m2', 8],
  20: ['float8e5m2fnuz', 8],
  21: ['uint4', 4],
  22: ['int4', 4],
  23: ['float4e2m1', 4],
  24: ['float8e8m0', 8],
}

/** TensorProto.DataLocation */
const externalData = 1

const maxNodes = 500_000
const maxInitialisers = 200_000
const maxPorts = 1000
const maxRank = 16
/** Graphs in graphs, If in If: no real model goes beyond two. */
const maxGraphDepth = 8
/** Largest tensor that a model may ask for by a few constants, in elements (float32: 4 GiB). */
const maxConstantShape = 2 ** 30

/**
 * Reads the headers of a model file.
 *
 * @param path a regular file
 * @param file its name, for messages
 * @throws StudioError `pack_invalid` when the file is damaged or breaks a rule that concerns it alone
 */
export function readOnnxFile(path: string, file: string): OnnxFile {
  try {
    return ProtobufReader.withFile(path, (reader) => {
      if (reader.size === 0) throw new ProtobufFault('an empty file')
      return readModel(reader)
    })
  } catch (error) {
    if (!(error instanceof ProtobufFault)) throw error
    throw refusedGraph(file, 'expected a sound ONNX model', error.message)
  }
}

function readModel(reader: ProtobufReader): OnnxFile {
  const gathered: Gathered = {
    nodes: 0,
    initialisers: 0,
    depth: 1,
    weightBytes: 0,
    operators: new Map(),
    weightTypes: new Set(),
    external: new Map(),
    constants: new Map(),
    shapedBy: [],
  }
  const opsets = new Map<string, number>()
  let irVersion = 0
  let producer = ''
  let graph: Ports | null = null
  reader.message(reader.size, (field, kind, value) => {
    if (field === 1 && kind === 'varint') irVersion = value
    if (kind !== 'bytes') return
    if (field === 2) producer = reader.string(value)
    if (field === 7) graph = readGraph(reader, value, gathered, 1)
    if (field === 8) readOpset(reader, value, opsets)
    if (field === 25) readFunction(reader, value, gathered)
  })
  const ports = graph as Ports | null
  if (ports === null) throw new ProtobufFault('a file without a graph')
  if (opsets.size === 0) throw new ProtobufFault('a file that imports no operators')
  if (ports.outputs.length === 0) throw new ProtobufFault('a graph without outputs')
  checkConstantShapes(gathered)
  const { initialised, inputs, outputs } = ports
  return {
    irVersion,
    producer,
    opsets,
    inputs: inputs.filter(({ name }) => !initialised.has(name)),
    outputs,
    nodes: gathered.nodes,
    operators: gathered.operators,
    depth: gathered.depth,
    weightBytes: gathered.weightBytes,
    weightTypes: gathered.weightTypes,
    external: gathered.external,
  }
}

/** What is counted over the whole file. */
type Gathered = {
  nodes: number
  initialisers: number
  depth: number
  weightBytes: number
  readonly operators: Map<string, number>
  readonly weightTypes: Set<string>
  readonly external: Map<string, ExternalExtent[]>
  /** Small constants of whole numbers, by name: they may be shapes. */
  readonly constants: Map<string, readonly number[]>
  /** Nodes whose output has a shape that another tensor names. */
  readonly shapedBy: { readonly operator: string; readonly shape: string }[]
}

type Ports = {
  readonly inputs: readonly OnnxTensorInfo[]
  readonly outputs: readonly OnnxTensorInfo[]
  readonly initialised: ReadonlySet<string>
}

function readGraph(reader: ProtobufReader, length: number, gathered: Gathered, depth: number): Ports {
  if (depth > maxGraphDepth) throw new ProtobufFault(`graphs nested more than ${maxGraphDepth} deep`)
  gathered.depth = Math.max(gathered.depth, depth)
  const inputs: OnnxTensorInfo[] = []
  const outputs: OnnxTensorInfo[] = []
  const initialised = new Set<string>()
  reader.message(length, (field, kind, value) => {
    if (kind !== 'bytes') return
    if (field === 1) readNode(reader, value, gathered, depth)
    if (field === 5) initialised.add(readTensor(reader, value, gathered).name)
    if (field === 11) inputs.push(readPort(reader, value))
    if (field === 12) outputs.push(readPort(reader, value))
    if (field === 15) throw new ProtobufFault('sparse weights, which Goldpan does not take')
    if (inputs.length + outputs.length > maxPorts) {
      throw new ProtobufFault(`more than ${maxPorts} inputs and outputs`)
    }
  })
  return { inputs, outputs, initialised }
}

function readNode(reader: ProtobufReader, length: number, gathered: Gathered, depth: number): void {
  if (++gathered.nodes > maxNodes) throw new ProtobufFault(`more than ${maxNodes} nodes`)
  let operator = ''
  let domain = ''
  const inputs: string[] = []
  let output = ''
  let constant: readonly number[] | undefined
  let shapeAttribute: readonly number[] | undefined
  reader.message(length, (field, kind, value) => {
    if (kind !== 'bytes') return
    if (field === 1 && inputs.length < 2) inputs.push(reader.string(value))
    if (field === 2 && output === '') output = reader.string(value)
    if (field === 4) operator = reader.string(value)
    if (field === 5) {
      const attribute = readAttribute(reader, value, gathered, depth)
      constant ??= attribute.tensor
      if (attribute.name === 'shape') shapeAttribute = attribute.ints
    }
    if (field === 7) domain = reader.string(value)
  })
  if (operator === '') throw new ProtobufFault('a node without an operator')
  const key = `${domain}:${operator}`
  gathered.operators.set(key, (gathered.operators.get(key) ?? 0) + 1)
  if (operator === 'Constant' && constant !== undefined) gathered.constants.set(output, constant)
  const shape = operator === 'ConstantOfShape' ? inputs[0] : operator === 'Expand' ? inputs[1] : undefined
  if (shape !== undefined) gathered.shapedBy.push({ operator, shape })
  if (shapeAttribute !== undefined && /^Random(Normal|Uniform)$/.test(operator)) {
    requireModestShape(operator, shapeAttribute)
  }
}

type Attribute = {
  readonly name: string
  readonly ints: readonly number[]
  /** Of an attribute that is a small tensor of whole numbers. */
  readonly tensor: readonly number[] | undefined
}

function readAttribute(reader: ProtobufReader, length: number, gathered: Gathered, depth: number): Attribute {
  let name = ''
  const ints: number[] = []
  let tensor: readonly number[] | undefined
  reader.message(length, (field, kind, value) => {
    if (field === 8 && kind === 'varint' && ints.length < maxRank) ints.push(value)
    if (kind !== 'bytes') return
    if (field === 1) name = reader.string(value)
    if (field === 8 && value <= maxRank * 10) reader.packed(value, (int) => ints.push(int))
    if (field === 5 || field === 10) tensor = readTensor(reader, value, gathered).integers
    if (field === 6 || field === 11) readGraph(reader, value, gathered, depth + 1)
    if (field === 22 || field === 23) throw new ProtobufFault('sparse weights, which Goldpan does not take')
  })
  return { name, ints, tensor }
}

function readFunction(reader: ProtobufReader, length: number, gathered: Gathered): void {
  reader.message(length, (field, kind, value) => {
    if (field === 7 && kind === 'bytes') readNode(reader, value, gathered, 1)
  })
}

function readOpset(reader: ProtobufReader, length: number, opsets: Map<string, number>): void {
  let domain = ''
  let version = 0
  reader.message(length, (field, kind, value) => {
    if (field === 1 && kind === 'bytes') domain = reader.string(value)
    if (field === 2 && kind === 'varint') version = value
  })
  if (opsets.size > 100) throw new ProtobufFault('more than 100 sets of operators')
  opsets.set(domain, version)
}

/** ValueInfoProto { name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 { dim = 1 { 1 | 2 } } } } } */
function readPort(reader: ProtobufReader, length: number): OnnxTensorInfo {
  let name = ''
  let type: string | null = null
  const dims: (number | string | null)[] = []
  const dim: FieldVisitor = (field, kind, value) => {
    if (field === 1 && kind === 'varint') dims[dims.length - 1] = value
    if (field === 2 && kind === 'bytes') dims[dims.length - 1] = reader.string(value)
  }
  const shape: FieldVisitor = (field, kind, value) => {
    if (field !== 1 || kind !== 'bytes') return
    if (dims.push(null) > maxRank) throw new ProtobufFault(`a tensor of more than ${maxRank} dimensions`)
    reader.message(value, dim)
  }
  reader.message(length, (field, kind, value) => {
    if (kind !== 'bytes') return
    if (field === 1) name = reader.string(value)
    if (field !== 2) return
    reader.message(value, (typeField, typeKind, typeLength) => {
      if (typeField !== 1 || typeKind !== 'bytes') return
      reader.message(typeLength, (tensorField, tensorKind, tensorValue) => {
        if (tensorField === 1 && tensorKind === 'varint') type = typeName(tensorValue)[0]
        if (tensorField === 2 && tensorKind === 'bytes') reader.message(tensorValue, shape)
      })
    })
  })
  for (const size of dims) {
    if (typeof size === 'number' && !(size >= -1 && size <= 2 ** 31)) {
      throw new ProtobufFault(`${name}, an input or output with a side of ${size}`)
    }
  }
  return { name, type, dims }
}

/** TensorProto: checks that it has exactly the bytes that its shape and type ask for. */
function readTensor(
  reader: ProtobufReader,
  length: number,
  gathered: Gathered,
): { readonly name: string; readonly integers: readonly number[] | undefined } {
  if (++gathered.initialisers > maxInitialisers) {
    throw new ProtobufFault(`more than ${maxInitialisers} initialisers`)
  }
  const dims: number[] = []
  let name = ''
  let dataType = 0
  let raw: number | undefined
  /** Elements in the typed fields, where raw_data is not used. */
  let typed = 0
  let dataLocation = 0
  const small: number[] = []
  const entries = new Map<string, string>()
  const countOne = (value: number): void => {
    if (++typed <= maxRank) small.push(value)
  }
  reader.message(length, (field, kind, value) => {
    if (field === 1) {
      if (kind === 'varint') dims.push(value)
      if (kind === 'bytes') reader.packed(value, (size) => dims.push(size))
      if (dims.length > maxRank) throw new ProtobufFault(`a tensor of more than ${maxRank} dimensions`)
    } else if (field === 2 && kind === 'varint') dataType = value
    else if (field === 3) throw new ProtobufFault('a tensor in segments, which ONNX no longer has')
    else if (field === 8 && kind === 'bytes') name = reader.string(value)
    else if (field === 9 && kind === 'bytes') {
      raw = value
      if (dataType === 7 && value <= maxRank * 8) small.push(...int64s(reader.bytes(value)))
    } else if (field === 13 && kind === 'bytes') readEntry(reader, value, entries)
    else if (field === 14 && kind === 'varint') dataLocation = value
    else if (field === 5 || field === 7 || field === 11) {
      if (kind === 'varint') countOne(value)
      if (kind === 'bytes') reader.packed(value, countOne)
    } else if (field === 4 || field === 10) {
      const bytes = field === 4 ? 4 : 8
      typed += value / bytes
    } else if (field === 6) typed++
  })
  const [typeLabel, bits] = typeName(dataType)
  const label = name === '' ? 'a constant' : `the initialiser ${name}`
  const elements = countElements(label, dims)
  const expected = Math.ceil((elements * bits) / 8)
  if (dataLocation === externalData) {
    const extent = externalExtent(label, entries, expected)
    const extents = gathered.external.get(extent.location) ?? []
    extents.push({ initialiser: name, offset: extent.offset, length: expected })
    gathered.external.set(extent.location, extents)
  } else if (raw !== undefined) {
    if (raw !== expected) {
      throw new ProtobufFault(`${label} of ${show(dims)} ${typeLabel}, ${expected} bytes, with ${raw} bytes`)
    }
  } else {
    // Half a byte each in pairs; complex numbers are two.
    const values = bits < 8 ? expected : typeLabel.startsWith('complex') ? 2 * elements : elements
    if (typed !== values) {
      throw new ProtobufFault(
        `${label} of ${show(dims)} ${typeLabel}, ${values} values, with ${typed} values`,
      )
    }
  }
  gathered.weightBytes += expected
  if (elements > 1000) gathered.weightTypes.add(typeLabel)
  const integers = dataType === 7 && elements <= maxRank && dataLocation !== externalData ? small : undefined
  if (integers !== undefined && name !== '') gathered.constants.set(name, integers)
  return { name, integers }
}

function readEntry(reader: ProtobufReader, length: number, entries: Map<string, string>): void {
  let key = ''
  let text = ''
  reader.message(length, (field, kind, value) => {
    if (field === 1 && kind === 'bytes') key = reader.string(value)
    if (field === 2 && kind === 'bytes') text = reader.string(value)
  })
  if (entries.size < 10) entries.set(key, text)
}

function externalExtent(
  label: string,
  entries: ReadonlyMap<string, string>,
  expected: number,
): { readonly location: string; readonly offset: number } {
  const location = entries.get('location') ?? ''
  const fault = locationFault(location)
  if (fault !== null) {
    throw new ProtobufFault(
      `${label} with its data at ${JSON.stringify(location)}, ${fault} where one plain file name is allowed`,
    )
  }
  const offset = wholeNumber(label, 'offset', entries.get('offset') ?? '0')
  const length = wholeNumber(label, 'length', entries.get('length') ?? String(expected))
  if (length !== expected) {
    throw new ProtobufFault(`${label} that claims ${length} bytes of ${location} for ${expected}`)
  }
  return { location, offset }
}

/** Why a location is not a plain name beside the model; null when it is one. */
function locationFault(location: string): string | null {
  if (location.includes('_ORT_MEM_ADDR_')) return "an address in the runtime's memory"
  if (/^([/\\]|[A-Za-z]:)/.test(location)) return 'an absolute path'
  if (location.split(/[/\\]/).includes('..')) return 'a path out of the folder'
  if (/[/\\]/.test(location)) return 'a path through another folder'
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(location) ? null : 'no plain name'
}

function wholeNumber(label: string, what: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN
  if (Number.isSafeInteger(value)) return value
  throw new ProtobufFault(`${label} with the ${what} ${JSON.stringify(text.slice(0, 40))} in its data file`)
}

function countElements(label: string, dims: readonly number[]): number {
  let elements = 1
  for (const size of dims) {
    if (!(size >= 0)) throw new ProtobufFault(`${label} of ${show(dims)}, with a negative side`)
    elements *= size
  }
  if (elements > 2 ** 48) throw new ProtobufFault(`${label} of ${show(dims)}, more than any machine holds`)
  return elements
}

/** A few bytes of a file must not ask for gigabytes: runtimes give them before anybody can say no. */
function checkConstantShapes({ shapedBy, constants }: Gathered): void {
  for (const { operator, shape } of shapedBy) {
    const dims = constants.get(shape)
    if (dims !== undefined) requireModestShape(operator, dims)
  }
}

function requireModestShape(operator: string, dims: readonly number[]): void {
  const elements = dims.reduce((product, size) => product * Math.max(1, size), 1)
  if (elements <= maxConstantShape) return
  throw new ProtobufFault(
    `${operator} that makes a tensor of ${show(dims)}, ${Math.round((elements * 4) / 2 ** 30)} GiB, out of a few bytes`,
  )
}

function int64s(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => Number(view.getBigInt64(8 * i, true)))
}

function typeName(dataType: number): readonly [name: string, bits: number] {
  const found = elementTypes[dataType]
  if (found === undefined) throw new ProtobufFault(`a tensor of the unknown type ${dataType}`)
  return found
}

function show(dims: readonly number[]): string {
  return `[${dims.join(', ')}]`
}
