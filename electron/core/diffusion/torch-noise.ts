/**
 * The noise that PyTorch draws on the CPU, so that a seed of a diffusers, A1111 or ComfyUI run ("CPU" noise) gives the
 * same picture here: `torch.Generator("cpu").manual_seed(seed)`, then `torch.randn(shape, generator=...)` once a draw.
 *
 * A stochastic sampler of diffusers goes on drawing from that generator, and so does one of A1111 without an "eta noise
 * seed delta"; ComfyUI begins another generator for it, so that there only the starting noise is the same.
 *
 * Source: ATen, `CPUGeneratorImpl.cpp`, `native/cpu/DistributionTemplates.h` (`normal_fill`) and
 * `core/DistributionsHelper.h` (`normal_distribution`). Fewer than 16 numbers are equal to the last bit. For the others
 * torch has a logarithm and a cosine of its own for each kind of processor, which differ in the last bits; the distance
 * to torch on x86 with AVX2 is below 1e-6, where four in five numbers are equal.
 */

/** Numbers of a block; draws of fewer take another way through torch. */
const blockSize = 16
const twoPi = Math.fround(2 * Math.PI)

/**
 * The draws of one generator, all of the same length.
 *
 * @param seed of `manual_seed`: a whole number, 0 or above, of which the generator takes the low 32 bits
 * @param length float32 numbers of every draw
 * @returns draws by their number, 0 for the first: what torch gives after all before it. Going back starts anew.
 */
export function torchDraws(seed: bigint, length: number): (draw: number) => Float32Array {
  let generator = new TorchGenerator(seed)
  let next = 0
  let newest: Float32Array = new Float32Array(0)
  return (draw) => {
    if (draw < next - 1) {
      generator = new TorchGenerator(seed)
      next = 0
    }
    for (; next <= draw; next++) newest = generator.normals(length)
    return newest.slice()
  }
}

/** A torch CPU generator: the Mersenne Twister, and the second number of a pair that waits for the next small draw. */
class TorchGenerator {
  readonly #twister: MersenneTwister
  #waiting: number | null = null

  constructor(seed: bigint) {
    this.#twister = new MersenneTwister(Number(seed & 0xffffffffn))
  }

  /** `torch.randn(length)`. */
  normals(length: number): Float32Array {
    if (length < blockSize) return Float32Array.from({ length }, () => this.#normal())
    const noise = Float32Array.from({ length }, () => this.#uniform())
    for (let start = 0; start + blockSize <= length; start += blockSize) toNormals(noise, start)
    if (length % blockSize !== 0) {
      const last = length - blockSize
      for (let i = last; i < length; i++) noise[i] = this.#uniform()
      toNormals(noise, last)
    }
    return noise
  }

  /** Uniform in [0, 1) with the 24 bits of a float32. */
  #uniform(): number {
    return (this.#twister.next() & 0xffffff) * 2 ** -24
  }

  /** Uniform in [0, 1) with the 53 bits of a float64: the low ones of two words, the first of them high. */
  #preciseUniform(): number {
    const high = this.#twister.next() & 0x1fffff
    return (high * 2 ** 32 + this.#twister.next()) * 2 ** -53
  }

  /** One normal number by Box and Muller in float64; each pair serves two calls. */
  #normal(): number {
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) return waiting
    const angle = 2 * Math.PI * this.#preciseUniform()
    const radius = Math.sqrt(-2 * Math.log1p(-this.#preciseUniform()))
    this.#waiting = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** A block of uniform numbers to normal ones, in place: the first half gives radii, the second angles. */
function toNormals(noise: Float32Array, start: number): void {
  const half = blockSize / 2
  for (let i = start; i < start + half; i++) {
    // (0, 1] so that the logarithm is finite.
    const logarithm = Math.fround(Math.log(1 - (noise[i] ?? NaN)))
    const radius = Math.fround(Math.sqrt(Math.fround(-2 * logarithm)))
    const angle = Math.fround(twoPi * (noise[i + half] ?? NaN))
    noise[i] = radius * Math.fround(Math.cos(angle))
    noise[i + half] = radius * Math.fround(Math.sin(angle))
  }
}

/** Words of the state, and the distance of those that are mixed (Matsumoto and Nishimura 1998, table II: MT19937). */
const stateSize = 624
const mixed = 397

/** MT19937, seeded by `init_genrand` of the authors' code of 2002. */
class MersenneTwister {
  readonly #state = new Uint32Array(stateSize)
  #used = stateSize

  /** @param seed an unsigned 32-bit word */
  constructor(seed: number) {
    this.#state[0] = seed
    for (let i = 1; i < stateSize; i++) {
      const before = this.#state[i - 1] ?? 0
      this.#state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i
    }
  }

  /** The next unsigned 32-bit word. */
  next(): number {
    if (this.#used === stateSize) this.#twist()
    let word = this.#state[this.#used++] ?? 0
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    return (word ^ (word >>> 18)) >>> 0
  }

  #twist(): void {
    const state = this.#state
    for (let i = 0; i < stateSize; i++) {
      const joined = ((state[i] ?? 0) & 0x80000000) | ((state[(i + 1) % stateSize] ?? 0) & 0x7fffffff)
      const odd = (joined & 1) === 0 ? 0 : 0x9908b0df
      state[i] = (state[(i + mixed) % stateSize] ?? 0) ^ (joined >>> 1) ^ odd
    }
    this.#used = 0
  }
}
