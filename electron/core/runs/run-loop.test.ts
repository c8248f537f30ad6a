import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import type { RunProgress } from '../../../shared/domain.ts'
import { StudioError, type ErrorCode } from '../../../shared/errors.ts'
import { meanRanks, bestByGuide } from '../../../shared/ranking.ts'
import { batchSizes } from '../../../shared/memory.ts'
import type { RunSpec } from '../../../shared/run-spec.ts'
import type { VerifierId } from '../../../shared/vocabulary.ts'
import { openLibrary } from '../../library/open.ts'
import type { Engine, Library } from './adapters.ts'
import type { SeatedPack } from './panel.ts'
import { ClosedFormEngine, type FaultScript } from './testing/closed-form-engine.ts'
import { everythingOf } from './jobs.ts'
import { packOf, seated, specWith, workRun, type Work } from './testing/closed-form-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-run-loop-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

let libraries = 0
const newLibrary = () => openLibrary(join(folder, `library-${libraries++}`))

/** Runs in a library of its own; returns everything there is to look at, and the error that ended the run, or null. */
async function runIn(
  engine: Engine,
  spec: RunSpec,
  options: { readonly library?: Library } & Pick<Work, 'verifierPacks' | 'onControl' | 'now'> = {},
) {
  const library = options.library ?? (await newLibrary())
  const runId = library.createRun(spec, [])
  const progress: RunProgress[] = []
  let told = 0
  const { error: outcome } = await workRun(runId, {
    ...options,
    ...{ engine, library },
    onProgress: (snapshot) => progress.push(snapshot),
    onCandidate: () => (told += 1),
  })
  const run = library.run(runId)
  const kept = everythingOf(run)
  for (const { imageSha256 } of kept) assert.ok(existsSync(library.imageFile(imageSha256) ?? ''), imageSha256)
  assert.equal(told, kept.length, 'one message for each image kept')
  library.close()
  return { run, outcome, progress }
}

function assertFailed(outcome: unknown, code: ErrorCode): void {
  assert.ok(outcome instanceof StudioError, String(outcome))
  assert.equal(outcome.code, code)
}

