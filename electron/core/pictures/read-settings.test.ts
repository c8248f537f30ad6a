import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deflateSync } from 'node:zlib'

import type { FoundSettings } from '../../../shared/domain.ts'
import { pngWithoutPixels } from '../../../shared/png-without-pixels.ts'
import { idsOf, samplers, schedules } from '../../../shared/vocabulary.ts'
import { pngOf, readChunks, textChunk, type Chunk } from '../../library/png-chunks.ts'
import { encodePng, recordOf } from '../../library/png.ts'
import { candidateOf, pictureOf, provenanceOf, specOf } from '../../library/testing/fixtures.ts'
import { readSettings } from './read-settings.ts'

const header: Chunk = { type: 'IHDR', data: Buffer.from([0, 0, 2, 0, 0, 0, 3, 0, 8, 2, 0, 0, 0]) }
const end: Chunk = { type: 'IEND', data: Buffer.alloc(0) }
const picture = (...chunks: readonly Chunk[]): Uint8Array => pngOf([header, ...chunks, end])

const packs = [
  { id: 'scenes', name: 'Scenes' },
  { id: 'sd15', name: 'v1-5-pruned-emaonly' },
]
const fromA1111 = (text: string): FoundSettings => readSettings(picture(textChunk('parameters', text)), packs)
const fromComfyUi = (prompt: unknown): FoundSettings =>
  readSettings(
    picture(textChunk('prompt', typeof prompt === 'string' ? prompt : JSON.stringify(prompt))),
    packs,
  )

/** What was not taken over, field and value. */
const left = ({ notTaken }: FoundSettings): readonly (readonly [string, string])[] =>
  notTaken.map(({ field, value }) => [field, value])

