import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

import { StudioError } from '../../shared/errors.ts'
import { parseRunSpec } from '../../shared/run-spec.ts'
import { createEngineClient } from '../engine/engine-client.ts'
import { forkEngine, type EnginePort } from '../engine/engine-port.ts'
import type { RequestMessage } from '../engine/protocol.ts'
import { PackFolders } from '../packs/read-packs.ts'
import { lasting } from './runs/testing/closed-form-run.ts'
import { openStudio } from './studio.ts'

const fixtures = join(import.meta.dirname, '../engine/fixtures/packs')
const models = join(import.meta.dirname, '../../models/packs')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-memory-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

const spec = parseRunSpec({
  ...{ prompt: 'two red stars in night', pack: 'tiny', guide: ['clip_score'], heldOut: [] },
  ...{ algorithm: 'random_search', candidates: 5, sampler: 'euler', schedule: 'linear', steps: 4 },
  ...{ guidance: 2, baselines: [2, 6], seed: '7' },
})

/** A real engine whose answer to more than one sample at once is that memory is short: a fault that no tiny pack has. */
function shortOfMemory(ports: EnginePort[]): (entry: string) => EnginePort {
  return (entry) => {
    const port = forkEngine(entry)
    let tell: (message: unknown) => void = () => undefined
    const short: EnginePort = {
      ...port,
      onMessage: (listener) => {
        tell = listener
        port.onMessage(listener)
      },
      post: (message) => {
        const { id, request } = message as RequestMessage
        const error = { code: 'out_of_memory', message: 'There is not enough memory.' }
        if (request.kind !== 'denoise' || request.sigmas.length === 1) port.post(message)
        else
          setImmediate(() => {
            tell({ id, ok: false, error })
          })
      },
    }
    ports.push(short)
    return short
  }
}

test('a run that is short of memory stops, says so, and goes on in smaller batches to the same images', async () => {
  const ports: EnginePort[] = []
  const options = { packFolders: [fixtures], host: 'cli' } as const
  const calm = await openStudio({ ...options, libraryPath: join(folder, 'calm') })
  const studio = await openStudio({
    ...{ ...options, libraryPath: join(folder, 'short') },
    launchEngine: shortOfMemory(ports),
  })
  try {
    const { runId } = await studio.api.startRun(spec)
    await studio.whenEnded(runId)
    const { status } = await studio.api.run({ runId })
    assert.ok(status.kind === 'failed')
    assert.equal(status.error.code, 'out_of_memory')
    assert.match(status.error.message, /It went in batches of 4: go on in batches of 1 .*--batch-size 1/)
    // Nothing was tried again by itself, and the process that had too little is gone.
    assert.equal(ports.length, 1)
    assert.throws(() => process.kill(ports[0]?.pid ?? 0, 0), { code: 'ESRCH' })

    await assert.rejects(studio.api.resumeRun({ runId, batchSize: 9 }), {
      code: 'bad_input',
      message: /batchSize: expected a whole number from 1 to 8, found 9/,
    })
    await studio.api.resumeRun({ runId, batchSize: 1 })
    await studio.whenEnded(runId)
    assert.equal(ports.length, 2)
    const resumed = await studio.api.run({ runId })
    assert.deepEqual(resumed.status, { kind: 'done' })

    for (const batchSize of [1, 3, 8]) {
      const { runId: other } = await calm.api.startRun({ ...spec, batchSize })
      await calm.whenEnded(other)
      assert.equal(pixelsAside(lasting(await calm.api.run({ runId: other }))), pixelsAside(lasting(resumed)))
    }
  } finally {
    await studio.close()
    await calm.close()
  }
})

/** A file's hash is that of its seconds, too. */
function pixelsAside(run: string): string {
  return run.replaceAll(/"imageSha256":"[0-9a-f]{64}"/g, '')
}

test(
  'a model that asks for more than there is ends its process with a named error, and the next load starts another',
  { skip: process.platform === 'linux' ? false : 'NOT TESTED: only Linux holds a process to ulimit -d' },
  async () => {
    const limited = join(folder, 'limited.sh')
    writeFileSync(limited, `#!/bin/sh\nulimit -d 1000000\nexec '${process.execPath}' "$@"\n`)
    chmodSync(limited, 0o755)
    const ports: EnginePort[] = []
    const engine = createEngineClient({
      launch: (entry) => {
        const whole = process.execPath
        process.execPath = limited
        try {
          const port = forkEngine(entry)
          ports.push(port)
          return port
        } finally {
          process.execPath = whole
        }
      },
    })
    const pack = await new PackFolders([models]).openImagePack('scenes')
    const { channels, height, width } = pack.manifest.latents
    const decode = (batch: number) =>
      engine.decode({
        ...{ packId: 'scenes', latentSize: { height, width }, batch },
        latents: new Float32Array(batch * channels * height * width),
      })
    try {
      await engine.load([pack])
      await assert.rejects(decode(128), (error: unknown) => {
        assert.ok(error instanceof StudioError)
        assert.equal(error.code, 'out_of_memory', `${error.message}\n${error.detail ?? ''}`)
        assert.match(error.message, /not enough memory for .*; \d+ MB are free now/)
        return true
      })
      await engine.load([pack])
      assert.equal(ports.length, 2)
      assert.equal((await decode(2)).images.length, 2)
    } finally {
      await engine.stop()
    }
  },
)
