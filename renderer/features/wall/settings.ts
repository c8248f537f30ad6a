import { useState } from 'react'

import type { WallFilter, WallOrder } from '../../../shared/gallery.ts'

/** How the wall is looked at; kept for reloads of this tab. */
export type WallSettings = {
  readonly filter: WallFilter
  readonly order: WallOrder
  /** Wished width of a tile in CSS pixels. */
  readonly tile: number
  /** Whether a mark leads on to the next picture. */
  readonly advance: boolean
  /** In the loupe: what is known of the picture, and its neighbours. */
  readonly facts: boolean
  readonly filmstrip: boolean
}

export const leastTile = 84
export const mostTile = 340

const initial: WallSettings = {
  filter: {},
  order: { by: 'made', descending: true },
  tile: 144,
  advance: false,
  facts: true,
  filmstrip: true,
}

/** Changes with every form that older settings would not fit. */
const storageKey = 'goldpan-wall-1'

export function useWallSettings(): readonly [WallSettings, (change: Partial<WallSettings>) => void] {
  const [settings, set] = useState(read)
  const change = (some: Partial<WallSettings>) => {
    set((now) => {
      const next = { ...now, ...some }
      window.sessionStorage.setItem(storageKey, JSON.stringify(next))
      return next
    })
  }
  return [settings, change]
}

function read(): WallSettings {
  const stored = window.sessionStorage.getItem(storageKey)
  return stored === null ? initial : { ...initial, ...(JSON.parse(stored) as Partial<WallSettings>) }
}
