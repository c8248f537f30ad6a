/** Works through a list of pieces, one engine process for each core, and says on the terminal how far it is. */

import { cpus } from 'node:os'
import { join } from 'node:path'

import type { Engine } from '../../electron/core/runs/adapters.ts'
import { createEngineClient } from '../../electron/engine/engine-client.ts'
import type { InstalledPack } from '../../electron/packs/manifest.ts'

/** An engine with the packs loaded, and what it runs on. */
export type Bench = { readonly engine: Engine; readonly place: string }

/** A piece of work: what it is called, and what it weighs beside the others (GFLOP). */
export type Piece = {
  readonly part: string
  readonly weight: number
  /** True when it was there already. */
  readonly isDone: () => Promise<boolean>
  readonly make: (bench: Bench) => Promise<unknown>
}

export type Lanes = {
  readonly packs: readonly InstalledPack[]
  readonly processes: number
  /** No piece is begun after so many minutes. */
  readonly minutes: number
  readonly say: (line: string) => void
}

const processor = `${cpus()[0]?.model ?? 'an unknown processor'} (${cpus().length} cores)`

/** Seconds between two lines of progress. */
const sayEvery = 15

/**
 * Resolves with whether all pieces are there. Rejects with the first error of a piece, once the others at work have
 * ended; what is finished stays in the store, and the next call goes on from there.
 */
export async function workThrough(
  pieces: readonly Piece[],
  { packs, processes, minutes, say }: Lanes,
): Promise<boolean> {
  const started = performance.now()
  const secondsIn = (): number => (performance.now() - started) / 1000
  const total = pieces.reduce((sum, { weight }) => sum + weight, 0)
  const counts = new Map<string, { done: number; of: number }>()
  for (const { part } of pieces) counts.set(part, { done: 0, of: (counts.get(part)?.of ?? 0) + 1 })

  const left: Piece[] = []
  let doneWeight = 0
  const tick = (piece: Piece): void => {
    doneWeight += piece.weight
    const count = counts.get(piece.part)
    if (count !== undefined) count.done += 1
  }
  for (const piece of pieces) {
    if (await piece.isDone()) tick(piece)
    else left.push(piece)
  }
  const atStart = doneWeight
  if (atStart > 0) say(`${pieces.length - left.length} of ${pieces.length} pieces were there already`)
  if (left.length === 0) return true

  let said = 0
  const progress = (part: string): void => {
    if (secondsIn() - said < sayEvery && left.length > 0) return
    said = secondsIn()
    const count = counts.get(part)
    const minutesLeft = ((total - doneWeight) / Math.max(doneWeight - atStart, 1e-9)) * (secondsIn() / 60)
    const share = Math.round((100 * doneWeight) / total)
    say(
      `${part}: ${count?.done ?? 0} of ${count?.of ?? 0} prompts; ${share} % in all, about ${minutesLeft.toFixed(0)} min left`,
    )
  }

  const failure: { error: unknown }[] = []
  const lane = async (): Promise<void> => {
    const engine = createEngineClient({ entry: join(import.meta.dirname, 'engine.ts') })
    try {
      const { device, runtime } = await engine.load(packs)
      const place = `${runtime} (${device}, ${processes} processes of one thread) on ${processor}`
      while (failure.length === 0 && secondsIn() < minutes * 60) {
        const piece = left.shift()
        if (piece === undefined) break
        await piece.make({ engine, place })
        tick(piece)
        progress(piece.part)
      }
    } catch (error) {
      failure.push({ error })
    } finally {
      await engine.stop()
    }
  }
  await Promise.all(Array.from({ length: Math.min(processes, left.length) }, lane))
  if (failure[0] !== undefined) throw failure[0].error
  return left.length === 0
}
