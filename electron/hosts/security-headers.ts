/** The headers that go with every answer of either host. Names in lower case, as node:http and Headers give them. */

/** On everything: no guessing of types, no use by other origins, no shared browsing context, no address passed on. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** What the page may do: its own scripts and styles, images of the library, calls to its own host. Nothing inline. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' art: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** For images and plain text: even when opened as a page of its own, nothing in it runs. */
export const artPolicy = "default-src 'none'; sandbox"
