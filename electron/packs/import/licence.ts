/** Under which licence a model is, as far as its folder says. */

import type { PackDraft } from './draft.ts'
import type { ModelContents } from './model-contents.ts'
import { readSmallFile, type ModelFile } from './safe-copy.ts'

const maxLicenceBytes = 1 << 20

/** Licences by what their text is known by. */
const licences: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/Apache License\s+Version 2\.0/i, 'Apache-2.0'],
  [/MIT License|Permission is hereby granted, free of charge/i, 'MIT'],
  [/CreativeML Open RAIL\+\+-M/i, 'CreativeML Open RAIL++-M'],
  [/CreativeML Open RAIL-?M/i, 'CreativeML Open RAIL-M'],
  [/FLUX\.1 \[dev\] Non-Commercial/i, 'FLUX.1 [dev] Non-Commercial'],
  [/Stability(?: AI)? (?:Non-Commercial|Community)/i, 'Stability AI Community'],
]

/** The licence that the folder names, and the files that say it. */
export async function licenceOf({
  folder,
}: ModelContents): Promise<{ readonly name: string; readonly copies: PackDraft['copies'] }> {
  const files = [...folder.files.values()].filter(
    ({ path, bytes }) => /^(licen[cs]e|copying)[A-Za-z0-9_.-]*$/i.test(path) && bytes < maxLicenceBytes,
  )
  const copies = files.map((file) => ({ file, to: file.path }))
  const textOf = async (file: ModelFile): Promise<string> =>
    Buffer.from(await readSmallFile(folder, file, maxLicenceBytes)).toString('utf8')
  const readme = folder.files.get('README.md')
  if (readme !== undefined && readme.bytes < maxLicenceBytes) {
    const [, head = ''] = /^---\r?\n(.*?)\r?\n---/s.exec(await textOf(readme)) ?? []
    const named = /^license(?:_name)?:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9 .+_-]{0,98})["']?[ \t]*$/gim
    const names = [...head.matchAll(named)].map(([, name]) => name ?? '')
    const name = names.find((one) => one !== 'other') ?? names[0]
    if (name !== undefined) return { name: name.trim(), copies }
  }
  for (const file of files) {
    const text = await textOf(file)
    const known = licences.find(([pattern]) => pattern.test(text.slice(0, 20_000)))
    if (known !== undefined) return { name: known[1], copies }
  }
  return { name: files.length === 0 ? 'unknown' : 'see the licence file', copies }
}
