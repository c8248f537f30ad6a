import assert from 'node:assert/strict'
import { test } from 'node:test'

import { shrink, type Pixels } from './shrink.ts'

const grey = (width: number, height: number, bytes: readonly number[]): Pixels => ({
  ...{ width, height, channels: 3 },
  data: Uint8Array.from(bytes.flatMap((byte) => [byte, byte, byte])),
})
const rgba = (width: number, height: number, pixels: readonly (readonly number[])[]): Pixels => ({
  ...{ width, height, channels: 4 },
  data: Uint8Array.from(pixels.flat()),
})
const first = ({ data, channels }: Pixels) => [...data].filter((_, at) => at % channels === 0)

test('black and white in equal parts are half the light, 188 in sRGB, and not half the byte', () => {
  assert.deepEqual(first(shrink(grey(2, 2, [0, 255, 255, 0]), 1)), [188])
})

test('every byte comes back as it was where all that lies under a pixel is the same', () => {
  for (let byte = 0; byte < 256; byte++) {
    assert.deepEqual(first(shrink(grey(5, 5, Array<number>(25).fill(byte)), 3)), Array(9).fill(byte))
  }
})

test('blocks of four by four become their own pixels, each channel by itself', () => {
  const data = new Uint8Array(8 * 8 * 3)
  const colours = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [12, 34, 56],
  ]
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) data.set(colours[(y >> 2) * 2 + (x >> 2)] ?? [], (y * 8 + x) * 3)
  }
  const small = shrink({ width: 8, height: 8, channels: 3, data }, 2)
  assert.deepEqual(
    { ...small, data: [...small.data] },
    { width: 2, height: 2, channels: 3, data: colours.flat() },
  )
})

test('a pixel that lies in two counts in each by its part', () => {
  // Three into two: the middle one is a third of either. A third of all light is 156 in sRGB.
  assert.deepEqual(first(shrink(grey(3, 1, [0, 255, 0]), 2)), [156, 156])
  assert.deepEqual(first(shrink(grey(1, 3, [0, 255, 0]), 2)), [156, 156])
  assert.deepEqual(first(shrink(grey(3, 1, [255, 0, 0]), 2)), [213, 0])
})

test('the light of a picture stays what it is, whatever the sizes', () => {
  const linear = (byte: number) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4)
  const mean = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum + linear(byte), 0) / bytes.length
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  }
  for (const [width, height, side] of [
    [7, 7, 3],
    [97, 97, 40],
    [101, 53, 100],
    [640, 480, 256],
    [255, 1023, 256],
  ] as const) {
    const picture = grey(width, height, Array.from({ length: width * height }, random))
    const small = shrink(picture, side)
    assert.ok(Math.abs(mean(first(picture)) - mean(first(small))) < 0.002, `${width} x ${height}`)
  }
})

test('proportions are kept to the nearest pixel, and no side is lost', () => {
  const sizeOf = (width: number, height: number, side: number) => {
    const {
      width: w,
      height: h,
      data,
    } = shrink(grey(width, height, Array<number>(width * height).fill(9)), side)
    assert.equal(data.length, w * h * 3)
    return [w, h]
  }
  assert.deepEqual(sizeOf(1024, 768, 256), [256, 192])
  assert.deepEqual(sizeOf(768, 1024, 256), [192, 256])
  assert.deepEqual(sizeOf(1000, 333, 256), [256, 85])
  assert.deepEqual(sizeOf(257, 256, 256), [256, 255])
  assert.deepEqual(sizeOf(2000, 1, 256), [256, 1])
})

test('what is small enough is not touched', () => {
  for (const side of [3, 256]) {
    const picture = grey(3, 2, [1, 2, 3, 4, 5, 6])
    assert.equal(shrink(picture, side), picture)
  }
})

test('where a picture is transparent its colours count as little as they are seen', () => {
  const clear = [0, 255, 0, 0]
  const half = shrink(rgba(2, 1, [[255, 0, 0, 255], clear]), 1)
  assert.deepEqual([...half.data], [255, 0, 0, 128])
  assert.deepEqual([...shrink(rgba(2, 1, [clear, clear]), 1).data], [0, 0, 0, 0])
})
