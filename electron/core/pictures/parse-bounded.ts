import { badPng } from '../../library/png-chunks.ts'

const maxDepth = 100

/** What JSON has no number for that a JavaScript number can hold, and texts, in which the same means nothing. */
const unholdable = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b|(?<![\d.eE+-])\d{16,}(?![\d.eE])/gs

/**
 * JSON of another program: nested at most 100 deep. Whole numbers of 16 digits or more, such as seeds, come as text, and
 * so do NaN and Infinity, which Python writes: the check that they fail can show them.
 *
 * @throws `bad_input` for what is none
 */
export function parseBounded(text: string): unknown {
  requireShallow(text)
  const holdable = /\d{16}|NaN|Infinity/.test(text)
    ? text.replaceAll(unholdable, (token) => (token.startsWith('"') ? token : `"${token}"`))
    : text
  try {
    return JSON.parse(holdable) as unknown
  } catch {
    throw badPng('settings in JSON', 'other text')
  }
}

/** Before anything is parsed: what is nested deep costs many times its length. */
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
