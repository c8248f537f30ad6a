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
  /** The same for some pictures; resolves when their details are as new as this call, or cannot be had. */
  renew(ids: readonly PictureId[]): Promise<void>
}

/** Pictures that are kept though nobody shows them. */
const kept = 3000

/** Scrolling names new pictures many times a second. */
const gatherMs = 12

export function createPictureStore(ask: GalleryApi['pictures']): PictureStore {
  /** By age of the answer, the oldest first; each with the number of the question. */
  const known = new Map<PictureId, { readonly picture: Picture; readonly question: number }>()
  const shown = new Map<object, { readonly ids: readonly PictureId[]; readonly listener: () => void }>()
  const wanted = new Set<PictureId>()
  const asked = new Set<PictureId>()
  let gathering: ReturnType<typeof setTimeout> | null = null
  let version = 0
  let questions = 0
  /** Counts the changes that were told. */
  let era = 0

  const want = (ids: readonly PictureId[], alsoKnown: boolean) => {
    for (const id of ids) if (alsoKnown || (!known.has(id) && !asked.has(id))) wanted.add(id)
    if (wanted.size > 0) gathering ??= setTimeout(send, gatherMs)
  }

  const send = () => {
    gathering = null
    const ids = [...wanted]
    wanted.clear()
    void fetchAll(ids)
  }

  const fetchAll = async (ids: readonly PictureId[]): Promise<void> => {
    const parts: Promise<void>[] = []
    for (let from = 0; from < ids.length; from += maxDetails)
      parts.push(fetchSome(ids.slice(from, from + maxDetails)))
    await Promise.all(parts)
  }

  const fetchSome = async (ids: readonly PictureId[]): Promise<void> => {
    const mine = era
    const question = ++questions
    for (const id of ids) asked.add(id)
    try {
      const found = await ask({ pictures: ids })
      // From before a change: better than nothing for what is seen, which has been asked for again. While images are
      // made all the time there would be nothing else.
      const seen = mine === era ? null : visible()
      take(seen === null ? found : found.filter(({ id }) => seen.has(id)), question)
    } catch {
      // The connection is gone: when it is back, everything that is shown is asked for again.
    } finally {
      if (mine === era) for (const id of ids) asked.delete(id)
    }
  }

  const take = (pictures: readonly Picture[], question: number) => {
    for (const picture of pictures) {
      const before = known.get(picture.id)
      // Overtaken by the answer to a later question.
      if (before !== undefined && before.question > question) continue
      known.delete(picture.id)
      known.set(picture.id, { picture, question })
    }
    dropOld()
    version++
    for (const { listener } of shown.values()) listener()
  }

  const visible = () => new Set([...shown.values()].flatMap(({ ids }) => ids))

  const dropOld = () => {
    if (known.size <= 2 * kept) return
    const seen = visible()
    for (const id of known.keys()) {
      if (known.size <= kept) return
      if (!seen.has(id)) known.delete(id)
    }
  }

  return {
    version: () => version,
    read: (id) => known.get(id)?.picture ?? null,
    show(ids, listener) {
      const key = {}
      shown.set(key, { ids, listener })
      want(ids, false)
      return () => shown.delete(key)
    },
    refresh() {
      era++
      asked.clear()
      const seen = visible()
      for (const id of known.keys()) if (!seen.has(id)) known.delete(id)
      want([...seen], true)
    },
    async renew(ids) {
      const seen = visible()
      for (const id of ids) if (!seen.has(id)) known.delete(id)
      await fetchAll(ids.filter((id) => seen.has(id)))
    },
  }
}
