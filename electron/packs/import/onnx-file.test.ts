import assert from 'node:assert/strict'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import { readOnnxFile } from './onnx-file.ts'
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
} from './testing/onnx-writer.ts'

const packs = join(import.meta.dirname, '../../engine/fixtures/packs')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'goldpan-onnx-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

test('a real model: inputs and outputs with their types and dimensions, operators, weights', () => {
  const found = readOnnxFile(join(packs, 'tiny/denoiser.onnx'), 'denoiser.onnx')
  assert.deepEqual(found.inputs, [
    { name: 'noisy', type: 'float32', dims: ['batch', 2, 2, 2] },
    { name: 'sigma', type: 'float32', dims: ['batch'] },
    { name: 'text', type: 'float32', dims: ['batch', 16, 2] },
  ])
  assert.deepEqual(found.outputs, [{ name: 'velocity', type: 'float32', dims: ['batch', 2, 2, 2] }])
  assert.deepEqual([found.irVersion, found.producer, [...found.opsets]], [9, 'goldpan', [['', 18]]])
  assert.equal(found.nodes, 16)
  assert.equal(
    [...found.operators.values()].reduce((sum, count) => sum + count),
    16,
  )
  assert.equal(found.weightBytes, 76)
})

test('weights are counted and never read: two gigabytes take no memory', async () => {
  // A file that says it holds 2 GB of zeros at its end, and has them as a hole.
  const bytes = 2_000_000_000
  const head = concat(
    ...[bytes / 4].map((size) => concat(varint(8), varint(size))),
    concat(varint(16), varint(types.float32)),
    bytesField(8, 'weights'),
    varint(9 * 8 + 2),
    varint(bytes),
  )
  const rest = graph({
    nodes: [node('Identity', ['weights'], ['out'])],
    outputs: [port('out', types.float32, [bytes / 4])],
  })
  const initialiser = concat(varint(5 * 8 + 2), varint(head.length + bytes), head)
  const whole = concat(
    bytesField(8, concat(bytesField(1, ''), concat(varint(16), varint(17)))),
    varint(7 * 8 + 2),
    varint(rest.length + initialiser.length + bytes),
    rest,
    initialiser,
  )
  const path = join(folder, 'model.onnx')
  await writeFile(path, whole)
  const file = await open(path, 'r+')
  await file.truncate(whole.length + bytes)
  await file.close()
  const before = process.memoryUsage().rss
  const found = readOnnxFile(path, 'model.onnx')
  assert.equal(found.weightBytes, bytes)
  assert.ok(process.memoryUsage().rss - before < 20e6)
})

test('what an initialiser stands for need not be fed; subgraphs and constants are looked into', async () => {
  const branch = graph({
    nodes: [node('Identity', ['x'], ['y'])],
    initialisers: [tensor({ name: 'inner', dims: [2], raw: floats(1, 2) })],
    outputs: [port('y', types.float32, [2])],
  })
  const bytes = model(
    graph({
      nodes: [
        node(
          'If',
          ['condition'],
          ['out'],
          [
            { name: 'then_branch', graph: branch },
            { name: 'else_branch', graph: branch },
          ],
        ),
        node(
          'Constant',
          [],
          ['c'],
          [{ name: 'value', tensor: tensor({ type: types.int64, dims: [3], raw: int64s(1, -2, 3) }) }],
        ),
      ],
      initialisers: [tensor({ name: 'x', dims: [2], raw: floats(1, 2) })],
      inputs: [port('x', types.float32, [2]), port('condition', 9, [])],
      outputs: [port('out', types.float32, [2])],
    }),
  )
  await writeFile(join(folder, 'model.onnx'), bytes)
  const found = readOnnxFile(join(folder, 'model.onnx'), 'model.onnx')
  assert.deepEqual(
    found.inputs.map(({ name, type, dims }) => [name, type, dims]),
    [['condition', 'bool', []]],
  )
  assert.deepEqual([...found.operators].sort(), [
    [':Constant', 1],
    [':Identity', 2],
    [':If', 1],
  ])
  assert.equal(found.depth, 2)
  assert.equal(found.weightBytes, 8 + 2 * 8 + 24)
})

test('weights outside: every stretch of every data file, in the order of the file', async () => {
  const external = (name: string, location: string, offset: string) =>
    tensor({ name, dims: [2, 2], external: { location, offset, length: '16' } })
  const bytes = model(
    graph({
      nodes: [node('Add', ['a', 'b'], ['out'])],
      initialisers: [external('a', 'weights.pb', '0'), external('b', 'model.onnx_data_1', '4096')],
      outputs: [port('out', types.float32, [2, 2])],
    }),
  )
  await writeFile(join(folder, 'model.onnx'), bytes)
  const found = readOnnxFile(join(folder, 'model.onnx'), 'model.onnx')
  assert.deepEqual(
    [...found.external],
    [
      ['weights.pb', [{ initialiser: 'a', offset: 0, length: 16 }]],
      ['model.onnx_data_1', [{ initialiser: 'b', offset: 4096, length: 16 }]],
    ],
  )
})

test('whatever three bytes of a model are changed, it is read or refused by name', async () => {
  const original = await readFile(join(packs, 'tiny/denoiser.onnx'))
  const path = join(folder, 'model.onnx')
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let refused = 0
  await writeFile(path, original)
  const file = await open(path, 'r+')
  try {
    for (let i = 0; i < 3000; i++) {
      const places = Array.from({ length: 3 }, () => random(original.length))
      for (const place of places) await file.write(Uint8Array.of(random(256)), 0, 1, place)
      try {
        readOnnxFile(path, 'model.onnx')
      } catch (error) {
        assert.ok(error instanceof StudioError, String(error))
        assert.equal(error.code, 'pack_invalid')
        refused++
      }
      for (const place of places) await file.write(original, place, 1, place)
    }
  } finally {
    await file.close()
  }
  assert.ok(refused > 300 && refused < 3000, `${refused} of 3000 refused`)
})