describe("A1111's parameters", () => {
  test('of now: every field is taken over or listed', () => {
    const found = fromA1111(
      'a castle on a hill <lora:oldPaintings:0.8>, (detailed:1.3)\nsecond line\n' +
        'Negative prompt: blurry, ugly\nlow quality\n' +
        'Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 4294967290, Size: 512x768, ' +
        'Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 735e4c3a44, VAE: vae-ft-mse.safetensors, ' +
        'Denoising strength: 0.4, Clip skip: 2, RNG: CPU, ADetailer model: face_yolov8n.pt, ' +
        'ADetailer prompt: "a face, smiling: \\"wide\\"", Hires upscale: 2, Hires upscaler: Latent, ' +
        'Lora hashes: "oldPaintings: 1234abcd, other: ffff0000", Version: v1.10.1',
    )
    assert.equal(found.source, 'a1111')
    assert.deepEqual(found.settings, {
      prompt: 'a castle on a hill , (detailed:1.3)\nsecond line',
      negativePrompt: 'blurry, ugly\nlow quality',
      steps: 28,
      sampler: 'dpmpp_2m',
      schedule: 'karras',
      guidance: 6.5,
      size: { width: 512, height: 768 },
      seed: '4294967290',
      generator: 'torch-cpu-mt19937',
      pack: 'sd15',
    })
    assert.deepEqual(left(found), [
      ['prompt', '<lora:oldPaintings:0.8>'],
      ['prompt', '(detailed:1.3)'],
      ['Model hash', '6ce0161689'],
      ['VAE hash', '735e4c3a44'],
      ['VAE', 'vae-ft-mse.safetensors'],
      ['Denoising strength', '0.4'],
      ['Clip skip', '2'],
      ['ADetailer model', 'face_yolov8n.pt'],
      ['ADetailer prompt', 'a face, smiling: "wide"'],
      ['Hires upscale', '2'],
      ['Hires upscaler', 'Latent'],
      ['Lora hashes', 'oldPaintings: 1234abcd, other: ffff0000'],
    ])
  })

  test('of 2022: the schedule is in the name of the sampler, and the noise came from a graphics card', () => {
    const found = fromA1111(
      'girl with a beret\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, Size: 512x512, Model hash: 45dee52b',
    )
    assert.deepEqual(found.settings, {
      prompt: 'girl with a beret',
      steps: 20,
      sampler: 'euler_ancestral',
      schedule: 'linspace',
      guidance: 7,
      size: { width: 512, height: 512 },
      seed: '965400086',
    })
    assert.deepEqual(left(found), [
      ['RNG', 'GPU (not said)'],
      ['Model hash', '45dee52b'],
    ])
    assert.match(found.notTaken[0]?.why ?? '', /another noise/)
  })

  for (const [fields, sampler, schedule, listed] of [
    ['Sampler: DPM++ 2M Karras', 'dpmpp_2m', 'karras', undefined],
    ['Sampler: DPM++ 2M', 'dpmpp_2m', 'linspace', undefined],
    ['Sampler: DPM++ 2M, Schedule type: Automatic', 'dpmpp_2m', 'karras', undefined],
    ['Sampler: Heun, Schedule type: Automatic', 'heun', 'linspace', undefined],
    ['Sampler: Euler, Schedule type: SGM Uniform', 'euler', 'trailing', undefined],
    ['Sampler: LCM, Schedule type: Simple', 'lcm', 'trailing', undefined],
    ['Sampler: DDIM, Schedule type: Automatic', 'ddim', 'leading', undefined],
    ['Sampler: PLMS', 'pndm', 'leading', undefined],
    ['Sampler: DPM++ SDE Karras', undefined, 'karras', 'Sampler'],
    ['Sampler: Euler Exponential', 'euler', undefined, 'Schedule type'],
    ['Sampler: toString, Schedule type: constructor', undefined, undefined, 'Sampler'],
  ] as const) {
    test(`${fields} is ${sampler ?? 'no sampler'} on ${schedule ?? 'no schedule'} here`, () => {
      const found = fromA1111(`a star\nSteps: 4, ${fields}, CFG scale: 2, RNG: CPU, Seed: 1`)
      assert.deepEqual([found.settings.sampler, found.settings.schedule], [sampler, schedule])
      assert.equal(found.notTaken[0]?.field, listed)
    })
  }

  test("of Forge's FLUX: the guidance is what the network is told", () => {
    const found = fromA1111(
      'a fox\nSteps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, Seed: 3, Size: 1024x1024, RNG: CPU',
    )
    assert.equal(found.settings.guidance, 3.5)
    assert.equal(found.settings.schedule, undefined)
    assert.deepEqual(left(found), [['Schedule type', 'Simple']])
  })

  test('a value that no form takes is refused by name, and the others are taken', () => {
    const found = fromA1111(
      'a star\nSteps: NaN, Sampler: Euler, CFG scale: 1e999, Seed: -1, Size: 99999999x4, Variation seed: 7, RNG: CPU',
    )
    assert.deepEqual(found.settings, { prompt: 'a star', sampler: 'euler', schedule: 'linspace' })
    assert.deepEqual(
      found.notTaken.map(({ field, why }) => [field, why]),
      [
        [
          'Variation seed',
          'mixes two noises, which is not done here: the noise will be that of the seed alone',
        ],
        ['Steps', 'steps: expected a whole number from 1 to 1000, found "NaN"'],
        ['CFG scale', 'guidance: expected a number from 0 to 30, found Infinity'],
        [
          'Size',
          'size.width: expected a whole number from 8 to 8192, found 99999999; size.height: expected a whole number from 8 to 8192, found 4',
        ],
        ['Seed', 'seed: expected a whole number from 0 to 18446744073709551615, found "-1"'],
      ],
    )
  })

  test('a prompt that is too long is listed, cut', () => {
    const found = fromA1111(`${'star '.repeat(900)}\nSteps: 4, Sampler: Euler, CFG scale: 2`)
    assert.equal(found.settings.prompt, undefined)
    assert.match(found.notTaken[0]?.why ?? '', /^prompt: expected at most 2000 characters, found 4499/)
    assert.equal(found.notTaken[0]?.value.length, 201)
  })

  test('lines that extensions add below are listed', () => {
    const found = fromA1111(
      'a {red|blue} star\nSteps: 4, Sampler: Euler, CFG scale: 2\nTemplate: a {red|blue} star',
    )
    assert.equal(found.settings.prompt, 'a {red|blue} star')
    assert.deepEqual(left(found), [['text after the parameters', 'Template: a {red|blue} star']])
  })

  test('no text of another kind is taken for parameters', () => {
    for (const text of [
      'just a prompt, of stars: two',
      '{"sui_image_params": {"prompt": "a star", "steps": 20, "cfgscale": 7, "seed": 1}}',
      '',
    ]) {
      assert.throws(() => fromA1111(text), { code: 'bad_input', message: /none that are known/ }, text)
    }
  })
})

