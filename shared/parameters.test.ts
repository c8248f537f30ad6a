import assert from 'node:assert/strict'
import test from 'node:test'

import { parameters, parametersOf } from './parameters.ts'
import { runSpecSchema } from './run-spec.ts'
import { algorithms, idsOf, samplers } from './vocabulary.ts'

const common = {
  prompt: 'two red stars in night',
  pack: 'scenes',
  guide: ['clip_score'],
  heldOut: [],
  schedule: 'linear',
  steps: 20,
  guidance: 3,
  baselines: [],
  seed: '7',
}

/** The specification by an algorithm with some of its parameters, and whichever sampler it takes first. */
function specWith(algorithm: string, values: Readonly<Record<string, unknown>>) {
  const tried = idsOf(samplers).map((sampler) =>
    runSpecSchema.safeParse({ ...common, algorithm, sampler, ...values }),
  )
  return tried.find((result) => result.success) ?? tried[0]
}

test('what is listed for an algorithm makes a specification, all of it and nothing else', () => {
  for (const algorithm of idsOf(algorithms)) {
    const listed: readonly (keyof typeof parameters)[] = parametersOf[algorithm]
    const usual = Object.fromEntries(listed.map((id) => [id, parameters[id].usual]))
    const checked = specWith(algorithm, usual)
    assert.ok(checked?.success, `${algorithm}: ${JSON.stringify(checked)}`)
    for (const id of listed) {
      assert.equal((checked.data as Record<string, unknown>)[id], parameters[id].usual, `${algorithm}.${id}`)
      // Left out it is either asked for or has the same value: a form and a command line begin alike.
      const { [id]: left, ...others } = usual
      const without = specWith(algorithm, others)
      if (without?.success)
        assert.equal((without.data as Record<string, unknown>)[id], left, `${algorithm}.${id}`)
      else assert.match(without?.error.message ?? '', new RegExp(`${id}: `))
    }
    assert.equal(specWith(algorithm, { ...usual, foreign: 1 })?.success, false)
  }
})
