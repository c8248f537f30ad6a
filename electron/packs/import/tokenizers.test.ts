/** Our tokenizers against those of transformers: models/recipes/fixtures/tokenizer_goldens.py. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { StudioError } from '../../../shared/errors.ts'
import type { InstalledPack, TextPackManifest } from '../manifest.ts'
import { PackTokenizer } from '../tokenizer.ts'
import type { TokenizerFamily, TokenizerFiles } from './tokenizer-files.ts'
import { makeTokenizer } from './tokenizers.ts'

type Golden = {
  readonly texts: readonly string[]
  /** Every file once: text, spiece.model in base64. */
  readonly contents: readonly string[]
  readonly cases: readonly {
    readonly name: string
    readonly family: TokenizerFamily
    readonly length: number
    /** Numbers of contents. */
    readonly files: Readonly<Record<string, number>>
    /** Of each text, padded and cut to the length. */
    readonly ids: readonly (readonly number[])[]
  }[]
}

const golden = JSON.parse(readFileSync(new URL('golden/tokenizers.json', import.meta.url), 'utf8')) as Golden

const folder = mkdtempSync(join(tmpdir(), 'goldpan-tokenizers-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const caseNamed = (name: string) => golden.cases.find((one) => one.name === name) ?? assert.fail(name)

function filesOf({ files }: Golden['cases'][number]): TokenizerFiles {
  const names = {
    tokenizerJson: 'tokenizer.json',
    tokenizerConfig: 'tokenizer_config.json',
    specialTokens: 'special_tokens_map.json',
    addedTokens: 'added_tokens.json',
    vocab: 'vocab.json',
    merges: 'merges.txt',
    vocabTxt: 'vocab.txt',
  }
  const spiece = golden.contents[files['spiece.model'] ?? NaN]
  const texts = Object.entries(names).flatMap(([key, file]) => {
    const text = golden.contents[files[file] ?? NaN]
    return text === undefined ? [] : [[key, text]]
  })
  return {
    ...(Object.fromEntries(texts) as TokenizerFiles),
    ...(spiece === undefined ? {} : { spiece: Buffer.from(spiece, 'base64') }),
  }
}

/** The tokenizer at work, as a pack has it. */
function load(
  files: { tokenizerJson: object; tokenizerConfig: object },
  tokens: number,
): Promise<PackTokenizer> {
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(files.tokenizerJson))
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(files.tokenizerConfig))
  const pack = { folder, manifest: { id: 'imported', components: {} } } as InstalledPack<TextPackManifest>
  return PackTokenizer.load(pack, { file: 'tokenizer.json', configFile: 'tokenizer_config.json' }, tokens)
}

const idsOf = (tokenizer: PackTokenizer, text: string) => [...tokenizer.encode(text).ids].map(Number)

/** Texts for which the slow tokenizer of transformers differs from its fast one, which is what we are. */
const slowDiffers: Readonly<Record<string, readonly RegExp[]>> = {
  // It sets Chinese characters apart, and drops control and format characters.
  'clip, slow files': [/中文/, /👨‍👩‍👧/u, /\v/],
  'clip, slow files, pad !': [/中文/, /👨‍👩‍👧/u, /\v/],
  // It begins anew, without a space, after a special token in the middle of a text.
  'siglip, spiece.model': [/<unk>/],
}

for (const one of golden.cases) {
  describe(`${one.name}: the ids of transformers`, () => {
    const differs = slowDiffers[one.name] ?? []
    golden.texts.forEach((text, i) => {
      if (differs.some((pattern) => pattern.test(text))) return
      test(JSON.stringify(text), async () => {
        const tokenizer = await load(makeTokenizer(filesOf(one), one.family), one.length)
        assert.deepEqual(idsOf(tokenizer, text), one.ids[i])
      })
    })
  })
}

test('from the files of a slow CLIP tokenizer comes what the fast one gives, for every text', async () => {
  for (const pad of ['', ', pad !']) {
    const slow = caseNamed(`clip, slow files${pad}`)
    const fast = caseNamed(`clip, tokenizer.json${pad}`)
    const tokenizer = await load(makeTokenizer(filesOf(slow), 'clip'), slow.length)
    assert.deepEqual(
      golden.texts.map((text) => idsOf(tokenizer, text)),
      fast.ids,
    )
  }
})

