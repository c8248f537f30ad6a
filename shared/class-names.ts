/** Classes by name: the prompts of packs that draw classes. */

/** The label of the class that a text names, whatever its case and spacing; null when it names none. */
export function labelOfClass(classes: readonly string[], text: string): number | null {
  const wanted = keyOf(text)
  const label = classes.findIndex((name) => keyOf(name) === wanted)
  return label === -1 ? null : label
}

/** The classes with a word that begins with each word of the query, in any order: "st re" finds "red star". */
export function matchingClasses(classes: readonly string[], query: string): readonly string[] {
  const asked = wordsOf(query)
  return classes.filter((name) => {
    const words = wordsOf(name)
    return asked.every((part) => words.some((word) => word.startsWith(part)))
  })
}

function keyOf(name: string): string {
  return wordsOf(name).join(' ')
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}
