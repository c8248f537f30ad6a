/** Names of classes: those that labels come with, and ImageNet's, which the files of its models leave out. */

import { distinct } from './questions.ts'

/**
 * Sentences that a class is put into for zero-shot classification (Radford et al. 2021, section 3.1.4): of its eighty for
 * ImageNet, the seven that the authors' notebook "Prompt Engineering for ImageNet" chooses, which do as well as all.
 */
export const classTemplates = [
  'itap of a {class}.',
  'a bad photo of the {class}.',
  'a origami {class}.',
  'a photo of the large {class}.',
  'a {class} in a video game.',
  'art of the {class}.',
  'a photo of the small {class}.',
] as const

/** The thousand classes of ILSVRC 2012, in the order of their labels. */
export async function imagenetClasses(): Promise<readonly string[]> {
  const { default: names } = await import('./imagenet-classes.json', { with: { type: 'json' } })
  return distinct(names)
}

/**
 * The classes of a configuration's `id2label`, by their first names: ImageNet's labels list others after commas ("tench,
 * Tinca tinca"), which no prompt says.
 *
 * @returns `` for a label that is missing
 */
export function namesOfLabels(id2label: Readonly<Record<string, string>>): readonly string[] {
  return distinct(
    Object.keys(id2label).map((_, label) => (id2label[String(label)] ?? '').split(',')[0]?.trim() ?? ''),
  )
}
