/** A machine with too little memory: said by name, with a way on that a person chooses. */

import { forkEngine } from '../electron/engine/engine-port.ts'
import type { LaunchEngine } from '../electron/engine/engine-port.ts'
import { expect, parts, startRun, test, tinyPacks } from './studio.ts'

/** The first engine is ended as the system ends one for want of memory; the next ones live. */
function endedOnce(): LaunchEngine {
  let isFirst = true
  return (entry) => {
    const port = forkEngine(entry)
    if (!isFirst) return port
    isFirst = false
    return {
      ...port,
      post(message) {
        if (JSON.stringify(message).includes('"denoise"')) port.kill()
        else port.post(message)
      },
      onExit: (listener) => {
        port.onExit((exit) => {
          listener({ ...exit, outOfMemory: true })
        })
      },
    }
  }
}

test('a run out of memory offers smaller batches, and goes on with them', async ({ page, serve }) => {
  const { newestLink, studio } = await serve({ packFolders: [tinyPacks], launchEngine: endedOnce() })
  await page.goto(newestLink())
  await startRun(page, { prompt: 'two red stars', candidates: 4, steps: 3, baselines: '' })
  const alert = page.getByRole('alert').filter({ hasText: 'This run failed' })
  await expect(alert).toContainText(/memory/i)
  const { status } = await studio.api.run({ runId: 1 })
  expect(status.kind === 'failed' && status.error.code).toBe('out_of_memory')
  await alert.getByRole('button', { name: 'Go on with batches of 1' }).click()
  await expect(page.getByText(/^Done, 5 images/)).toBeVisible()
  await expect(parts(page).strip.getByRole('button', { name: /^Candidate / })).toHaveCount(4)
})
