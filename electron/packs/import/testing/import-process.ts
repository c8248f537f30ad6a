/**
 * Imports every folder `model` in the subfolders of a folder, each into a models folder of its own, and writes what came
 * of it as JSON: a process of its own, so that its memory is that of importing.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { toErrorData } from '../../../../shared/errors.ts'
import { trialRun } from '../../../core/trial-run.ts'
import { importModel, inspectModel } from '../index.ts'

export type ImportOutcome = {
  readonly name: string
  /** Null when the model was taken. */
  readonly refusal: { readonly code: string; readonly message: string } | null
  readonly triedOut: boolean
}

export type ImportReport = {
  readonly outcomes: readonly ImportOutcome[]
  /** Largest resident memory of this process, in bytes. */
  readonly peakBytes: number
}

const root = process.argv[2] ?? ''
const outcomes: ImportOutcome[] = []
for (const name of (await readdir(root)).sort()) {
  let triedOut = false
  try {
    const plan = await inspectModel(join(root, name, 'model'))
    await importModel(
      plan,
      {},
      {
        modelsFolder: join(root, name, 'models'),
        id: 'imported',
        name: 'Imported',
        async trial(pack) {
          triedOut = true
          await trialRun(pack, { deadlineMs: 60_000, memoryLimit: 1e9 })
          return {}
        },
      },
    )
    outcomes.push({ name, refusal: null, triedOut })
  } catch (error) {
    const { code, message } = toErrorData(error)
    outcomes.push({ name, refusal: { code, message }, triedOut })
  }
}
const report: ImportReport = { outcomes, peakBytes: process.resourceUsage().maxRSS * 1024 }
process.stdout.write(JSON.stringify(report))
