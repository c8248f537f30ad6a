/** Where the divider of the A/B slider stands, in whole per cent of the picture's width from the left. */

/** The place under the pointer. */
export function dividerAt(pointerX: number, left: number, width: number): number {
  return width <= 0 ? 50 : clamp(Math.round(((pointerX - left) / width) * 100))
}

/** The place after a key: 2 % a press of an arrow, 10 % with Shift or Page keys, Home and End to the edges. */
export function dividerAfterKey(divider: number, key: string, shift: boolean): number | null {
  const stride = shift ? 10 : 2
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return clamp(divider - stride)
    case 'ArrowRight':
    case 'ArrowUp':
      return clamp(divider + stride)
    case 'PageDown':
      return clamp(divider - 10)
    case 'PageUp':
      return clamp(divider + 10)
    case 'Home':
      return 0
    case 'End':
      return 100
    default:
      return null
  }
}

function clamp(value: number): number {
  return Math.min(100, Math.max(0, value))
}
