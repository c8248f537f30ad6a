/**
 * `node build/kill-studios.ts [SEED] [KILLS]`: kills engine, studio or both at random moments of real runs, fifty times
 * unless told otherwise, and checks after each run that it equals the one that nothing stopped. The test suite does the
 * same a few times (electron/core/runs/real-kill.test.ts).
 */

import { killStudios } from '../electron/core/runs/testing/kill-studios.ts'

const [seed = String(Date.now() % 2 ** 32), kills = '50'] = process.argv.slice(2)
console.log(`seed ${seed}`)
const toll = await killStudios(Number(seed), Number(kills), 6, (line) => {
  console.log(line)
})
console.log(JSON.stringify(toll))
