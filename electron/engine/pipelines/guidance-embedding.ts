/**
 * The guidance scale as latent consistency models are told it: sines and cosines of 1000 w at frequencies that fall
 * from 1 to 1/10000 (Luo et al. 2023, "Latent Consistency Models", section 4.3; diffusers,
 * `get_guidance_scale_embedding`). Their w counts from no guidance: scale - 1.
 *
 * Computed in float32 as there, because 1000 w is so large that its last bit shows in the sines.
 *
 * @param width of the embedding; an odd one ends with 0
 */
export function guidanceEmbedding(scale: number, width: number): Float32Array {
  const embedding = new Float32Array(width)
  const half = Math.floor(width / 2)
  const w = Math.fround(Math.fround(scale - 1) * 1000)
  const fall = Math.fround(Math.fround(Math.log(10_000)) / (half - 1))
  for (let i = 0; i < half; i++) {
    const angle = Math.fround(w * Math.fround(Math.exp(Math.fround(i * -fall))))
    embedding[i] = Math.sin(angle)
    embedding[half + i] = Math.cos(angle)
  }
  return embedding
}
