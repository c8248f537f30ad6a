/**
 * The artist's own verifier, learned from blind votes: a linear utility of image features under the Bradley-Terry model,
 * which is logistic regression on the difference of the two pictures' features without an intercept. Pure.
 */

import type { HeldOutAccuracy } from '../../../shared/court.ts'
import type { PictureId, Vote } from '../../../shared/gallery.ts'
import { wilsonInterval } from '../../../shared/wilson.ts'
import { heldOutFolds, pairsOf, plainFolds } from './folds.ts'

/** Image features of the voted pictures by one pack; any length. */
export type FeatureSet = {
  readonly pack: string
  readonly vectors: ReadonlyMap<PictureId, Float32Array>
}

/** What was learned of all votes. */
export type Trained = {
  /** Place of the feature set that explains the votes best. */
  readonly set: number
  /** Over features of length 1, and what makes 0 the mean of the pictures. */
  readonly weights: readonly number[]
  readonly bias: number
  readonly own: HeldOutAccuracy
  readonly unseenPictures: boolean
}

type Duel = Pick<Vote, 'winner' | 'loser'>

/**
 * L2 penalties that are tried, where features are scaled to differences of mean square 1: from trusting few votes far to
 * hardly at all.
 */
const penalties = [1, 0.3, 0.1, 0.03]
/** Parts of the training votes by which penalty and features are chosen. */
const innerParts = 4

/**
 * Trains on all votes, and measures how often the same way of training prefers what the artist preferred in votes that
 * it has not seen (folds.ts). Penalty and feature set are chosen anew inside each training part, by the likelihood of
 * votes held out there: nothing of a held-out vote takes part in what is measured on it.
 *
 * @param votes in whose pictures all sets have features
 * @param pause lets others go on between two fits
 */
export async function trainOnVotes(
  votes: readonly Duel[],
  sets: readonly FeatureSet[],
  pause: () => Promise<void>,
): Promise<Trained> {
  const grams = sets.map((set) => gramOf(votes, set))
  const { folds, unseenPictures } = heldOutFolds(votes)
  let hits = 0
  for (const { train, test } of folds) {
    const choice = await choose(grams, train, pause)
    const gram = grams[choice.set] ?? none
    const duals = fitDuals(gram, train, choice.penalty)
    for (const vote of test) {
      const margin = marginOf(gram, vote, train, duals)
      hits += margin > 0 ? 1 : margin < 0 ? 0 : 0.5
    }
  }
  const all = votes.map((_, i) => i)
  const choice = await choose(grams, all, pause)
  const duals = fitDuals(grams[choice.set] ?? none, all, choice.penalty)
  const { weights, bias } = weightsOf(votes, sets[choice.set], grams[choice.set] ?? none, duals)
  const accuracy = hits / votes.length
  // As sure as so many pairs make it: thirty votes on one pair are one answer.
  const pairs = pairsOf(votes).length
  const own: HeldOutAccuracy = {
    verifier: 'you',
    accuracy,
    ...wilsonInterval(accuracy * pairs, pairs),
    votes: votes.length,
  }
  return { set: choice.set, weights, bias, own, unseenPictures }
}

/** Inner products of the votes' feature differences, [votes, votes], scaled to a mean square of 1. */
type Gram = { readonly size: number; readonly scale: number; readonly products: Float64Array }

const none: Gram = { size: 0, scale: 1, products: new Float64Array() }

function gramOf(votes: readonly Duel[], { vectors }: FeatureSet): Gram {
  const differences = votes.map((vote) => differenceOf(vote, vectors))
  const size = votes.length
  const products = new Float64Array(size * size)
  differences.forEach((a, i) => {
    for (let j = 0; j <= i; j++) {
      const b = differences[j] ?? a
      let product = 0
      for (let k = 0; k < a.length; k++) product += (a[k] ?? 0) * (b[k] ?? 0)
      products[i * size + j] = products[j * size + i] = product
    }
  })
  let square = 0
  for (let i = 0; i < size; i++) square += (products[i * size + i] ?? 0) / size
  // Pictures that all look the same to a tower: any scale will do.
  const scale = square > 0 ? 1 / square : 1
  return { size, scale, products: products.map((product) => product * scale) }
}

/** The difference of the features of winner and loser, each brought to length 1. */
function differenceOf({ winner, loser }: Duel, vectors: FeatureSet['vectors']): Float64Array {
  const [a, b] = [unitOf(vectors.get(winner)), unitOf(vectors.get(loser))]
  return a.map((value, k) => value - (b[k] ?? 0))
}

function unitOf(vector: Float32Array = new Float32Array()): Float64Array {
  // One without a direction, which a tower may make of a black picture, stays what it is.
  const length = Math.hypot(...vector) || 1
  return Float64Array.from(vector, (value) => value / length)
}

