import 'react'

declare module 'react' {
  interface CSSProperties {
    /** Custom properties that a stylesheet reads. */
    readonly [name: `--${string}`]: string | number | undefined
  }
}
