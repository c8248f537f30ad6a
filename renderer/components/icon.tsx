/** The few icons of the studio, drawn by hand on a 16-unit grid with one stroke width. Decoration: always beside text or a label. */

const paths = {
  dice: 'M3.5 2.5h9a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM5.6 5.6h.01M10.4 5.6h.01M8 8h.01M5.6 10.4h.01M10.4 10.4h.01',
  copy: 'M6 5.5h6.5a1 1 0 0 1 1 1V13a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1zM3 10.5H2.5V3a1 1 0 0 1 1-1H10v.5',
  done: 'M3 8.5l3.2 3.2L13 4.8',
  locked:
    'M4 7.5h8a.5.5 0 0 1 .5.5v5a.5.5 0 0 1-.5.5H4a.5.5 0 0 1-.5-.5V8a.5.5 0 0 1 .5-.5zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5',
  unlocked:
    'M4 7.5h8a.5.5 0 0 1 .5.5v5a.5.5 0 0 1-.5.5H4a.5.5 0 0 1-.5-.5V8a.5.5 0 0 1 .5-.5zM5.5 7.5V4.6a2.5 2.5 0 0 1 4.8-1',
  close: 'M4 4l8 8M12 4l-8 8',
  swap: 'M2.5 5.5h10l-2.5-2.5M13.5 10.5h-10L6 13',
  compare: 'M2.5 3.5h11v9h-11zM8 1.5v13M10.5 6.5h1M10.5 9.5h1',
  warning: 'M8 2.5l6 10.5H2zM8 6.5v3M8 11.3h.01',
  missing: 'M2.5 3.5h11v9h-11zM4.5 11l2.5-3 2 2 1.2-1.2 1.8 2.2M2 14.5L14 1.5',
  stop: 'M4.5 4.5h7v7h-7z',
  pause: 'M5.5 4v8M10.5 4v8',
  resume: 'M5 3.5l7.5 4.5L5 12.5z',
  pin: 'M6 2.5h4l-.5 4.5 2.5 2.5H4L6.5 7zM8 9.5v4.5',
  veto: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM4.2 4.2l7.6 7.6',
  branch: 'M3 8h3.5M6.5 8L11 3.5h2M6.5 8h6.5M6.5 8l4.5 4.5h2',
  first: 'M2.5 5l2.5 2.5L8 3l3 4.5L13.5 5l-1 7.5h-9z',
  flag: 'M4 1.5v13M4 2.5h8.5l-2 3 2 3H4',
  star: 'M8 2l1.8 4 4.2.4-3.2 2.8 1 4.3L8 11.3l-3.8 2.2 1-4.3L2 6.4 6.2 6z',
  settings:
    'M8 5.8a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6l1.4 1.4M11 11l1.4 1.4M12.4 3.6L11 5M5 11l-1.4 1.4',
  grid: 'M2.5 2.5h4.5v4.5h-4.5zM9 2.5h4.5v4.5h-4.5zM2.5 9h4.5v4.5h-4.5zM9 9h4.5v4.5h-4.5z',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  redo: 'M10.5 3l3 3-3 3M13.5 6H6a3.5 3.5 0 0 0 0 7h4',
  undo: 'M5.5 3L2.5 6l3 3M2.5 6H10a3.5 3.5 0 0 1 0 7H6',
  left: 'M10 3.5L5.5 8l4.5 4.5',
  right: 'M6 3.5L10.5 8 6 12.5',
  rows: 'M2 3h3.5v3.5H2zM7 3h3M7 6h7M2 9.5h3.5V13H2zM7 9.5h3M7 12.5h7',
  repeat: 'M13 8a5 5 0 1 1-1.6-3.7M13.2 2v2.8h-2.8',
  keyboard: 'M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h-.01M5 9.5h6',
  board: 'M2.5 4h4L8 5.5h5.5v7h-11z',
  rename: 'M3 13l.7-3L10.3 3.4a1.2 1.2 0 0 1 2.3 2.3L6 12.3zM9 4.7l2.3 2.3',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  facts: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM8 7.5v3.5M8 5.2h.01',
  offline: 'M2.5 6.5a8 8 0 0 1 11 0M4.8 9a4.8 4.8 0 0 1 6.4 0M8 12h.01M3 14L13 2',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  )
}

/** The mark: a pan with a grain of gold in it. */
export function Mark({ size = 22 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" strokeLinecap="round" aria-hidden="true">
      <path d="M5 12.5c0 6.4 4.9 11 11 11s11-4.6 11-11" stroke="currentColor" strokeWidth="2" />
      <path d="M4 12.5h24" stroke="currentColor" strokeWidth="2" />
      <circle cx="16" cy="18" r="2.8" fill="var(--gold)" />
    </svg>
  )
}
