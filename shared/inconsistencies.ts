/**
 * What no schema of single fields can say of a specification: parameters that do not go together. Each message names
 * what was expected and what was found.
 */

import { assertNever } from './assert-never.ts'
import { pathRounds, plannedBeforeFirstImage, plannedNfe } from './plan.ts'
import type { RunSpec } from './run-spec.ts'
import {
  algorithms,
  samplers,
  setVerifier,
  verifiers,
  type AlgorithmId,
  type VerifierId,
} from './vocabulary.ts'

/** Parameters that do not go together, each with the field at fault: what was expected, what was found. */
export function* inconsistencies(spec: RunSpec): Generator<readonly [field: string, message: string]> {
  const both = spec.heldOut.filter((id) => spec.guide.includes(id))
  if (both.length > 0) {
    yield [
      'heldOut',
      `expected verifiers that do not guide, found ${both.join(', ')}; leave them out of one list`,
    ]
  }
  const { label } = verifiers[setVerifier]
  if (spec.heldOut.includes(setVerifier)) {
    yield [
      'heldOut',
      `expected verifiers of single images, found ${setVerifier}; ${label} judges sets of images, leave it out`,
    ]
  }
  if (spec.guide.includes(setVerifier) && (spec.guide.length > 1 || spec.algorithm !== 'random_search')) {
    yield [
      'guide',
      `expected ${setVerifier} alone and with random_search, found ${spec.guide.join(', ')} with ${spec.algorithm}; ${label} judges a growing set of images, not one`,
    ]
  }
  yield* budgetsWithoutImage(spec)
  yield* inconsistenciesOfAlgorithm(spec)
}

/** Budgets that are spent before the first image: by drafts, unfinished samples and the final image to come. */
function* budgetsWithoutImage(spec: RunSpec): Generator<readonly [field: string, message: string]> {
  const { budget, finalSteps, sampler, guide } = spec
  // Without end, which another message says.
  if (spec.algorithm === 'search_over_paths' && pathRounds(spec) === 0) return
  const before = plannedBeforeFirstImage(spec)
  const needed = {
    nfe: before.nfe + (finalSteps === null ? 0 : plannedNfe(sampler, finalSteps)),
    verifierCalls: guide.length * (before.judged + (finalSteps === null ? 0 : 1)),
  }
  for (const currency of ['nfe', 'verifierCalls'] as const) {
    const bound = budget[currency]
    if (bound === null || needed[currency] === 0 || bound > needed[currency]) continue
    yield [
      `budget.${currency}`,
      `expected more than ${needed[currency]}, which ${takers(before.nfe > 0, finalSteps !== null)} before there is an image, found ${bound}; raise it, or search less`,
    ]
  }
}

function takers(unfinished: boolean, final: boolean): string {
  if (!unfinished) return 'the final image takes'
  return final ? 'drafts and the final image take' : 'drafts take'
}

/** Algorithms whose candidates share or change the way from noise to image, so that none can repeat it with more steps. */
const pathLike: readonly AlgorithmId[] = ['search_over_paths', 'fk_steering']

/** Compare an early look with the image, so they have nothing to say of a draft that is no further itself. */
const selfVerifiers: readonly VerifierId[] = ['clip_self', 'dino_self', 'siglip_self']

/** Algorithms that judge unfinished samples at high noise levels. */
const judgesDrafts: readonly AlgorithmId[] = ['draft_cull_resume', 'fk_steering']

function* inconsistenciesOfAlgorithm(spec: RunSpec): Generator<readonly [field: string, message: string]> {
  const { algorithm, sampler, steps } = spec
  const { label } = algorithms[algorithm]
  if (pathLike.includes(algorithm) && samplers[sampler].multistep) {
    yield [
      'sampler',
      `expected a sampler without history for ${label}, whose branches have none, found ${sampler}; choose ${algorithm === 'fk_steering' ? 'euler_ancestral' : 'euler'}`,
    ]
  }
  if (pathLike.includes(algorithm) && spec.finalSteps !== null) {
    yield [
      'finalSteps',
      `expected none for ${label}, whose winner is a path and not a starting noise; leave it out`,
    ]
  }
  const self = spec.guide.filter((id) => selfVerifiers.includes(id))
  if (judgesDrafts.includes(algorithm) && self.length > 0) {
    yield [
      'guide',
      `expected verifiers that can judge a draft for ${label}, found ${self.join(', ')}, which compare an early look with the finished image`,
    ]
  }
  if (spec.finalSteps !== null && samplers[sampler].stochastic) {
    yield [
      'finalSteps',
      `expected none with ${sampler}, whose own noise makes another picture of other step counts; leave it out, or choose a sampler without`,
    ]
  }
  switch (algorithm) {
    case 'random_search':
      return
    case 'zero_order_search':
      if (samplers[sampler].stochastic) {
        yield [
          'sampler',
          `expected a sampler without noise of its own for ${label}, found ${sampler}, which forgets the starting noise: neighbours would not be neighbours`,
        ]
      }
      return
    case 'search_over_paths':
      if (!(spec.backward > spec.forward)) {
        yield [
          'backward',
          `expected more than forward (${spec.forward}), found ${spec.backward}; the search would never reach the image`,
        ]
      }
      if (spec.startLevel + spec.forward >= 1) {
        yield [
          'forward',
          `expected less than ${(1 - spec.startLevel).toFixed(4)} (1 - startLevel), found ${spec.forward}; above 1 there is no noise level`,
        ]
      }
      if (sampler !== 'euler' && sampler !== 'ddim') {
        yield [
          'sampler',
          `expected euler or ddim for ${label}, which counts one evaluation a step of an ODE, found ${sampler}`,
        ]
      }
      if (spec.schedule !== 'linear') {
        yield [
          'schedule',
          `expected linear for ${label}, whose steps are evenly spaced between its levels, found ${spec.schedule}`,
        ]
      }
      return
    case 'first_order_search':
      if (sampler !== 'euler') {
        yield [
          'sampler',
          `expected euler for ${label}, whose gradient goes back through Euler steps, found ${sampler}`,
        ]
      }
      if (spec.guide.length > 1) {
        yield [
          'guide',
          `expected one verifier for ${label}, because ranks have no gradient, found ${spec.guide.join(', ')}`,
        ]
      }
      return
    case 'draft_cull_resume':
      if (spec.draftSteps >= steps) {
        yield [
          'draftSteps',
          `expected fewer than steps (${steps}), found ${spec.draftSteps}; a draft is a part of the way`,
        ]
      }
      if (spec.survivors > spec.candidates) {
        yield [
          'survivors',
          `expected at most as many as candidates (${spec.candidates}), found ${spec.survivors}`,
        ]
      }
      return
    case 'fk_steering':
      if (!samplers[sampler].stochastic) {
        yield [
          'sampler',
          `expected a stochastic sampler for ${label}, because copies of a particle would stay copies, found ${sampler}; choose euler_ancestral`,
        ]
      }
      if (spec.guide.length > 1) {
        yield [
          'guide',
          `expected one verifier for ${label}, which weighs particles by a score, found ${spec.guide.join(', ')}`,
        ]
      }
      if (spec.particles < 2)
        yield [
          'particles',
          `expected at least 2, found ${spec.particles}; one particle has nobody to give way to`,
        ]
      return
    default:
      assertNever(spec, 'algorithm')
  }
}
