import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { openLibrary } from '../../library/open.ts'
import { pngOf, readChunks, textChunk } from '../../library/png-chunks.ts'
import { decodePng } from '../../library/png.ts'
import { addTo, pictureOf, specOf, temporaryFolder } from '../../library/testing/fixtures.ts'
import { openStudio, type Studio } from '../studio.ts'

const fixtures = fileURLToPath(new URL('../../engine/fixtures/packs', import.meta.url))
const folder = join(temporaryFolder(), 'library')
let studio: Studio
let imageSha256: string
before(async () => {
  const library = await openLibrary(folder)
  const runId = library.createRun(specOf(), [])
  ;({ imageSha256 } = await addTo(library, runId, 0))
  library.close()
  studio = await openStudio({ libraryPath: folder, packFolders: [fixtures], host: 'cli' })
})
after(() => studio.close())

const bytesOf = ({ png }: { readonly png: string }): Buffer => Buffer.from(png, 'base64')

test('a picture is given away as it is, or with nothing but its pixels', async () => {
  const file = readFileSync(studio.imageFile(imageSha256) ?? '')
  assert.deepEqual(bytesOf(await studio.api.exportImage({ imageSha256, metadata: 'all' })), file)
  const bare = bytesOf(await studio.api.exportImage({ imageSha256, metadata: 'none' }))
  assert.deepEqual(
    readChunks(bare).chunks.map(({ type }) => type),
    ['IHDR', 'IDAT', 'IEND'],
  )
  assert.deepEqual(decodePng(bare), pictureOf(1000))
})

test('a picture that is not there, altered, or asked for in another way is refused', async () => {
  const asked = (picture: object) =>
    studio.api.exportImage(picture as { imageSha256: string; metadata: 'all' })
  await assert.rejects(asked({ imageSha256: '0'.repeat(64), metadata: 'all' }), { code: 'not_found' })
  await assert.rejects(asked({ imageSha256: '../../catalogue.db', metadata: 'all' }), /64 hexadecimal digits/)
  await assert.rejects(asked({ imageSha256, metadata: 'some' }), /metadata: expected all or none/)
  const file = studio.imageFile(imageSha256) ?? ''
  const whole = readFileSync(file)
  writeFileSync(file, whole.subarray(1))
  try {
    await assert.rejects(asked({ imageSha256, metadata: 'none' }), { code: 'library_damaged' })
  } finally {
    writeFileSync(file, whole)
  }
})

test('settings are read of a picture in base64, and name a pack that is installed', async () => {
  const own = readFileSync(studio.imageFile(imageSha256) ?? '')
  const ours = await studio.api.readSettings({ png: own.toString('base64') })
  assert.deepEqual([ours.source, ours.settings], ['goldpan', specOf()])
  const [header, ...rest] = readChunks(own).chunks.filter(({ type }) => type !== 'tEXt')
  assert.ok(header !== undefined)
  const text = 'a star\nSteps: 4, Sampler: Euler, CFG scale: 2, Model: models\\tiny.safetensors'
  const foreign = Buffer.from(pngOf([header, textChunk('parameters', text), ...rest]))
  const theirs = await studio.api.readSettings({ png: foreign.toString('base64') })
  assert.deepEqual(theirs.settings, {
    ...{ prompt: 'a star', steps: 4, sampler: 'euler', schedule: 'linspace', guidance: 2, pack: 'tiny' },
  })
})

test('what is no picture, or more than the texts of one, is refused', async () => {
  const asked = (png: unknown) => studio.api.readSettings({ png } as { png: string })
  await assert.rejects(asked('%%% no base64 %%%'), /Expected a PNG file/)
  await assert.rejects(asked(7), { code: 'bad_input', message: /png/ })
  await assert.rejects(
    asked('A'.repeat(8e6)),
    /at most 5242880 bytes in base64, found more; leave its pixels out/,
  )
})
