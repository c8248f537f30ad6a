import { badPng } from '../../library/png-chunks.ts'

const maxDepth = 100

/**
 * JSON of another program: nested at most 100 deep; whole numbers that a JavaScript number cannot hold come as their
 * digits; NaN and Infinity, which Python writes, come as text, so that the check that they fail can show them.
 *
 * @throws `bad_input` for what is none
 */
export function parseBounded(text: string): unknown {
  requireShallow(text)
  try {
    return parse(text)
  } catch {
    const spelled = text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/gs, (token) =>
      token.startsWith('"') ? token : JSON.stringify(token),
    )
    try {
      return parse(spelled)
    } catch {
      throw badPng('settings in JSON', 'other text')
    }
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

const exactly: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^\d+$/.test(source)
    ? source
    : value

function parse(text: string): unknown {
  return JSON.parse(text, exactly as (this: unknown, key: string, value: unknown) => unknown) as unknown
}

/** Before anything is parsed: what walks over the result is recursive. */
function requireShallow(text: string): void {
  let depth = 0
  let isQuoted = false
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i]
    if (isQuoted) {
      if (char === '\\') i += 1
      else if (char === '"') isQuoted = false
    } else if (char === '"') isQuoted = true
    else if (char === '{' || char === '[') depth += 1
    else if (char === '}' || char === ']') depth -= 1
    if (depth > maxDepth) throw badPng(`settings nested at most ${maxDepth} deep`, 'deeper ones')
  }
}