/** ComfyUI's own example of text to image, as it runs. */
const basic = {
  3: {
    class_type: 'KSampler',
    inputs: {
      ...{
        cfg: 8,
        denoise: 1,
        latent_image: ['5', 0],
        model: ['4', 0],
        negative: ['7', 0],
        positive: ['6', 0],
      },
      ...{ sampler_name: 'euler', scheduler: 'normal', seed: 8566257, steps: 20 },
    },
  },
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'SD1.5/v1-5-pruned-emaonly.safetensors' } },
  5: { class_type: 'EmptyLatentImage', inputs: { batch_size: 1, height: 512, width: 640 } },
  6: { class_type: 'CLIPTextEncode', inputs: { clip: ['4', 1], text: 'masterpiece best quality girl' } },
  7: { class_type: 'CLIPTextEncode', inputs: { clip: ['4', 1], text: 'bad hands' } },
  8: { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
  9: { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
} as const
const basicSettings = {
  seed: '8566257',
  generator: 'torch-cpu-mt19937',
  sampler: 'euler',
  steps: 20,
  schedule: 'linspace',
  prompt: 'masterpiece best quality girl',
  negativePrompt: 'bad hands',
  guidance: 8,
  size: { width: 640, height: 512 },
  pack: 'sd15',
}

/** FLUX as ComfyUI's example draws it. */
const flux = {
  5: { class_type: 'EmptySD3LatentImage', inputs: { width: 1024, height: 768, batch_size: 1 } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: 'a fennec', clip: ['11', 0] } },
  12: { class_type: 'UNETLoader', inputs: { unet_name: 'flux1-dev.safetensors', weight_dtype: 'default' } },
  13: {
    class_type: 'SamplerCustomAdvanced',
    inputs: {
      noise: ['25', 0],
      guider: ['22', 0],
      sampler: ['16', 0],
      sigmas: ['17', 0],
      latent_image: ['5', 0],
    },
  },
  16: { class_type: 'KSamplerSelect', inputs: { sampler_name: 'euler' } },
  17: {
    class_type: 'BasicScheduler',
    inputs: { scheduler: 'simple', steps: 24, denoise: 1, model: ['30', 0] },
  },
  22: { class_type: 'BasicGuider', inputs: { model: ['30', 0], conditioning: ['26', 0] } },
  25: { class_type: 'RandomNoise', inputs: { noise_seed: 1 } },
  26: { class_type: 'FluxGuidance', inputs: { guidance: 3.5, conditioning: ['6', 0] } },
  30: {
    class_type: 'ModelSamplingFlux',
    inputs: { max_shift: 1.15, base_shift: 0.5, width: 1024, height: 1024, model: ['12', 0] },
  },
}

