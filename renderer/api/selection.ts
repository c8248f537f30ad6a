/** Which pictures are selected and which one the keys act on: one selection for the whole window, outside React. */

import type { PictureId } from '../../shared/gallery.ts'

/** Some pictures under one name: what duels, the court and the export are opened with. */
export type Pool = { readonly name: string; readonly pictures: readonly PictureId[] }

export type Selection = {
  readonly selected: ReadonlySet<PictureId>
  /** The one in front: what the loupe shows, where a range begins anew. Always among the selected; null for none. */
  readonly active: PictureId | null
}

export type SelectionStore = {
  snapshot(): Selection
  subscribe(listener: () => void): () => void
  /** Selects one picture alone. */
  choose(id: PictureId): void
  /** Adds a picture, or takes it out. */
  toggle(id: PictureId): void
  /** Selects everything from where the last range began to `id`, in the order of what is shown. */
  extend(id: PictureId, order: readonly PictureId[]): void
  /** Selects these; the first of them is in front unless told otherwise. */
  replace(ids: readonly PictureId[], active?: PictureId): void
  clear(): void
}

const nothing: Selection = { selected: new Set(), active: null }

export function createSelection(): SelectionStore {
  let state = nothing
  /** Where ranges begin. */
  let anchor: PictureId | null = null
  const listeners = new Set<() => void>()
  const publish = (next: Selection) => {
    state = next
    for (const listener of listeners) listener()
  }
  return {
    snapshot: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    choose(id) {
      anchor = id
      publish({ selected: new Set([id]), active: id })
    },
    toggle(id) {
      anchor = id
      const selected = new Set(state.selected)
      if (!selected.delete(id)) selected.add(id)
      const active = selected.has(id) ? id : ([...selected].at(-1) ?? null)
      publish({ selected, active })
    },
    extend(id, order) {
      const [from, to] = [order.indexOf(anchor ?? id), order.indexOf(id)]
      if (from < 0 || to < 0) {
        anchor = id
        return publish({ selected: new Set([id]), active: id })
      }
      publish({ selected: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), active: id })
    },
    replace(ids, active = ids[0]) {
      anchor = active ?? null
      publish({ selected: new Set(ids), active: active ?? null })
    },
    clear() {
      anchor = null
      publish(nothing)
    },
  }
}
