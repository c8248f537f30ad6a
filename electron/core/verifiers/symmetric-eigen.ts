/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan 2013, algorithm
 * 8.5.3): each rotation makes one pair of off-diagonal entries zero, and sweeps over all pairs converge quadratically.
 * Slower than tridiagonalisation for thousands of rows, as accurate as anything for the hundreds there are here.
 */

/** More than any matrix needs: seven sweeps are usual. */
const mostSweeps = 60

/**
 * @param matrix symmetric, [size, size] row by row, finite
 * @returns the eigenvalues, in no order, and as columns of `vectors` [size, size] the eigenvectors of norm 1
 */
export function symmetricEigen(
  matrix: Float64Array,
  size: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = Float64Array.from(matrix)
  const vectors = new Float64Array(size * size)
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1
  const at = (row: number, column: number): number => a[row * size + column] ?? NaN
  const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  for (let sweep = 0; sweep < mostSweeps; sweep++) {
    let rotated = false
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) {
        // What is this small beside the largest entry is the rounding of the matrix itself.
        if (Math.abs(at(p, q)) <= Number.EPSILON * scale) continue
        rotated = true
        const theta = (at(q, q) - at(p, p)) / (2 * at(p, q))
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let i = 0; i < size; i++) turn(a, i * size + p, i * size + q, c, s)
        for (let i = 0; i < size; i++) turn(a, p * size + i, q * size + i, c, s)
        for (let i = 0; i < size; i++) turn(vectors, i * size + p, i * size + q, c, s)
        // Zero in exact arithmetic: what rounding leaves there would be turned again in every sweep.
        a[p * size + q] = 0
        a[q * size + p] = 0
      }
    }
    if (!rotated) break
  }
  return { values: Float64Array.from({ length: size }, (_, i) => at(i, i)), vectors }
}

function turn(values: Float64Array, i: number, j: number, c: number, s: number): void {
  const x = values[i] ?? NaN
  const y = values[j] ?? NaN
  values[i] = c * x - s * y
  values[j] = s * x + c * y
}