describe("ComfyUI's graphs", () => {
  test('of one sampler: texts, size and model are found along the links', () => {
    const found = fromComfyUi(basic)
    assert.equal(found.source, 'comfyui')
    assert.deepEqual(found.settings, basicSettings)
    assert.deepEqual(found.notTaken, [])
  })

  test('a seed of 64 bits keeps all of its digits', () => {
    const text = JSON.stringify(basic).replace('8566257', '18446744073709551557')
    assert.equal(fromComfyUi(text).settings.seed, '18446744073709551557')
  })

  test('values that come through other nodes are followed', () => {
    const found = fromComfyUi({
      ...basic,
      3: { ...basic[3], inputs: { ...basic[3].inputs, seed: ['20', 0], steps: ['21', 0] } },
      6: { ...basic[6], inputs: { ...basic[6].inputs, text: ['22', 0] } },
      20: { class_type: 'Seed (rgthree)', inputs: { seed: 12 } },
      21: { class_type: 'PrimitiveInt', inputs: { value: 7 } },
      22: { class_type: 'Text box', inputs: { text: ['23', 0] } },
      23: { class_type: 'String', inputs: { string: 'through two nodes' } },
    })
    assert.deepEqual(found.settings, { ...basicSettings, seed: '12', steps: 7, prompt: 'through two nodes' })
  })

  test('of two passes: the one that begins with noise, and the other is listed', () => {
    const second = { ...basic[3].inputs, latent_image: ['11', 0], denoise: 0.5, seed: 99, steps: 14 }
    const found = fromComfyUi({
      2: { class_type: 'KSampler', inputs: second },
      ...basic,
      11: { class_type: 'LatentUpscale', inputs: { samples: ['3', 0], width: 1280, height: 1024 } },
    })
    assert.deepEqual(found.settings, basicSettings)
    assert.deepEqual(left(found), [['KSampler', 'node 2']])
  })

  test('of FLUX: guidance and shift by their own nodes', () => {
    const { settings, notTaken } = fromComfyUi(flux)
    const { shift, ...rest } = settings
    // e^(0.5 + (4096 - 256) (1.15 - 0.5) / (4096 - 256))
    assert.ok(Math.abs((shift ?? 0) - Math.exp(1.15)) < 1e-12, String(shift))
    assert.deepEqual(rest, {
      ...{ seed: '1', generator: 'torch-cpu-mt19937', sampler: 'euler', steps: 24, schedule: 'shifted' },
      ...{ prompt: 'a fennec', guidance: 3.5, size: { width: 1024, height: 768 } },
    })
    assert.deepEqual(
      notTaken.map(({ field, value }) => [field, value]),
      [['model', 'flux1-dev.safetensors']],
    )
  })

  test('of SD3: the shift of its node', () => {
    const found = fromComfyUi({
      ...basic,
      3: { ...basic[3], inputs: { ...basic[3].inputs, model: ['30', 0], scheduler: 'sgm_uniform' } },
      30: { class_type: 'ModelSamplingSD3', inputs: { shift: 5, model: ['4', 0] } },
    })
    assert.deepEqual(found.settings, { ...basicSettings, schedule: 'shifted', shift: 5 })
  })

  test('of flow models without such a node: as ComfyUI knows the model', () => {
    const shiftOf = (ckpt: string, scheduler: string, latents: string) => {
      const { settings } = fromComfyUi({
        ...basic,
        3: { ...basic[3], inputs: { ...basic[3].inputs, scheduler } },
        4: { ...basic[4], inputs: { ckpt_name: ckpt } },
        5: { ...basic[5], class_type: latents },
      })
      return [settings.schedule, settings.shift]
    }
    assert.deepEqual(shiftOf('flux1-schnell-fp8.safetensors', 'simple', 'EmptySD3LatentImage'), [
      'shifted',
      1,
    ])
    assert.deepEqual(shiftOf('flux1-dev.safetensors', 'simple', 'EmptyLatentImage'), [
      'shifted',
      Math.exp(1.15),
    ])
    assert.deepEqual(shiftOf('sd3.5_large.safetensors', 'sgm_uniform', 'EmptySD3LatentImage'), ['shifted', 3])
    assert.deepEqual(shiftOf('sd3.5_large.safetensors', 'normal', 'EmptySD3LatentImage'), ['sd3', 3])
    assert.deepEqual(shiftOf('sd3.5_large.safetensors', 'karras', 'EmptySD3LatentImage'), [
      'karras',
      undefined,
    ])
    assert.deepEqual(shiftOf('sd3.5_large.safetensors', 'ddim_uniform', 'EmptySD3LatentImage'), [
      undefined,
      undefined,
    ])
    assert.deepEqual(shiftOf('dreamshaper.safetensors', 'ddim_uniform', 'EmptyLatentImage'), [
      'leading',
      undefined,
    ])
  })

  test('of a part of the way, a picture, a batch, extra networks: each is listed', () => {
    const { seed, denoise, ...inputs } = basic[3].inputs
    const found = fromComfyUi({
      ...basic,
      3: {
        class_type: 'KSamplerAdvanced',
        inputs: {
          ...inputs,
          ...{
            noise_seed: seed,
            add_noise: 'disable',
            start_at_step: denoise,
            end_at_step: 12,
            model: ['30', 0],
          },
        },
      },
      5: { ...basic[5], inputs: { ...basic[5].inputs, batch_size: 4 } },
      30: { class_type: 'LoraLoader', inputs: { lora_name: 'old.safetensors', model: ['4', 0] } },
    })
    assert.deepEqual(found.settings, basicSettings)
    assert.deepEqual(left(found), [
      ['add_noise', 'disable'],
      ['LoraLoader', 'old.safetensors'],
      ['start_at_step', '1'],
      ['end_at_step', '12'],
      ['batch_size', '4'],
    ])
  })

  test('as it was drawn, where the graph that ran is not in the file', () => {
    const workflow = {
      nodes: [
        {
          ...{ id: 3, type: 'KSampler', widgets_values: [8566257, 'randomize', 20, 8, 'euler', 'normal', 1] },
          inputs: [
            { name: 'model', link: 1 },
            { name: 'positive', link: 5 },
            { name: 'negative', link: 6 },
            { name: 'latent_image', link: 2 },
          ],
        },
        { id: 4, type: 'CheckpointLoaderSimple', widgets_values: ['v1-5-pruned-emaonly.ckpt'] },
        { id: 5, type: 'EmptyLatentImage', widgets_values: [640, 512, 1] },
        { id: 6, type: 'CLIPTextEncode', widgets_values: ['masterpiece best quality girl'], inputs: [] },
        { id: 7, type: 'CLIPTextEncode', widgets_values: ['bad hands'] },
        { id: 10, type: 'Note', widgets_values: ['a note'] },
        { id: 11, type: 'Reroute', inputs: [{ name: '', link: 4 }] },
      ],
      links: [
        [1, 4, 0, 3, 0, 'MODEL'],
        [2, 5, 0, 3, 3, 'LATENT'],
        [4, 6, 0, 11, 0, 'CONDITIONING'],
        [5, 11, 0, 3, 1, 'CONDITIONING'],
        [6, 7, 0, 3, 2, 'CONDITIONING'],
      ],
    }
    const found = readSettings(picture(textChunk('workflow', JSON.stringify(workflow))), packs)
    assert.deepEqual(found.settings, basicSettings)
    assert.deepEqual(found.notTaken, [])
  })

  test('NaN and wrong types are refused by name', () => {
    const text = JSON.stringify({
      ...basic,
      3: {
        ...basic[3],
        is_changed: ['?'],
        inputs: { ...basic[3].inputs, steps: '?', cfg: [], sampler_name: 3 },
      },
      5: { ...basic[5], inputs: { width: { a: 1 }, height: 512 } },
    }).replaceAll('"?"', 'NaN')
    const found = fromComfyUi(text)
    const { steps, guidance, sampler, size, ...rest } = { ...basicSettings }
    assert.deepEqual(found.settings, rest)
    assert.deepEqual([steps, guidance, sampler, size.height], [20, 8, 'euler', 512])
    assert.deepEqual(
      found.notTaken.map(({ field, why }) => [field, why]),
      [
        ['sampler_name', 'is a sampler that is not here; choose one'],
        ['steps', 'steps: expected a whole number from 1 to 1000, found "NaN"'],
        ['EmptyLatentImage', 'size.width: expected a whole number from 8 to 8192, found {"a":1}'],
      ],
    )
  })

  test('links that go in circles, nowhere, or to what Object has are followed to an end', () => {
    const inputs = {
      ...basic[3].inputs,
      positive: ['6', 0],
      seed: ['6', 0],
      latent_image: ['toString', 0],
      steps: ['99', 0],
    }
    const found = fromComfyUi({
      3: { class_type: 'KSampler', inputs },
      4: { class_type: 'LoraLoader', inputs: { model: ['4', 0] } },
      6: {
        class_type: 'ConditioningCombine',
        inputs: { conditioning_1: ['6', 0], conditioning_2: ['6', 0], seed: ['6', 0] },
      },
    })
    assert.deepEqual(found.settings, { sampler: 'euler', schedule: 'linspace', guidance: 8 })
  })

  test('without a sampler that is known: what there is, is listed', () => {
    const found = fromComfyUi({ 1: { class_type: 'MagicSampler', inputs: {} } })
    assert.deepEqual(found.settings, {})
    assert.deepEqual(left(found), [['graph', 'MagicSampler']])
  })
})

