/**
 * Models that mean harm, or are broken in a way that could do some: each is the same small verifier but for one thing.
 * They are made when a test runs, so that no such file lies in the repository.
 */

import { execFileSync } from 'node:child_process'
import { link, mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  bytesField,
  concat,
  floats,
  graph,
  int64s,
  model,
  node,
  port,
  tensor,
  types,
  varint,
  type Bytes,
} from './onnx-writer.ts'

export type HostileModel = {
  readonly name: string
  /** Fills a new folder. `outside` is a folder beside it with a file `secret` of 12 bytes. */
  readonly make: (folder: string, outside: string) => Promise<void>
  /** What the refusal says. */
  readonly reason: RegExp
  /** Nothing but running it can tell. */
  readonly onlyByTrial?: true
}

const pixels = port('pixel_values', types.float32, ['batch', 3, 'height', 'width'])
const embeds = port('image_embeds', types.float32, ['batch', 3])
/** The mean colour of a picture: what every model here says that it computes. */
const mean = node(
  'ReduceMean',
  ['pixel_values'],
  ['mean'],
  [
    { name: 'axes', ints: [2, 3] },
    { name: 'keepdims', int: 0 },
  ],
)
const bias = tensor({ name: 'bias', dims: [3], raw: floats(0, 0, 0) })

/** The verifier, with other parts where a test wants them. `bias` is added to the mean colour. */
function verifier(
  parts: {
    readonly bias?: Bytes
    readonly initialisers?: readonly Bytes[]
    readonly nodes?: readonly Bytes[]
    readonly inputs?: readonly Bytes[]
    readonly outputs?: readonly Bytes[]
    readonly domains?: readonly string[]
  } = {},
): Bytes {
  return model(
    graph({
      nodes: [mean, node('Add', ['mean', 'bias'], ['image_embeds']), ...(parts.nodes ?? [])],
      initialisers: [parts.bias ?? bias, ...(parts.initialisers ?? [])],
      inputs: parts.inputs ?? [pixels],
      outputs: parts.outputs ?? [embeds],
    }),
    parts.domains,
  )
}

/** Of the float32 [3] that `verifier` adds, in a data file. */
function externalBias(external: Readonly<Record<string, string>>): Bytes {
  return verifier({ bias: tensor({ name: 'bias', dims: [3], external }) })
}

const config = JSON.stringify({ model_type: 'clip_vision_model' })

/** Writes the folder of a verifier, and other files beside it. */
async function write(
  folder: string,
  onnx: Bytes,
  others: Readonly<Record<string, Bytes | string>> = {},
): Promise<void> {
  await writeFile(join(folder, 'model.onnx'), onnx)
  for (const [name, content] of Object.entries({ 'config.json': config, ...others })) {
    await writeFile(join(folder, name), content)
  }
}

/** The good one: what all of the others would be without their one fault. */
export const harmlessModel = (folder: string): Promise<void> => write(folder, verifier())

/** A graph in a graph in a graph. */
function nested(depth: number): Bytes {
  // From the inside out, of each level only what stands before the next.
  const parts: Bytes[] = []
  let length = 0
  for (let i = 0; i < depth; i++) {
    const layers: Bytes[] = []
    for (const field of [6, 5, 1]) {
      const head = concat(varint(field * 8 + 2), varint(length))
      layers.unshift(head)
      length += head.length
    }
    parts.unshift(concat(...layers))
  }
  return concat(...parts)
}

const loopBody = graph({
  nodes: [node('Identity', ['go'], ['go_on'])],
  inputs: [port('i', types.int64, []), port('go', 9, [])],
  outputs: [port('go_on', 9, [])],
})

const sparse = async (path: string, bytes: number): Promise<void> => {
  const file = await open(path, 'w')
  await file.truncate(bytes)
  await file.close()
}

