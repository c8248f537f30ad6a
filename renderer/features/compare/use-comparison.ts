import { useState } from 'react'
import type { KeyboardEvent } from 'react'

import { useZoom } from '../../components/use-zoom.ts'
import type { Zoom } from '../../components/use-zoom.ts'

/** The ways in which two pictures can be looked at, and their keys. */
export const ways = {
  slider: { label: 'Slider', key: 's' },
  beside: { label: 'Side by side', key: 'j' },
  difference: { label: 'Difference', key: 'i' },
  hover: { label: 'Hover', key: 'h' },
} as const

export type Way = keyof typeof ways

const wayOfKey = new Map(Object.entries(ways).map(([way, { key }]) => [key as string, way as Way]))

/** How two pictures are compared at the moment. */
export type Comparison = {
  readonly way: Way
  readonly setWay: (way: Way) => void
  /** Whether A and B have changed sides. */
  readonly swapped: boolean
  readonly swap: () => void
  /** Of the two that lie over each other, whether B is on top. */
  readonly flipped: boolean
  readonly zoom: Zoom
  /** The pane that the keys act on. */
  readonly pane: string
  readonly setPane: (pane: string) => void
  /** Takes the keys that it knows. */
  readonly onKey: (event: KeyboardEvent) => void
}

export function useComparison(first: Way): Comparison {
  const [way, setWay] = useState(first)
  const [swapped, setSwapped] = useState(false)
  const [flipped, setFlipped] = useState(false)
  const [besidePane, setPane] = useState('a')
  const zoom = useZoom()
  const pane = way === 'beside' ? besidePane : laidOver
  const swap = () => setSwapped(!swapped)
  return {
    way,
    setWay,
    swapped,
    swap,
    flipped,
    zoom,
    pane,
    setPane,
    onKey(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const key = event.key.toLowerCase()
      const wanted = wayOfKey.get(key)
      if (wanted === 'hover' && way === 'hover') setFlipped(!flipped)
      else if (wanted !== undefined) setWay(wanted)
      else if (key === 'o') swap()
      else return zoom.onKey(event, pane)
      event.preventDefault()
    },
  }
}

/** The name of the one pane that two pictures share when they lie over each other. */
export const laidOver = 'over'