describe('our own pictures', () => {
  const spec = specOf({ prompt: 'two moons ⭐', negativePrompt: 'fog', size: { width: 128, height: 64 } })
  const png = encodePng(pictureOf(1), recordOf(candidateOf(1, 2), provenanceOf(spec)))

  test('give back the whole specification', () => {
    const found = readSettings(png, packs)
    assert.deepEqual([found.source, found.settings, found.notTaken], ['goldpan', spec, []])
  })

  test('whose recipe another program took away are read by their parameters', () => {
    for (const sampler of idsOf(samplers)) {
      const recipe = { generator: 'torch-cpu-mt19937', seed: '41', stream: 1, operations: [] } as const
      const own = specOf({ sampler, schedule: 'karras', negativePrompt: 'fog', guidance: 2.5 })
      const whole = encodePng(pictureOf(1), recordOf(candidateOf(1, 2, { recipe }), provenanceOf(own)))
      const found = readSettings(
        pngOf(readChunks(whole).chunks.filter(({ data }) => !data.includes('goldpan\0'))),
        packs,
      )
      assert.deepEqual(found, {
        source: 'a1111',
        settings: {
          ...{ prompt: own.prompt, negativePrompt: 'fog', steps: 12, sampler, guidance: 2.5, pack: 'scenes' },
          // There these have no choice of schedule.
          schedule: sampler === 'ddim' || sampler === 'pndm' ? 'leading' : 'karras',
          ...{ size: { width: 16, height: 16 }, seed: '42', generator: 'torch-cpu-mt19937' },
        },
        notTaken: [],
        text: found.text,
      })
    }
  })

  test('every schedule is read as it was written', () => {
    for (const schedule of idsOf(schedules)) {
      const own = specOf({ schedule, shift: 2.5 })
      const whole = encodePng(pictureOf(1), recordOf(candidateOf(1, 2), provenanceOf(own)))
      const { settings, notTaken } = readSettings(
        pngOf(readChunks(whole).chunks.filter(({ data }) => !data.includes('goldpan\0'))),
        packs,
      )
      assert.equal(settings.schedule, schedule)
      assert.equal(settings.shift, schedule === 'shifted' || schedule === 'sd3' ? 2.5 : undefined)
      assert.deepEqual(
        notTaken.map(({ field }) => field),
        ['Goldpan noise'],
      )
    }
  })

  test('are preferred to what else is in the file, and a recipe that is none is refused', () => {
    const [, ...rest] = readChunks(png).chunks
    const comfy = textChunk('prompt', JSON.stringify(basic))
    assert.equal(readSettings(pngOf([header, comfy, ...rest]), packs).source, 'goldpan')
    assert.throws(() => readSettings(picture(textChunk('goldpan', '{}'), comfy), packs), /this version knows/)
  })
})