/** The feature set and the penalty under which votes that were left out of a fit are most likely. */
async function choose(
  grams: readonly Gram[],
  train: readonly number[],
  pause: () => Promise<void>,
): Promise<{ readonly set: number; readonly penalty: number }> {
  let best = { set: 0, penalty: penalties[0] ?? 1 }
  let most = -Infinity
  const folds = plainFolds(train, innerParts)
  for (const [set, gram] of grams.entries()) {
    for (const penalty of penalties) {
      await pause()
      let likelihood = 0
      for (const fold of folds) {
        const duals = fitDuals(gram, fold.train, penalty)
        for (const vote of fold.test) {
          likelihood -= Math.log1p(Math.exp(-marginOf(gram, vote, fold.train, duals)))
        }
      }
      if (likelihood > most) {
        most = likelihood
        best = { set, penalty }
      }
    }
  }
  return best
}

const newtonSteps = 12
const conjugateSteps = 60

/**
 * The most probable utility, as numbers a of the training votes: weights = sum of a_i difference_i. Minimises the sum of
 * log(1 + exp(-margin_i)) plus penalty / 2 |weights|^2 by Newton's method (iteratively reweighted least squares); each
 * step solves (S K S + penalty) u = S K a + residual / S with K the Gram matrix and S^2 the variances of the votes, by
 * conjugate gradients. So votes and not features make the cost, of which there are often more.
 */
function fitDuals({ size, products }: Gram, train: readonly number[], penalty: number): Float64Array {
  const n = train.length
  const kernel = new Float64Array(n * n)
  train.forEach((row, i) => {
    train.forEach((column, j) => (kernel[i * n + j] = products[row * size + column] ?? 0))
  })
  const times = (vector: Float64Array): Float64Array => {
    const result = new Float64Array(n)
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < n; j++) sum += (kernel[i * n + j] ?? 0) * (vector[j] ?? 0)
      result[i] = sum
    }
    return result
  }
  let duals = new Float64Array(n)
  for (let step = 0; step < newtonSteps; step++) {
    const margins = times(duals)
    const wrong = margins.map((margin) => 1 / (1 + Math.exp(margin)))
    const root = wrong.map((p) => Math.sqrt(Math.max(p * (1 - p), 1e-12)))
    const scaled = (u: Float64Array): Float64Array => {
      const product = times(u.map((value, i) => value * (root[i] ?? 0)))
      return product.map((value, i) => value * (root[i] ?? 0) + penalty * (u[i] ?? 0))
    }
    const wanted = margins.map((margin, i) => (root[i] ?? 0) * margin + (wrong[i] ?? 0) / (root[i] ?? 1))
    const found = conjugateGradients(scaled, wanted)
    const next = found.map((value, i) => value * (root[i] ?? 0))
    const moved = next.reduce((most, value, i) => Math.max(most, Math.abs(value - (duals[i] ?? 0))), 0)
    duals = next
    if (moved < 1e-5) break
  }
  return duals
}

/** Solves `times(x) = wanted` for a symmetric positive definite `times`. */
function conjugateGradients(
  times: (x: Float64Array) => Float64Array,
  wanted: Float64Array,
): Float64Array<ArrayBuffer> {
  const x = new Float64Array(wanted.length)
  const residual = Float64Array.from(wanted)
  let direction = Float64Array.from(residual)
  let square = dot(residual, residual)
  const enough = 1e-12 * square
  for (let step = 0; step < conjugateSteps && square > enough; step++) {
    const image = times(direction)
    const length = square / dot(direction, image)
    for (let i = 0; i < x.length; i++) {
      x[i] = (x[i] ?? 0) + length * (direction[i] ?? 0)
      residual[i] = (residual[i] ?? 0) - length * (image[i] ?? 0)
    }
    const after = dot(residual, residual)
    const previous = direction
    const ratio = after / square
    direction = residual.map((value, i) => value + ratio * (previous[i] ?? 0))
    square = after
  }
  return x
}

/** By how much the utility prefers the winner of a vote, in logits. */
function marginOf(
  { size, products }: Gram,
  vote: number,
  train: readonly number[],
  duals: Float64Array,
): number {
  return train.reduce((sum, other, i) => sum + (products[vote * size + other] ?? 0) * (duals[i] ?? 0), 0)
}

function weightsOf(
  votes: readonly Duel[],
  set: FeatureSet | undefined,
  { scale }: Gram,
  duals: Float64Array,
): { readonly weights: readonly number[]; readonly bias: number } {
  const vectors = set?.vectors ?? new Map<PictureId, Float32Array>()
  const weights = new Float64Array(unitOf([...vectors.values()][0]).length)
  votes.forEach((vote, i) => {
    differenceOf(vote, vectors).forEach(
      (value, k) => (weights[k] = (weights[k] ?? 0) + (duals[i] ?? 0) * scale * value),
    )
  })
  const pictures = [...new Set(votes.flatMap(({ winner, loser }) => [winner, loser]))]
  const mean = pictures.reduce((sum, id) => sum + dot(weights, unitOf(vectors.get(id))), 0) / pictures.length
  return { weights: [...weights], bias: -mean }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}