describe('a run', () => {
  test('makes every image of both arms, and its ledger is the formula', async () => {
    const { run, outcome } = await runIn(new ClosedFormEngine(), specWith())
    assert.equal(outcome, null)
    assert.deepEqual(
      run.baselines.map(({ seq, steps, nfe, forwardPasses }) => [seq, steps, nfe, forwardPasses]),
      [
        [0, 2, 2, 4],
        [1, 9, 9, 18],
      ],
    )
    assert.deepEqual(
      run.candidates.map(({ seq, nfe }) => [seq, nfe]),
      [0, 1, 2, 3, 4, 5].map((seq) => [seq, 4]),
    )
    assert.equal(run.ledger.nfe, 6 * 4)
    assert.equal(run.ledger.verifierCalls, 6)
    assert.ok(run.ledger.seconds > 0)
    assert.equal(run.device, 'cpu, closed form 1')
  })

  test('counts 2n - 1 evaluations with heun, and one forward pass each without guidance', async () => {
    const { run } = await runIn(new ClosedFormEngine(), specWith({ sampler: 'heun', guidance: 1 }))
    assert.deepEqual(new Set(run.candidates.map(({ nfe }) => nfe)), new Set([7]))
    assert.ok(run.candidates.every(({ nfe, forwardPasses }) => nfe === forwardPasses))
  })

  test('starts every baseline from the noise of candidate 0, and every candidate from its own', async () => {
    const { run } = await runIn(new ClosedFormEngine(), specWith())
    const [first] = run.candidates
    assert.ok(run.baselines.every(({ noiseSha256 }) => noiseSha256 === first?.noiseSha256))
    assert.equal(new Set(run.candidates.map(({ noiseSha256 }) => noiseSha256)).size, 6)
  })

  test('gives the same noises and the same files in another library', async () => {
    const hashes = async () => {
      const { run } = await runIn(new ClosedFormEngine(), specWith())
      return run.candidates.map(({ noiseSha256, imageSha256, scores }) => [noiseSha256, imageSha256, scores])
    }
    assert.deepEqual(await hashes(), await hashes())
  })

  test('a candidate with the steps of a baseline and its noise is the same picture', async () => {
    const { run } = await runIn(new ClosedFormEngine(), specWith({ baselines: [4] }))
    assert.deepEqual(run.baselines[0]?.scores, run.candidates[0]?.scores)
  })

  test('fills the batch, never beyond its slots, and wastes no evaluation', async () => {
    const engine = new ClosedFormEngine()
    await runIn(engine, specWith())
    assert.equal(Math.max(...engine.batches), batchSizes.usual)
    assert.equal(
      engine.batches.reduce((sum, size) => sum + size, 0),
      6 * 4 + 2 + 9,
    )
  })

  test('tells its views how far it is, with previews', async () => {
    // A clock that shows a tenth of a second more at each look: no report is left out.
    let clock = 0
    const { progress } = await runIn(new ClosedFormEngine(), specWith({ candidates: 12, baselines: [] }), {
      now: () => (clock += 100),
    })
    assert.equal(progress[0]?.phase, 'loading')
    const working = progress.filter(({ phase }) => phase === 'working')
    const last = working.at(-1)
    assert.ok(last !== undefined && last.nfe > 0 && last.nfe <= last.nfePlanned)
    assert.deepEqual([last.planned, last.nfePlanned], [12, 48])
    assert.ok((last.secondsLeft ?? -1) >= 0)
    assert.equal(Math.max(...working.map(({ previews }) => previews.length)), 2 * batchSizes.usual)
    assert.equal(Buffer.from(last.previews[0]?.rgb ?? '', 'base64').length, 4 * 4 * 3)
  })
})

