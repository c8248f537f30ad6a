import type { PictureId } from '../../../shared/gallery.ts'

/** The picture that an element stands for: the nearest `data-picture` around it. */
export function pictureAt(target: EventTarget | null): PictureId | null {
  const element =
    target instanceof Element ? target.closest<SVGElement | HTMLElement>('[data-picture]') : null
  return element?.dataset['picture'] === undefined ? null : Number(element.dataset['picture'])
}
