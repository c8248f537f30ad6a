import type { DesktopPort } from '../../shared/contract.ts'

declare global {
  interface Window {
    /** Put there by the desktop's preload; absent in a browser. `createDesktopBridge` makes the studio's bridge of it. */
    readonly studio?: DesktopPort
  }
}
