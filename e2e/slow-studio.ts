/**
 * A studio as a busy machine has it: what windows ask is done late, answered later, and not in the order in which it was
 * asked. For finding keys and clicks that count on an answer which is not there yet.
 */

import { setTimeout as sleep } from 'node:timers/promises'

import type { Page } from '@playwright/test'

import type { Studio } from '../electron/core/studio.ts'
import type { StudioApi } from '../shared/contract.ts'

/** Delays from 0 to `mostMs` milliseconds; the same seed gives the same ones. */
export type Slowness = { readonly mostMs: number; readonly seed: number }

/**
 * What `GOLDPAN_SLOW` says: `400`, or `400,7` with a seed; null where it is not set.
 *
 * @throws Error for anything else
 */
export function slownessOf(said: string | undefined): Slowness | null {
  if (said === undefined || said === '') return null
  const [, mostMs, seed] = /^(\d{1,5})(?:,(\d{1,9}))?$/.exec(said) ?? []
  if (mostMs === undefined) {
    throw new Error(
      `GOLDPAN_SLOW: expected milliseconds, or milliseconds,seed such as 400,7; found ${said}. Correct it, or unset it.`,
    )
  }
  return { mostMs: Number(mostMs), seed: Number(seed ?? '1') }
}

/** The same studio, slow for those who ask through it. The one that is given stays as fast as it is. */
export function slowStudio(studio: Studio, slowness: Slowness): Studio {
  const delay = createDelays(slowness)
  // Both hosts hand calls over in the order in which a window made them; what they come back with is in any order.
  const untilBegun = inOrder(delay)
  const slowly = Object.entries(studio.api).map(([method, call]) => [
    method,
    async (argument: never) => {
      await untilBegun()
      try {
        return await (call as (argument: never) => Promise<unknown>)(argument)
      } finally {
        await sleep(delay())
      }
    },
  ])
  return {
    ...studio,
    api: Object.fromEntries(slowly) as StudioApi,
    onEvent(listener) {
      const untilTold = inOrder(delay)
      let open = true
      const unsubscribe = studio.onEvent((event) => {
        void untilTold().then(() => {
          if (open) listener(event)
        })
      })
      return () => {
        open = false
        unsubscribe()
      }
    },
  }
}

/** Has the pictures of a page come late as well. */
export async function slowPictures(page: Page, slowness: Slowness): Promise<void> {
  const delay = createDelays(slowness)
  await page.route('**/art/*', async (route) => {
    await sleep(delay())
    // A page that has gone meanwhile wants no picture.
    await route.fallback().catch(() => undefined)
  })
}

/** Each waits for its own delay and for all that came before it. */
function inOrder(delay: () => number): () => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  return async () => {
    last = Promise.all([last, sleep(delay())])
    await last
  }
}

/** Milliseconds; a quarter of them none at all, so that fast and slow answers overtake each other (mulberry32). */
function createDelays({ mostMs, seed }: Slowness): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    const unit = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    return mostMs * Math.max(0, (unit - 0.25) / 0.75)
  }
}
