/**
 * Details of pictures, asked for what is visible and no more: a store outside React. Questions that come together go
 * out as one; answers of long ago are forgotten, so that a wall of any size takes the same memory.
 */

import { maxDetails } from '../../shared/gallery.ts'
import type { GalleryApi, Picture, PictureId } from '../../shared/gallery.ts'

export type PictureStore = {
  /** Counts the changes; the same number means the same answers. */
  version(): number
  /** Null until it has come, and for a picture that does not exist. */
  read(id: PictureId): Picture | null
  /** Has these pictures asked for and kept up to date until the returned function is called. */
  show(ids: readonly PictureId[], listener: () => void): () => void
  /** Something about pictures has changed: asks again for those that are shown, forgets the others. */
  refresh(): void
}

/** Pictures that are kept though nobody shows them. */
const kept = 3000

/** Scrolling names new pictures many times a second. */
const gatherMs = 12

export function createPictureStore(ask: GalleryApi['pictures']): PictureStore {
  /** By age of the answer, the oldest first. */
  const known = new Map<PictureId, Picture>()
  const shown = new Map<object, { readonly ids: readonly PictureId[]; readonly listener: () => void }>()
  const wanted = new Set<PictureId>()
  const asked = new Set<PictureId>()
  let gathering: ReturnType<typeof setTimeout> | null = null
  let version = 0
  /** Answers to questions from before a change are old already. */
  let era = 0

  const want = (ids: readonly PictureId[], alsoKnown: boolean) => {
    for (const id of ids) if (alsoKnown || (!known.has(id) && !asked.has(id))) wanted.add(id)
    if (wanted.size > 0) gathering ??= setTimeout(send, gatherMs)
  }

  const send = () => {
    gathering = null
    const ids = [...wanted]
    wanted.clear()
    for (let from = 0; from < ids.length; from += maxDetails)
      void fetchSome(ids.slice(from, from + maxDetails))
  }

  const fetchSome = async (ids: readonly PictureId[]): Promise<void> => {
    const mine = era
    for (const id of ids) asked.add(id)
    try {
      const found = await ask({ pictures: ids })
      if (mine === era) take(found)
    } catch {
      // The connection is gone: when it is back, everything that is shown is asked for again.
    } finally {
      if (mine === era) for (const id of ids) asked.delete(id)
    }
  }

  const take = (pictures: readonly Picture[]) => {
    for (const picture of pictures) {
      known.delete(picture.id)
      known.set(picture.id, picture)
    }
    dropOld()
    version++
    for (const { listener } of shown.values()) listener()
  }

  const dropOld = () => {
    if (known.size <= 2 * kept) return
    const visible = new Set([...shown.values()].flatMap(({ ids }) => ids))
    for (const id of known.keys()) {
      if (known.size <= kept) return
      if (!visible.has(id)) known.delete(id)
    }
  }

  return {
    version: () => version,
    read: (id) => known.get(id) ?? null,
    show(ids, listener) {
      const key = {}
      shown.set(key, { ids, listener })
      want(ids, false)
      return () => shown.delete(key)
    },
    refresh() {
      era++
      asked.clear()
      const visible = new Set([...shown.values()].flatMap(({ ids }) => ids))
      for (const id of known.keys()) if (!visible.has(id)) known.delete(id)
      want([...visible], true)
    },
  }
}