test('a long text is cut so that its marks stay, and the mask covers what is no padding', async () => {
  const { family, ...one } = caseNamed('clip, slow files')
  const tokenizer = await load(makeTokenizer(filesOf({ family, ...one }), family), 6)
  const { ids, attentionMask, tokens } = tokenizer.encode('a red cube on top of a blue sphere')
  assert.ok(tokens > 6)
  assert.deepEqual([ids[0], ids[5]], [612n, 613n])
  assert.deepEqual([...attentionMask], [1n, 1n, 1n, 1n, 1n, 1n])
  assert.deepEqual([...tokenizer.encode('').attentionMask], [1n, 1n, 0n, 0n, 0n, 0n])
})

const clip = { vocab: '{"a":0,"b":1,"ab":2,"<|startoftext|>":3,"<|endoftext|>":4}', merges: '#version\na b' }

test('what fills a text up is the token that files name, else the one that the caller knows of', () => {
  const padOf = (files: TokenizerFiles, pad?: string) =>
    (makeTokenizer(files, 'clip', pad).tokenizerConfig as { pad_token: string }).pad_token
  assert.equal(padOf(clip), '<|endoftext|>')
  assert.equal(padOf(clip, 'a'), 'a')
  assert.equal(padOf({ ...clip, specialTokens: '{"pad_token":{"content":"b"}}' }, 'a'), 'b')
  assert.equal(padOf({ ...clip, tokenizerConfig: '{"pad_token":"b"}' }, 'a'), 'b')
})

test('words that a sentencepiece vocabulary does not know are told', async () => {
  const { family, length, ...one } = caseNamed('t5, tokenizer.json')
  const tokenizer = await load(makeTokenizer(filesOf({ family, length, ...one }), family), length)
  assert.deepEqual(tokenizer.check('a red 🐈 on a 椅子').unknownWords, ['🐈', '椅子'])
})

const refused = (files: TokenizerFiles, family: TokenizerFamily, message: RegExp) => {
  assert.throws(
    () => makeTokenizer(files, family),
    (error) => error instanceof StudioError && error.code === 'pack_invalid' && message.test(error.message),
  )
}

test('what editors on Windows do to text files changes nothing', () => {
  const files = { ...clip, tokenizerConfig: '{"pad_token": "<|endoftext|>"}' }
  const onWindows = Object.entries(files).map(([name, text]) => [
    name,
    new TextEncoder().encode(`\ufeff${text.replaceAll('\n', '\r\n')}`),
  ])
  assert.deepEqual(
    makeTokenizer(Object.fromEntries(onWindows) as TokenizerFiles, 'clip'),
    makeTokenizer(files, 'clip'),
  )
})

test('a tokenizer.json gives its vocabulary and nothing that could run', () => {
  const one = caseNamed('clip, tokenizer.json')
  const files = { tokenizerJson: golden.contents[one.files['tokenizer.json'] ?? NaN] ?? '' }
  const definition = JSON.parse(files.tokenizerJson) as Record<string, unknown>
  const evil = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false }
  const hostile = JSON.stringify({ ...definition, pre_tokenizer: evil, normalizer: evil, decoder: evil })
  const made = makeTokenizer({ tokenizerJson: hostile }, 'clip')
  assert.deepEqual(made, makeTokenizer(files, 'clip'))
  assert.ok(!JSON.stringify(made).includes('(a+)+'))
})

test('a pack whose tokenizer has a pattern of its own is refused at the door', async () => {
  const made = makeTokenizer(clip, 'clip') as {
    tokenizerJson: Record<string, unknown>
    tokenizerConfig: object
  }
  const evil = { type: 'Replace', pattern: { Regex: '(a+)+$' }, content: '' }
  for (const part of ['normalizer', 'pre_tokenizer', 'decoder']) {
    for (const value of [
      evil,
      { type: 'Sequence', normalizers: [evil], pretokenizers: [evil], decoders: [evil] },
    ]) {
      await assert.rejects(
        load({ ...made, tokenizerJson: { ...made.tokenizerJson, [part]: value } }, 8),
        (error) =>
          error instanceof StudioError && error.code === 'pack_invalid' && /\(a\+\)\+/.test(error.message),
      )
    }
  }
})

test('words with the names of what objects have are words', () => {
  const vocab = clip.vocab.replace('"a"', '"__proto__":5,"constructor":6,"a"')
  const { tokenizerJson } = makeTokenizer({ ...clip, vocab }, 'clip')
  const back = JSON.parse(JSON.stringify(tokenizerJson)) as { model: { vocab: Record<string, number> } }
  assert.deepEqual(Object.entries(back.model.vocab).slice(0, 2), [
    ['__proto__', 5],
    ['constructor', 6],
  ])
})

