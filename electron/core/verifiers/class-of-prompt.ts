/**
 * The class that a prompt is about, for verifiers that know classes and no sentences: the prompt itself where it is the
 * name of a class, else the name that occurs first in it, singular or plural ("two red stars in night": red star).
 *
 * @param classes names, one words or several
 * @returns the place in `classes`, or null where no name occurs: no score, never zero
 */
export function classOfPrompt(prompt: string, classes: readonly string[]): number | null {
  const words = wordsOf(prompt)
  const plain = words.join(' ')
  const names = classes.map((name) => wordsOf(name))
  const whole = names.findIndex((name) => name.join(' ') === plain)
  if (whole !== -1) return whole
  for (let at = 0; at < words.length; at++) {
    // The longest of the names that begin here: "red star" before "red".
    const found = names
      .map((name, index) => ({ index, length: name.length, fits: occursAt(words, at, name) }))
      .filter(({ fits }) => fits)
      .sort((a, b) => b.length - a.length || a.index - b.index)[0]
    if (found !== undefined) return found.index
  }
  return null
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function occursAt(words: readonly string[], at: number, name: readonly string[]): boolean {
  return (
    name.length > 0 &&
    name.every((word, i) => {
      const found = words[at + i]
      return found === word || (i === name.length - 1 && found === `${word}s`)
    })
  )
}
