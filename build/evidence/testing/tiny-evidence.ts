/**
 * The part "search" of the evidence with the tiny packs, as a process of its own that a test can kill.
 *
 *     node tiny-evidence.ts WORK PROMPTS
 *
 * Says `piece` on stdout after each piece and ends when all are there.
 */

import { fileURLToPath, pathToFileURL } from 'node:url'

import { PackFolders } from '../../../electron/packs/read-packs.ts'
import { workThrough } from '../lanes.ts'
import { openReferee } from '../referee.ts'
import { Store } from '../store.ts'
import { suite } from '../suite.ts'
import { workOn, type Kit } from '../work.ts'

const fixtures = fileURLToPath(new URL('../../../electron/engine/fixtures/packs', import.meta.url))

export async function openTinyKit(work: string): Promise<Kit> {
  const packs = new PackFolders([fixtures])
  const large = await packs.openImagePack('tiny')
  return { large, small: null, referee: await openReferee(packs), store: new Store(work) }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [work = '', prompts = '1'] = process.argv.slice(2)
  const kit = await openTinyKit(work)
  const pieces = suite.slice(0, Number(prompts)).map((prompt) => ({
    part: 'search',
    weight: 1,
    isDone: async () => (await workOn('search', prompt, kit, null)) !== null,
    make: async (bench: Parameters<typeof workOn>[3]) => {
      await workOn('search', prompt, kit, bench)
      process.stdout.write('piece\n')
    },
  }))
  await workThrough(pieces, {
    packs: [kit.large, ...kit.referee.packs],
    processes: 1,
    minutes: Infinity,
    say: () => undefined,
  })
}
