/** Drags that begin on the wall: within the window they are the selection, outside of it pictures. */

import type { DragEvent } from 'react'

import { maxDragged } from '../../../shared/contract.ts'
import type { StudioBridge } from '../../../shared/contract.ts'
import type { PictureId } from '../../../shared/gallery.ts'

/** What a drag of tiles carries besides the picture itself. */
export const draggedType = 'application/x-goldpan-selection'

/** In the desktop the system drags copies of the files, and they come back over the window as any files would. */
let systemDrags = false

/**
 * In the desktop: has the system drag the files of pictures, of at most `maxDragged`. It ends with the next move of a
 * pointer that presses nothing.
 */
export async function dragOut(
  bridge: Pick<StudioBridge, 'pictures' | 'dragOut'>,
  pictures: readonly PictureId[],
): Promise<void> {
  systemDrags = true
  const onMove = ({ buttons }: PointerEvent) => {
    if (buttons !== 0) return
    systemDrags = false
    window.removeEventListener('pointermove', onMove)
  }
  window.addEventListener('pointermove', onMove)
  // Those that were scrolled out of sight are not known here.
  const found = await bridge.pictures({ pictures: pictures.slice(0, maxDragged) })
  await bridge.dragOut?.(found.map(({ imageSha256 }) => imageSha256))
}

/** Whether what is dragged over the window is its own selection. */
export function isOwnDrag({ dataTransfer }: DragEvent): boolean {
  return dataTransfer.types.includes(draggedType) || systemDrags
}