describe('a run with several verifiers', () => {
  const looks = packOf('looks', ['aesthetic_score'])
  const reward = packOf('reward', ['image_reward'], { reward: { mean: 0.5, std: 0.25 } })

  test('scores every image of both arms with all of them, each pack evaluated once a batch', async () => {
    const engine = new ClosedFormEngine()
    const { run, outcome } = await runIn(
      engine,
      specWith({ guide: ['clip_score', 'aesthetic_score'], heldOut: ['image_reward'] }),
      { verifierPacks: [seated, looks, reward] },
    )
    assert.equal(outcome, null)
    for (const { scores } of [...run.baselines, ...run.candidates]) {
      assert.deepEqual(Object.keys(scores).sort(), ['aesthetic_score', 'clip_score', 'image_reward'])
    }
    assert.equal(engine.calls.embedImages, 2 * engine.calls.decode)
    assert.equal(engine.calls.scorePairs, engine.calls.decode)
    // Held-out verdicts are no cost of the search.
    assert.equal(run.ledger.verifierCalls, 6 * 2)
  })

  test('an ensemble that likes bright and dark picks by mean rank, and the best of the summary is its pick', async () => {
    const spec = specWith({ guide: ['clip_score', 'aesthetic_score', 'image_reward'] })
    const { run } = await runIn(new ClosedFormEngine(), spec, { verifierPacks: [seated, looks, reward] })
    const ranks = meanRanks(run.candidates, spec.guide)
    const lowest = Math.min(...ranks.values())
    assert.equal(ranks.get(run.best?.seq ?? -1), lowest)
    assert.equal(run.best?.score, null)
    // CLIP alone would take another, or the test would show nothing.
    assert.notEqual(bestByGuide(run.candidates, ['clip_score'])?.seq, run.best.seq)
  })

  test('verifiers of one pack share its evaluation', async () => {
    const engine = new ClosedFormEngine()
    const both: SeatedPack = { ...seated, verifiers: ['clip_score', 'aesthetic_score'] }
    const { run } = await runIn(engine, specWith({ heldOut: ['aesthetic_score'] }), { verifierPacks: [both] })
    assert.equal(engine.calls.embedImages, engine.calls.decode)
    assert.ok(run.candidates.every(({ scores }) => scores.aesthetic_score !== undefined))
  })

  test('self-similarity compares each image with its own look at the level nearest 0.4, in any batch', async () => {
    const self = packOf('self', ['dino_self'])
    const scoresAt = async (candidates: number, baselines: number[]) => {
      const { run, outcome } = await runIn(
        new ClosedFormEngine(),
        specWith({ guide: ['dino_self'], candidates, baselines, steps: 5 }),
        { verifierPacks: [self] },
      )
      assert.equal(outcome, null)
      return run.candidates.map(({ scores }) => scores.dino_self)
    }
    const [alone] = await scoresAt(1, [])
    const [among] = await scoresAt(6, [9])
    assert.equal(alone, among)
    assert.ok(alone !== undefined && alone > 0.9 && alone < 1, `${alone}`)
  })

  test('an early look that only a held-out verifier asks for costs the search no time', async () => {
    const secondsWith = async (guide: VerifierId[], heldOut: VerifierId[]) => {
      const engine = new ClosedFormEngine()
      const decode = engine.decode.bind(engine)
      engine.decode = async (request) => ({ ...(await decode(request)), seconds: request.batch })
      const self = packOf('self', ['dino_self'])
      const verifierPacks = [...guide, ...heldOut].includes('dino_self') ? [seated, self] : [seated]
      const { run } = await runIn(engine, specWith({ guide, heldOut }), { verifierPacks })
      return Math.round(run.ledger.seconds)
    }
    assert.equal(await secondsWith(['clip_score'], []), 6)
    assert.equal(await secondsWith(['clip_score'], ['dino_self']), 6)
    assert.equal(await secondsWith(['clip_score', 'dino_self'], []), 12)
  })

  test('a pack whose towers do not fit each other is told by name, and the images at hand are kept', async () => {
    const engine = new ClosedFormEngine()
    engine.embedText = () => Promise.resolve({ embedding: Float32Array.of(1, 0, 0), seconds: 0 })
    const { run, outcome } = await runIn(
      engine,
      specWith({ guide: ['aesthetic_score'], heldOut: ['clip_score'] }),
      { verifierPacks: [looks, seated] },
    )
    assertFailed(outcome, 'pack_invalid')
    assert.match(
      (outcome as Error).message,
      /Pack brightness: expected features of one length.*found 2 and 3/,
    )
    assert.ok(run.finished > 0)
    assert.ok(run.candidates.every(({ scores }) => 'aesthetic_score' in scores && !('clip_score' in scores)))
  })

  test('held out, a verifier that needs a class gives no score for a prompt without one', async () => {
    const classes = packOf('classes', ['dino_linear'], { classes: ['red star', 'blue ring'] })
    const { run, outcome } = await runIn(new ClosedFormEngine(), specWith({ heldOut: ['dino_linear'] }), {
      verifierPacks: [seated, classes],
    })
    assert.equal(outcome, null)
    assert.ok(run.candidates.every(({ scores }) => !('dino_linear' in scores) && 'clip_score' in scores))
  })

  test('one that fails leaves the scores of the others, and is told at the end', async () => {
    const engine = new ClosedFormEngine((kind) => {
      if (kind === 'scorePairs') throw new StudioError('engine_failed', 'The pair tower broke.')
    })
    const { run, outcome } = await runIn(engine, specWith({ heldOut: ['image_reward'] }), {
      verifierPacks: [seated, reward],
    })
    assertFailed(outcome, 'engine_failed')
    assert.equal(run.finished, 8)
    assert.ok(run.candidates.every(({ scores }) => 'clip_score' in scores && !('image_reward' in scores)))
  })
})