describe('texts of every kind of chunk', () => {
  const parameters = 'žluťoučký kůň\nSteps: 4, Sampler: Euler, CFG scale: 2'
  const compressed = deflateSync(Buffer.from(parameters))
  const latin = deflateSync(Buffer.from('caf\u00e9\nSteps: 4, Sampler: Euler, CFG scale: 2', 'latin1'))
  const itxt = (flag: number, text: Uint8Array): Chunk => ({
    type: 'iTXt',
    data: Buffer.concat([
      Buffer.from(`parameters\0`),
      Buffer.from([flag, 0]),
      Buffer.from('cs\0parametry\0'),
      text,
    ]),
  })
  for (const [kind, chunk, prompt] of [
    ['tEXt', textChunk('parameters', 'café\nSteps: 4, Sampler: Euler, CFG scale: 2'), 'café'],
    ['zTXt', { type: 'zTXt', data: Buffer.concat([Buffer.from('parameters\0\0'), latin]) }, 'café'],
    ['iTXt', itxt(0, Buffer.from(parameters)), 'žluťoučký kůň'],
    ['compressed iTXt', itxt(1, compressed), 'žluťoučký kůň'],
  ] as const) {
    test(`${kind} is read`, () => {
      assert.equal(readSettings(picture(chunk), packs).settings.prompt, prompt)
    })
  }
})

test('what is sent of a picture without its pixels gives the same, and little of a large file is read', async () => {
  const png = encodePng(pictureOf(1, 64), recordOf(candidateOf(1, 2), provenanceOf(specOf())))
  const read = (from: number, to: number) => Promise.resolve(png.subarray(from, to))
  const sent = await pngWithoutPixels(png.length, read)
  assert.deepEqual(readSettings(sent, packs), readSettings(png, packs))
  assert.deepEqual(
    readChunks(sent).chunks.map(({ type }) => type),
    ['IHDR', 'tEXt', 'tEXt', 'IEND'],
  )
  assert.ok(sent.length < png.length - 64 * 64 * 3)
})
