/**
 * `npm run bench`: the studio's figures as one JSON object on stdout, progress on stderr. Without words all of them;
 * `npm run bench -- overhead draft memory wall latencies` makes those that are named.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

import { note, rounded } from './common.ts'
import { measureDraftSaving } from './draft-saving.ts'
import { measureLatencies } from './latencies.ts'
import { measureMemory } from './memory.ts'
import { measureOverhead } from './overhead.ts'
import { measureWall } from './wall.ts'

type Figures = Record<string, unknown>

const measures: Readonly<Record<string, (libraryPath: string) => Promise<Figures>>> = {
  overhead: measureOverhead,
  draft: measureDraftSaving,
  memory: measureMemory,
  wall: measureWall,
  latencies: async () => ({ latencies: await measureLatencies() }),
}

const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => measures[name] === undefined)
if (unknown !== undefined) {
  note(`Expected one of ${Object.keys(measures).join(', ')}, found ${unknown}`)
  process.exit(2)
}

const folder = await mkdtemp(join(tmpdir(), 'goldpan-bench-'))
try {
  let figures: Figures = {}
  for (const [name, measure] of Object.entries(measures)) {
    if (wanted.length === 0 || wanted.includes(name)) {
      figures = { ...figures, ...(await measure(join(folder, name))) }
    }
  }
  const [cpu] = cpus()
  const machine = {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    load: rounded(loadavg()[0] ?? NaN, 2),
  }
  process.stdout.write(`${JSON.stringify({ ...figures, machine }, null, 2)}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