/** Of a CLIP that reads three tokens as numbers; its tokenizer is for the test to write. */
async function writeTowers(folder: string): Promise<void> {
  const text = model(
    graph({
      nodes: [
        node('Cast', ['input_ids'], ['numbers'], [{ name: 'to', int: types.float32 }]),
        node('Slice', ['numbers', 'from', 'to', 'axis'], ['text_embeds']),
      ],
      initialisers: Object.entries({ from: 0, to: 3, axis: 1 }).map(([name, value]) =>
        tensor({ name, type: types.int64, dims: [1], raw: int64s(value) }),
      ),
      inputs: [port('input_ids', types.int64, ['batch', 8])],
      outputs: [port('text_embeds', types.float32, ['batch', 3])],
    }),
  )
  await writeFile(join(folder, 'vision_model.onnx'), verifier())
  await writeFile(join(folder, 'text_model.onnx'), text)
  await writeFile(join(folder, 'config.json'), '{"model_type":"clip"}')
}

const withFile =
  (name: string, content: Bytes | string = 'x') =>
  (folder: string): Promise<void> =>
    write(folder, verifier(), { [name]: content })

export const hostileModels: readonly HostileModel[] = [
  {
    name: 'graph is a symbolic link out of the folder',
    async make(folder, outside) {
      await write(folder, verifier())
      await writeFile(join(outside, 'elsewhere.onnx'), verifier())
      await symlink(join(outside, 'elsewhere.onnx'), join(folder, 'text_model.onnx'))
    },
    reason: /^text_model\.onnx: .*symbolic link.*hf download/,
  },
  {
    name: 'folder is a symbolic link',
    async make(folder, outside) {
      await write(folder, verifier())
      await symlink(outside, join(folder, 'onnx'))
    },
    reason: /^onnx: .*symbolic link/,
  },
  {
    name: 'data file is a symbolic link',
    async make(folder, outside) {
      await write(folder, externalBias({ location: 'model.onnx_data' }))
      await symlink(join(outside, 'secret'), join(folder, 'model.onnx_data'))
    },
    reason: /^model\.onnx_data: .*symbolic link/,
  },
  {
    name: 'data file is a hard link to a file outside',
    async make(folder, outside) {
      await write(folder, externalBias({ location: 'model.onnx_data' }))
      await link(join(outside, 'secret'), join(folder, 'model.onnx_data'))
    },
    reason: /a hard link: 2 names for one file/,
  },
  {
    name: 'data file is a FIFO',
    async make(folder) {
      await write(folder, externalBias({ location: 'model.onnx_data' }))
      execFileSync('mkfifo', [join(folder, 'model.onnx_data')])
    },
    reason: /a FIFO, which would never end/,
  },
  {
    name: 'data in the folder above',
    make: (folder) => write(folder, externalBias({ location: '../outside/secret' })),
    reason: /a path out of the folder/,
  },
  {
    name: 'data at an absolute path',
    make: (folder, outside) => write(folder, externalBias({ location: join(outside, 'secret') })),
    reason: /an absolute path/,
  },
  {
    name: 'data on a drive of Windows',
    make: (folder) => write(folder, externalBias({ location: 'C:\\Windows\\secret' })),
    reason: /C:.*an absolute path/,
  },
  {
    name: "data at an address in the runtime's memory",
    make: (folder) =>
      write(
        folder,
        externalBias({ location: '*/_ORT_MEM_ADDR_/*', offset: '140737488355328', length: '12' }),
      ),
    reason: /an address in the runtime's memory/,
  },
  {
    name: 'data in a folder below',
    async make(folder) {
      await write(folder, externalBias({ location: 'data/weights' }))
      await mkdir(join(folder, 'data'))
    },
    reason: /a path through another folder/,
  },
  {
    name: 'data without a location',
    make: (folder) => write(folder, externalBias({ offset: '0' })),
    reason: /no plain name/,
  },
  {
    name: 'data file is missing',
    make: (folder) => write(folder, externalBias({ location: 'model.onnx_data' })),
    reason: /expected its weights in the file model\.onnx_data beside it, found no such file/,
  },
  {
    name: 'data file is too short',
    make: (folder) =>
      write(folder, externalBias({ location: 'model.onnx_data', offset: '8' }), {
        'model.onnx_data': floats(1, 2),
      }),
    reason: /expected 20 bytes in model\.onnx_data .* found 8: the file is too short/,
  },
  {
    name: 'negative offset',
    make: (folder) =>
      write(folder, externalBias({ location: 'w.data', offset: '-16' }), { 'w.data': floats(1, 2, 3) }),
    reason: /the offset "-16"/,
  },
  {
    name: 'offset that is no number',
    make: (folder) =>
      write(folder, externalBias({ location: 'w.data', offset: '1e3' }), { 'w.data': floats(1, 2, 3) }),
    reason: /the offset "1e3"/,
  },
  {
    name: 'length beyond what fits a number',
    make: (folder) =>
      write(folder, externalBias({ location: 'w.data', length: '9999999999999999' }), {
        'w.data': floats(1, 2, 3),
      }),
    reason: /the length "9999999999999999"/,
  },
  {
    name: 'more bytes claimed of a data file than the shape has',
    make: (folder) =>
      write(folder, externalBias({ location: 'w.data', length: '1000' }), { 'w.data': new Uint8Array(1000) }),
    reason: /claims 1000 bytes of w\.data for 12/,
  },
  {
    name: 'initialisers that overlap in a data file',
    make: (folder) =>
      write(
        folder,
        verifier({
          bias: tensor({ name: 'bias', dims: [3], external: { location: 'w.data', offset: '0' } }),
          initialisers: [tensor({ name: 'other', dims: [3], external: { location: 'w.data', offset: '8' } })],
        }),
        { 'w.data': floats(1, 2, 3, 4, 5) },
      ),
    reason: /initialisers side by side in w\.data, found other overlapping/,
  },
  {
    name: 'data file is a script',
    make: (folder) =>
      write(folder, externalBias({ location: 'weights.py' }), { 'weights.py': floats(1, 2, 3) }),
    reason: /^weights\.py: .* a script/,
  },
  {
    name: 'dims whose product overflows 64 bits',
    make: (folder) =>
      write(
        folder,
        verifier({ bias: tensor({ name: 'bias', dims: [2n ** 33n, 2n ** 33n], raw: floats(0, 0, 0) }) }),
      ),
    reason: /more than any machine holds/,
  },
  {
    name: 'dims of 2^62',
    make: (folder) =>
      write(folder, verifier({ bias: tensor({ name: 'bias', dims: [2n ** 62n], raw: floats(0, 0, 0) }) })),
    reason: /\[46116860184273\d+\], more than any machine holds/,
  },
  {
    name: 'negative dims',
    make: (folder) =>
      write(folder, verifier({ bias: tensor({ name: 'bias', dims: [-3], raw: floats(0, 0, 0) }) })),
    reason: /\[-3\], with a negative side/,
  },
  {
    name: 'fewer bytes inside than the shape has',
    make: (folder) =>
      write(folder, verifier({ bias: tensor({ name: 'bias', dims: [3000], raw: floats(0, 0, 0) }) })),
    reason: /12000 bytes, with 12 bytes/,
  },
  {
    name: 'initialiser without data',
    make: (folder) => write(folder, verifier({ bias: tensor({ name: 'bias', dims: [3] }) })),
    reason: /3 values, with 0 values/,
  },
  {
    name: 'tensor of a hundred dimensions',
    make: (folder) =>
      write(
        folder,
        verifier({
          bias: tensor({ name: 'bias', dims: Array.from({ length: 100 }, () => 1), raw: floats(0) }),
        }),
      ),
    reason: /a tensor of more than 16 dimensions/,
  },
  {
    name: 'initialiser of an unknown type',
    make: (folder) =>
      write(folder, verifier({ bias: tensor({ name: 'bias', type: 200, dims: [3], raw: floats(0, 0, 0) }) })),
    reason: /the unknown type 200/,
  },
  {
    name: 'input with a side of 2^40',
    make: (folder) => write(folder, verifier({ inputs: [port('pixel_values', 1, [1, 3, 2 ** 40, 2])] })),
    reason: /an input or output with a side of 1099511627776/,
  },
  {
    name: 'cut off in the middle',
    async make(folder) {
      const whole = verifier()
      await write(folder, whole.subarray(0, Math.floor(whole.length / 2)))
    },
    reason: /or a file, that ends/,
  },
  {
    name: 'empty file',
    make: (folder) => write(folder, new Uint8Array()),
    reason: /found an empty file/,
  },
  {
    name: 'random bytes',
    make: (folder) =>
      write(
        folder,
        Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 2654435761) % 251),
      ),
    reason: /found a field without a number/,
  },
  {
    name: 'something else that is well-formed protobuf',
    make: (folder) => write(folder, concat(bytesField(2, 'a producer'), bytesField(3, '1.0'))),
    reason: /found a file without a graph/,
  },
  {
    name: 'number without an end',
    make: (folder) => write(folder, new Uint8Array(40).fill(0xff)),
    reason: /a number of more than ten bytes/,
  },
  {
    name: 'group of the days before ONNX',
    make: (folder) => write(folder, concat(varint(7 * 8 + 3), verifier())),
    reason: /wire type 3 in field 7/,
  },
  {
    name: 'name of 100,000 letters',
    make: (folder) => write(folder, verifier({ nodes: [node('Identity', ['mean'], ['x'.repeat(100_000)])] })),
    reason: /a name of 100000 bytes/,
  },
  {
    name: 'graphs nested 20,000 deep',
    make: (folder) => write(folder, model(nested(20_000))),
    reason: /graphs nested more than 8 deep/,
  },
  {
    name: 'a million nodes',
    async make(folder) {
      const one = bytesField(1, node('Relu', [], []))
      const many = new Uint8Array(one.length * 1_000_000)
      for (let i = 0; i < 1_000_000; i++) many.set(one, i * one.length)
      await write(folder, model(many))
    },
    reason: /more than 500000 nodes/,
  },
  {
    name: 'operator of an unknown domain',
    make: (folder) =>
      write(
        folder,
        verifier({ nodes: [node('Payload', ['mean'], ['x'], [], 'evil.corp')], domains: ['evil.corp'] }),
      ),
    reason: /Payload of "evil\.corp"/,
  },
  {
    name: 'operator that calls Python',
    make: (folder) =>
      write(folder, verifier({ nodes: [node('PyOp', ['mean'], ['x'], [], 'ai.onnx.contrib')] })),
    reason: /PyOp, which runs Python code/,
  },
  {
    name: 'compiled blob for a driver',
    make: (folder) =>
      write(folder, verifier({ nodes: [node('EPContext', ['mean'], ['x'], [], 'com.microsoft')] })),
    reason: /EPContext, which hands a compiled blob to a driver/,
  },
  {
    name: 'loop of 2^62 rounds',
    make: (folder) =>
      write(
        folder,
        verifier({
          nodes: [node('Loop', ['rounds', ''], [], [{ name: 'body', graph: loopBody }])],
          initialisers: [tensor({ name: 'rounds', type: types.int64, dims: [], raw: int64s(2n ** 62n) })],
        }),
      ),
    reason: /Loop, which can run for ever/,
  },
  {
    name: 'scan',
    make: (folder) =>
      write(
        folder,
        verifier({ nodes: [node('Scan', ['mean'], ['x'], [{ name: 'body', graph: loopBody }])] }),
      ),
    reason: /Scan, which can run for ever/,
  },
  {
    name: 'a few bytes that ask for gigabytes',
    make: (folder) =>
      write(
        folder,
        verifier({
          nodes: [node('ConstantOfShape', ['shape'], ['x'])],
          initialisers: [tensor({ name: 'shape', type: types.int64, dims: [1], raw: int64s(1_600_000_000) })],
        }),
      ),
    reason: /ConstantOfShape that makes a tensor of \[1600000000\], 6 GiB/,
  },
  {
    name: 'random numbers by the gigabyte',
    make: (folder) =>
      write(
        folder,
        verifier({ nodes: [node('RandomNormal', [], ['x'], [{ name: 'shape', ints: [50_000, 50_000] }])] }),
      ),
    reason: /RandomNormal that makes a tensor of \[50000, 50000\], 9 GiB/,
  },
  {
    name: 'input of a name that nobody knows',
    make: (folder) =>
      write(folder, verifier({ inputs: [pixels, port('trigger', types.float32, ['batch'])] })),
    reason: /expected inputs among pixel_values.*found trigger float32\[batch\]/,
  },
  {
    name: 'no pixels',
    make: (folder) => write(folder, verifier({ inputs: [port('input_ids', types.int64, ['batch', 8])] })),
    reason: /expected an input for pixels/,
  },
  {
    name: 'pictures in two dimensions',
    make: (folder) =>
      write(folder, verifier({ inputs: [port('pixel_values', types.float32, ['batch', 12])] })),
    reason: /expected pixel_values with 4 dimensions, found pixel_values float32\[batch, 12\]/,
  },
  {
    name: 'pictures of a type that cannot be fed',
    make: (folder) =>
      write(folder, verifier({ inputs: [port('pixel_values', types.bfloat16, ['batch', 3, 8, 8])] })),
    reason: /found bfloat16/,
  },
  {
    name: 'outputs of a name that nobody knows',
    make: (folder) => write(folder, verifier({ outputs: [port('mean', types.float32, ['batch', 3])] })),
    reason: /expected the output image_embeds .* found mean float32/,
  },
  {
    name: 'graph without outputs',
    make: (folder) => write(folder, verifier({ outputs: [] })),
    reason: /a graph without outputs/,
  },
  { name: 'pickle', make: withFile('head.pth'), reason: /^head\.pth: .*can run a program when it is opened/ },
  {
    name: 'pickle under the name of weights',
    make: withFile('pytorch_model.bin'),
    reason: /^pytorch_model\.bin: .*can run a program when it is opened/,
  },
  {
    name: 'library',
    make: withFile('custom_ops.so'),
    reason: /^custom_ops\.so: .*a program or a library of one/,
  },
  {
    name: 'library with a version',
    make: withFile('libops.so.1.2'),
    reason: /^libops\.so\.1\.2: .*a program or a library of one/,
  },
  { name: 'script', make: withFile('modeling.py'), reason: /^modeling\.py: .*a script/ },
  {
    name: 'checkpoint of another format',
    make: withFile('model.safetensors'),
    reason: /^model\.safetensors: .*a checkpoint in another format/,
  },
  {
    name: 'compiled engine',
    make: withFile('unet.engine'),
    reason: /^unet\.engine: .*compiled for one driver/,
  },
  { name: 'archive', make: withFile('weights.zip'), reason: /^weights\.zip: .*an archive/ },
  {
    name: 'file of an unknown kind',
    make: withFile('payload.xyz'),
    reason: /^payload\.xyz: .*none of these/,
  },
  {
    name: 'name over two lines',
    make: withFile('a\nb.json'),
    reason: /"a\\nb\.json": expected names of letters/,
  },
  {
    name: 'name that a shell would run',
    make: withFile('$(reboot).json'),
    reason: /"\$\(reboot\)\.json": expected names of letters/,
  },
  {
    name: 'too many files',
    async make(folder) {
      await write(folder, verifier())
      for (let i = 0; i < 200; i++) await writeFile(join(folder, `note-${i}.txt`), '')
    },
    reason: /at most 200 files, found more/,
  },
  {
    name: 'folders without an end',
    async make(folder) {
      await write(folder, verifier())
      await mkdir(join(folder, 'a/b/c/d/e/f/g'), { recursive: true })
    },
    reason: /at most 6 folders in each other/,
  },
  {
    name: 'configuration of two megabytes',
    make: (folder) => write(folder, verifier(), { 'config.json': `{"a":"${'x'.repeat(2_000_000)}"}` }),
    reason: /^config\.json: expected at most 1048576 bytes/,
  },
  {
    name: 'configuration that is none',
    make: (folder) => write(folder, verifier(), { 'config.json': 'import os' }),
    reason: /^config\.json: expected JSON/,
  },
  {
    name: 'configuration of other types',
    make: (folder) => write(folder, verifier(), { 'config.json': '{"model_type":{"__proto__":{"clip":1}}}' }),
    reason: /^config\.json, model_type: /,
  },
  {
    name: 'picture size that no machine holds',
    make: (folder) =>
      write(folder, verifier(), {
        'preprocessor_config.json': '{"size":{"shortest_edge":1e300},"crop_size":1e300}',
      }),
    reason: /image\.width: /,
  },
  {
    name: 'tokenizer of sixty megabytes',
    async make(folder) {
      await writeTowers(folder)
      await sparse(join(folder, 'tokenizer.json'), 60_000_000)
    },
    reason: /^tokenizer\.json: expected at most 24000000 bytes, found 60000000/,
  },
  {
    name: 'tokenizer of ten million empty lists',
    async make(folder) {
      await writeTowers(folder)
      await writeFile(join(folder, 'tokenizer.json'), '['.repeat(10_000_000) + ']'.repeat(10_000_000))
    },
    reason: /at most 1000000 parts in tokenizer\.json, found 10000000/,
  },
  {
    name: 'merges of twenty million lines',
    async make(folder) {
      await writeTowers(folder)
      await writeFile(join(folder, 'vocab.json'), '{"a":0}')
      await writeFile(join(folder, 'merges.txt'), '\n'.repeat(20_000_000))
    },
    reason: /at most 1000000 parts in merges\.txt, found 20000000/,
  },
  {
    name: 'more bytes than the disk has room for',
    async make(folder) {
      const weights = tensor({ name: 'huge', dims: [2 ** 41], external: { location: 'model.onnx_data' } })
      await write(folder, verifier({ initialisers: [weights] }))
      await sparse(join(folder, 'model.onnx_data'), 2 ** 43)
    },
    reason: /Expected room for 8796\.1 GB/,
  },
  {
    name: 'NaN among the results',
    make: (folder) =>
      write(folder, verifier({ bias: tensor({ name: 'bias', dims: [3], raw: floats(0, NaN, 0) }) })),
    reason: /numbers that are not finite/,
    onlyByTrial: true,
  },
  {
    name: 'another shape than declared',
    make: (folder) =>
      write(
        folder,
        model(
          graph({
            nodes: [node('Identity', ['pixel_values'], ['image_embeds'])],
            inputs: [pixels],
            outputs: [port('image_embeds', types.float32, ['batch', 'width', 'a', 'b'])],
          }),
        ),
      ),
    reason: /expected the shape/,
    onlyByTrial: true,
  },
  {
    name: 'operator that the runtime does not have',
    make: (folder) => write(folder, verifier({ nodes: [node('NoSuchOperator', ['mean'], ['x'])] })),
    reason: /that this runtime can load/,
    onlyByTrial: true,
  },
  {
    name: 'gigabytes by a shape computed on the way',
    make: (folder) =>
      write(
        folder,
        model(
          graph({
            nodes: [
              node('Shape', ['pixel_values'], ['shape']),
              node('Mul', ['shape', 'times'], ['large']),
              node('ConstantOfShape', ['large'], ['flood']),
              node('ReduceMax', ['flood'], ['most'], [{ name: 'keepdims', int: 0 }]),
              mean,
              node('Add', ['mean', 'most'], ['image_embeds']),
            ],
            initialisers: [
              tensor({ name: 'times', type: types.int64, dims: [4], raw: int64s(1, 10, 20, 20) }),
            ],
            inputs: [pixels],
            outputs: [embeds],
          }),
        ),
      ),
    reason: /of memory in its trial run/,
    onlyByTrial: true,
  },
]
