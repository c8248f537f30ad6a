import assert from 'node:assert/strict'
import { test } from 'node:test'

import { guardTable } from './testing/guard-table.ts'
import type { GuardCase } from './testing/guard-table.ts'
import { judge, ownHosts } from './guard.ts'
import type { Knock } from './guard.ts'

const port = 5123
const secrets = {
  isBearer: (value: string) => value === 'BEARER',
  isArtKey: (value: string) => value === 'ARTKEY',
  cookieName: `goldpan-art-${port}`,
}

function knockOf({ method, target, headers }: GuardCase): Knock {
  const values = (name: string) =>
    headers.filter(([key]) => key === name).map(([, value]) => value.replaceAll('PORT', String(port)))
  return {
    method,
    target,
    upgrade: values('Upgrade').length > 0,
    host: values('Host'),
    origin: values('Origin'),
    secFetchSite: values('Sec-Fetch-Site'),
    authorization: values('Authorization'),
    cookie: values('Cookie'),
  }
}

for (const row of guardTable) {
  test(`guard: ${row.name} -> ${row.expected}`, () => {
    const verdict = judge(knockOf(row), port, secrets)
    assert.equal(verdict.kind === 'allow' ? 'allow' : verdict.status, row.expected)
  })
}

test('the table has its sixty rows and more, each with its own name', () => {
  assert.ok(guardTable.length >= 60)
  assert.equal(new Set(guardTable.map(({ name }) => name)).size, guardTable.length)
})

test('a refusal never repeats what the request said', () => {
  for (const row of guardTable) {
    const verdict = judge(knockOf(row), port, secrets)
    if (verdict.kind === 'refuse')
      assert.doesNotMatch(verdict.reason, /attacker|BEARER|ARTKEY|5123/, row.name)
  }
})

test('requests go where their path says', () => {
  const allowed = (method: string, target: string) => {
    const headers = [
      ['Host', '127.0.0.1:PORT'],
      ['Origin', 'http://127.0.0.1:PORT'],
      ['Authorization', 'Bearer BEARER'],
    ] as const
    const verdict = judge(knockOf({ name: '', method, target, headers, expected: 'allow' }), port, secrets)
    return verdict.kind === 'allow' ? verdict.route : verdict
  }
  assert.deepEqual(allowed('GET', '/?a=b'), { kind: 'file' })
  assert.deepEqual(allowed('GET', '/api/events'), { kind: 'events' })
  assert.deepEqual(allowed('POST', '/api/session'), { kind: 'session' })
  assert.deepEqual(allowed('POST', '/api/startRun?x'), { kind: 'call', method: 'startRun' })
})

test('on port 80 the hosts have no port, as browsers send them', () => {
  assert.deepEqual(ownHosts(80), ['127.0.0.1', 'localhost', '[::1]'])
  assert.deepEqual(ownHosts(8080), ['127.0.0.1:8080', 'localhost:8080', '[::1]:8080'])
})