describe('with a scripted fake engine', () => {
  test('an engine that dies at its n-th call, for every n, ends the run by name; what was kept is whole', async () => {
    let finishedWithoutHit = false
    for (let at = 1; at < 200 && !finishedWithoutHit; at++) {
      let calls = 0
      const dies: FaultScript = () => {
        if (++calls === at) throw new StudioError('engine_died', 'The engine ended.')
      }
      const { run, outcome } = await runIn(new ClosedFormEngine(dies), specWith())
      finishedWithoutHit = outcome === null
      if (outcome !== null) assertFailed(outcome, 'engine_died')
      assert.ok(run.candidates.every(({ nfe, scores }) => nfe === 4 && scores.clip_score !== undefined))
      assert.equal(run.finished === 8, finishedWithoutHit)
    }
    assert.ok(finishedWithoutHit, 'the run finished once the fault lay behind its end')
  })

  test('a verifier that fails leaves images without a score, and the run goes on', async () => {
    const engine = new ClosedFormEngine((kind, call) => {
      if (kind === 'embedImages' && call === 1) throw new StudioError('engine_failed', 'The verifier broke.')
    })
    const { run, outcome } = await runIn(engine, specWith())
    assert.equal(outcome, null)
    assert.equal(run.finished, 8)
    const unscored = [...run.baselines, ...run.candidates].filter(
      ({ scores }) => scores.clip_score === undefined,
    )
    assert.ok(unscored.length > 0 && unscored.length < 8)
    assert.ok(run.best !== null && Number.isFinite(run.best.score))
  })

  test('a verifier that never gives a score ends the run by its error; every image is kept', async () => {
    const engine = new ClosedFormEngine((kind) => {
      if (kind === 'embedImages') throw new StudioError('engine_failed', 'The verifier broke.')
    })
    const { run, outcome } = await runIn(engine, specWith())
    assertFailed(outcome, 'engine_failed')
    assert.equal(run.finished, 8)
  })

  test('a verifier that does not fit the pictures ends the run at its first image, which is kept', async () => {
    const engine = new ClosedFormEngine((kind) => {
      if (kind === 'embedImages') throw new StudioError('bad_input', 'Expected 224 x 224, found 4 x 4.')
    })
    const { run, outcome } = await runIn(engine, specWith())
    assertFailed(outcome, 'bad_input')
    assert.ok(run.finished > 0 && run.finished < 8)
  })

  test('a feature that is not finite is no score, and never the winner', async () => {
    const engine = new ClosedFormEngine()
    const embed = engine.embedImages.bind(engine)
    engine.embedImages = async (request) => {
      const answer = await embed(request)
      const features = answer.features.map((one, i) =>
        i === 0 ? { ...one, embedding: Float32Array.of(NaN, 1) } : one,
      )
      return { ...answer, features }
    }
    const { run, outcome } = await runIn(engine, specWith())
    assert.equal(outcome, null)
    const winner = run.candidates.find(({ seq }) => seq === run.best?.seq)
    assert.ok(Number.isFinite(winner?.scores.clip_score))
  })

  test('a cancel is answered within the step at work; everything finished is kept', async () => {
    for (const at of [1, 3, 7]) {
      let cancel = (): void => undefined
      const engine = new ClosedFormEngine((kind, call) => {
        if (kind === 'denoise' && call === at) cancel()
      })
      const { run, outcome } = await runIn(engine, specWith(), {
        onControl: (control) => (cancel = () => control.cancel()),
      })
      assertFailed(outcome, 'cancelled')
      assert.equal(engine.calls.denoise, at)
      assert.ok(run.finished < 8)
    }
  })

  test('a library that takes no more ends the run with its error', async () => {
    const full = await newLibrary()
    const add = full.addCandidate.bind(full)
    let taken = 0
    full.addCandidate = (...candidate) => {
      if (++taken > 2) throw new StudioError('library_full', 'No space is left.')
      return add(...candidate)
    }
    const { run, outcome } = await runIn(new ClosedFormEngine(), specWith(), { library: full })
    assertFailed(outcome, 'library_full')
    assert.equal(run.finished, 2)
  })
})
