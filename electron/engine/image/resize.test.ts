/** Our pictures against those of Pillow, transformers, torchvision and torch: models/recipes/fixtures/resize.py. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'

import type { RgbImage } from '../../core/runs/adapters.ts'
import { fitPicture, interpolateBilinear, resize, type PictureFilter } from './resize.ts'

type Sides = readonly [width: number, height: number]

type Golden = {
  readonly resized: readonly {
    readonly from: Sides
    readonly to: Sides
    readonly filter: PictureFilter
    readonly sha256: string
  }[]
  readonly fitted: readonly {
    readonly from: Sides
    readonly size: number
    readonly crop: number
    readonly filter: PictureFilter
    /** SHA-256 of transformers' picture. */
    readonly floor: string
    /** SHA-256 of torchvision's. */
    readonly half_even: string
  }[]
  readonly interpolated: readonly {
    readonly from: Sides
    readonly to: Sides
    /** Every so many numbers are kept. */
    readonly stride: number
    readonly values: readonly number[]
  }[]
}

const golden = JSON.parse(readFileSync(new URL('golden/resize.json', import.meta.url), 'utf8')) as Golden

/** Smooth slopes, edges and noise, in whole numbers: the recipe's `picture`. */
function picture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const kind = (Math.floor(x / 16) + Math.floor(y / 16)) % 3
      const edge = (Math.floor(x / 7) + Math.floor(y / 5)) % 2 === 0 ? 255 : 0
      for (let c = 0; c < 3; c++, i++) {
        const noise = (((x * 7919 + y * 104729 + c * 1299709 + x * y * 31) % 65521) * 251) % 256
        data[i] = [noise, (x * 3 + y * 2 + c * 40) % 256, edge][kind] ?? NaN
      }
    }
  }
  return { width, height, data }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('resize is Pillow, to the last bit:', () => {
  for (const { from, to, filter, sha256: expected } of golden.resized) {
    test(`${from.join(' x ')} to ${to.join(' x ')}, ${filter}`, () => {
      const source = picture(...from)
      const before = sha256(source.data)
      const found = resize(source, { width: to[0], height: to[1] }, filter)
      assert.deepEqual([found.width, found.height], to)
      assert.equal(sha256(found.data), expected)
      assert.notEqual(found.data, source.data)
      assert.equal(sha256(source.data), before)
    })
  }
})

describe('shortest edge and centre crop, to the last bit:', () => {
  for (const { from, size, crop, filter, ...expected } of golden.fitted) {
    test(`${from.join(' x ')} to ${size}, cut to ${crop}, ${filter}`, () => {
      for (const cropOffset of ['floor', 'half_even'] as const) {
        const fit = { fit: 'shortest_edge_then_crop', filter, size, cropOffset } as const
        const found = fitPicture(picture(...from), fit, { width: crop, height: crop })
        assert.deepEqual([found.width, found.height], [crop, crop])
        assert.equal(sha256(found.data), expected[cropOffset], cropOffset)
      }
    })
  }

  test('the two libraries cut apart somewhere here', () => {
    assert.ok(golden.fitted.some(({ floor, half_even }) => floor !== half_even))
  })
})

test('an exact fit changes both sides, whatever the proportions', () => {
  const fit = { fit: 'exact', filter: 'bicubic' } as const
  const { from, sha256: expected } = golden.resized.find(({ to }) => to[1] === 149) ?? assert.fail()
  assert.equal(sha256(fitPicture(picture(...from), fit, { width: 224, height: 149 }).data), expected)
})

test('a crop larger than what it is cut from is refused', () => {
  const fit = { fit: 'shortest_edge_then_crop', filter: 'bicubic', size: 20, cropOffset: 'floor' } as const
  assert.throws(() => fitPicture(picture(30, 30), fit, { width: 24, height: 20 }), RangeError)
})

describe('bilinear interpolation of floats is that of torch:', () => {
  for (const { from, to, stride, values } of golden.interpolated) {
    test(`${from.join(' x ')} to ${to.join(' x ')}`, () => {
      const [width, height] = from
      const { data } = picture(width, height)
      const plane = width * height
      const pixels = Float32Array.from(
        data,
        (_, i) => (data[(i % plane) * 3 + Math.floor(i / plane)] ?? 0) / 255,
      )
      const found = interpolateBilinear(pixels, { width, height }, { width: to[0], height: to[1] })
      assert.equal(found.length, 3 * to[0] * to[1])
      const kept = found.filter((_, i) => i % stride === 0)
      assert.equal(kept.length, values.length)
      const worst = Math.max(...values.map((value, i) => Math.abs((kept[i] ?? NaN) - value)))
      assert.ok(worst < 1e-6, `${worst}`)
    })
  }
})
