import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { RunDetail, RunStatus } from '../../../shared/domain.ts'
import { defaultPreferences } from '../../../shared/preferences.ts'
import { tellEnd } from './run-notices.ts'

/** What is told of run 12 with 17 images, which ended so. */
async function told(status: RunStatus, options: { watched?: boolean; notifyAtEnd?: boolean } = {}) {
  const { watched = false, notifyAtEnd = true } = options
  const said: string[] = []
  const api = {
    run: () => Promise.resolve({ id: 12, finished: 17, status } as RunDetail),
    preferences: () => Promise.resolve({ ...defaultPreferences, notifyAtEnd }),
  }
  await tellEnd(api, 12, {
    isWatched: () => watched,
    notify: (sentence) => said.push(sentence),
    alarm: () => said.push('alarm'),
  })
  return said
}

const failed = { kind: 'failed', error: { code: 'engine_died', message: 'gone' } } as const

test('an end is told to whoever looks elsewhere and wants it told', async () => {
  assert.deepEqual(await told({ kind: 'done' }), ['Run 12 is done: 17 images.'])
  assert.deepEqual(await told({ kind: 'done' }, { watched: true }), [])
  assert.deepEqual(await told({ kind: 'done' }, { notifyAtEnd: false }), [])
})

test('a failure marks the taskbar too, also where no notification is wanted', async () => {
  assert.deepEqual(await told(failed), ['alarm', 'Run 12 has failed after 17 images.'])
  assert.deepEqual(await told(failed, { notifyAtEnd: false }), ['alarm'])
  assert.deepEqual(await told(failed, { watched: true }), [])
})

test('what a person did themselves is not told', async () => {
  assert.deepEqual(await told({ kind: 'cancelled' }), [])
  assert.deepEqual(await told({ kind: 'paused' }), [])
})
