import { useCallback, useEffect, useState } from 'react'

export const views = {
  create: { label: 'Create', command: 'create' },
  gallery: { label: 'Gallery', command: 'gallery' },
  figure: { label: 'Figure', command: 'figure' },
  duel: { label: 'Duel', command: 'duel' },
  court: { label: 'Court', command: 'court' },
  models: { label: 'Models', command: 'models' },
  settings: { label: 'Settings', command: 'settings' },
} as const

export type ViewId = keyof typeof views

/** Where the window is: a view, and the run that was chosen in it; null for the newest. */
export type Place = { readonly view: ViewId; readonly run: number | null }

/** The place in the address, so that a reload shows it again: `#run=12`, `#gallery`. */
function placeInAddress(): Place {
  const { hash } = window.location
  const digits = /^#run=(\d{1,15})$/.exec(hash)?.[1]
  if (digits !== undefined) return { view: 'create', run: Number(digits) }
  const view = (Object.keys(views) as ViewId[]).find((id) => hash === `#${id}`)
  return { view: view ?? 'create', run: null }
}

/** The place of the window, kept in its address; the browser's back and forward walk through the views. */
export function usePlace(): readonly [Place, (change: Partial<Place>) => void] {
  const [place, setPlace] = useState(placeInAddress)
  useEffect(() => {
    const address =
      place.view !== 'create' ? `#${place.view}` : place.run === null ? '#' : `#run=${place.run}`
    if (address === (window.location.hash || '#')) return
    const { view } = placeInAddress()
    if (view === place.view) window.history.replaceState(null, '', address)
    else window.history.pushState(null, '', address)
  }, [place])
  useEffect(() => {
    const onMove = () => {
      const { view, run } = placeInAddress()
      setPlace((before) => ({ view, run: run ?? before.run }))
    }
    window.addEventListener('popstate', onMove)
    return () => window.removeEventListener('popstate', onMove)
  }, [])
  const go = useCallback((change: Partial<Place>) => setPlace((before) => ({ ...before, ...change })), [])
  return [place, go]
}