describe('what is no tokenizer of its family is refused with its reason:', () => {
  const unigram = (change: object) =>
    JSON.stringify({
      model: {
        type: 'Unigram',
        unk_id: 2,
        vocab: [...['<pad>', '</s>', '<unk>', '▁a'].map((p) => [p, 0])],
        ...change,
      },
    })
  const cases: readonly (readonly [string, TokenizerFiles, TokenizerFamily, RegExp])[] = [
    ['no files', {}, 'clip', /expected vocab.json with merges.txt, or tokenizer.json, found none/],
    ['no spiece.model', {}, 't5', /expected tokenizer.json or spiece.model, found none/],
    ['no JSON', { ...clip, vocab: '{' }, 'clip', /expected a JSON object in vocab.json/],
    [
      'an empty vocabulary',
      { ...clip, vocab: '{}' },
      'clip',
      /expected a vocabulary in vocab.json, found none/,
    ],
    ['an id that is none', { ...clip, vocab: '{"a":-1}' }, 'clip', /whole number as the id of "a", found -1/],
    ['an id beyond the cap', { ...clip, vocab: '{"a":1e9}' }, 'clip', /whole number as the id of "a"/],
    ['an id twice', { ...clip, vocab: '{"a":1,"b":1}' }, 'clip', /each id of vocab.json once, found 1 twice/],
    [
      'a long token',
      { ...clip, vocab: `{"${'a'.repeat(300)}":1}` },
      'clip',
      /at most 256 characters, found one of 300/,
    ],
    [
      'a merge of nothing',
      { ...clip, merges: '#version\na c' },
      'clip',
      /merge 1 to join two tokens.*found "a c"/,
    ],
    [
      'merges that are lost',
      {
        vocab: JSON.stringify(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a${i}`, i]))),
        merges: '',
      },
      'clip',
      /merges that make the 30 tokens of the vocabulary, found none for 30 of them, "a0" among these/,
    ],
    [
      'no end mark',
      { ...clip, vocab: '{"a":0,"b":1,"ab":2,"<|startoftext|>":3}' },
      'clip',
      /special token "<\|endoftext\|>"/,
    ],
    [
      'a bert for a clip',
      { tokenizerJson: '{"model":{"type":"WordPiece","vocab":{"a":1}}}' },
      'clip',
      /found the model "WordPiece"/,
    ],
    [
      'a clip for a bert',
      { tokenizerJson: '{"model":{"type":"BPE","vocab":{"a":1}}}' },
      'bert',
      /found the model "BPE"/,
    ],
    [
      'a gemma for a siglip',
      { tokenizerJson: '{"model":{"type":"BPE","vocab":{"a":1}}}' },
      'siglip',
      /found the model "BPE"/,
    ],
    [
      'a score that is none',
      { tokenizerJson: unigram({ vocab: [['a', null]] }) },
      't5',
      /piece with its score/,
    ],
    [
      'an unknown beyond',
      { tokenizerJson: unigram({ unk_id: 9 }) },
      't5',
      /id of the unknown piece.*found 9/,
    ],
    [
      'a spiece.model that is cut',
      { spiece: Uint8Array.of(0x0a, 0x7f, 1) },
      't5',
      /sentencepiece model in spiece.model/,
    ],
    [
      'a large file',
      { ...clip, merges: 'a'.repeat(50_000_001) },
      'clip',
      /at most 24 MB in merges.txt, found 51 MB/,
    ],
    [
      'too many entries',
      {
        ...clip,
        vocab: JSON.stringify(Object.fromEntries(Array.from({ length: 300_001 }, (_, i) => [`t${i}`, i]))),
      },
      'clip',
      /at most 300000 entries in vocab.json/,
    ],
    [
      'an added token with two ids',
      { ...clip, addedTokens: '{"<|endoftext|>":9}' },
      'clip',
      /"<\|endoftext\|>" with one id, found 4 and 9/,
    ],
    [
      'a character map that is none',
      {
        tokenizerJson: unigram({}).replace(
          '{',
          '{"normalizer":{"type":"Precompiled","precompiled_charsmap":"?"},',
        ),
      },
      't5',
      /character map in base64/,
    ],
  ]
  for (const [name, files, family, message] of cases) {
    test(name, () => {
      refused(files, family, message)
    })
  }
})
