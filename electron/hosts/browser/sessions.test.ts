import assert from 'node:assert/strict'
import { test } from 'node:test'

import { codeLifeMs, createSessions } from './sessions.ts'

function withClock() {
  const clock = { ms: 1_000 }
  return { clock, sessions: createSessions(5123, () => clock.ms) }
}

test('a code opens one window, and a fresh one takes its place', () => {
  const { sessions } = withClock()
  const code = sessions.currentCode()
  const granted = sessions.redeem(code)
  assert.equal(granted.kind, 'granted')
  assert.notEqual(sessions.currentCode(), code)
  assert.deepEqual(sessions.redeem(code), { kind: 'stale', fresh: false })
  assert.equal(sessions.redeem(sessions.currentCode()).kind, 'granted')
})

test('a code that is too old opens nothing and is replaced once', () => {
  const { clock, sessions } = withClock()
  const code = sessions.currentCode()
  clock.ms += codeLifeMs
  assert.deepEqual(sessions.redeem(code), { kind: 'stale', fresh: true })
  assert.notEqual(sessions.currentCode(), code)
  assert.deepEqual(sessions.redeem(code), { kind: 'stale', fresh: false })
  clock.ms += codeLifeMs
  assert.deepEqual(sessions.redeem(code), { kind: 'stale', fresh: true })
})

test('a code lives to the last millisecond of its minute', () => {
  const { clock, sessions } = withClock()
  clock.ms += codeLifeMs - 1
  assert.equal(sessions.redeem(sessions.currentCode()).kind, 'granted')
})

test('a guess is unknown and makes no new code, however often', () => {
  const { clock, sessions } = withClock()
  clock.ms += 2 * codeLifeMs
  const code = sessions.currentCode()
  for (const guess of ['', 'x', code.slice(1), `${code} `, 'é'.repeat(43), 'A'.repeat(43)]) {
    assert.deepEqual(sessions.redeem(guess), { kind: 'unknown' })
  }
  assert.equal(sessions.currentCode(), code)
})

test('bearer, image key and code are different 256-bit secrets, new at every start', () => {
  const secretsOf = () => {
    const { sessions } = withClock()
    const code = sessions.currentCode()
    const granted = sessions.redeem(code)
    assert.ok(granted.kind === 'granted')
    assert.ok(
      sessions.isBearer(granted.bearer) && !sessions.isBearer(granted.artKey) && !sessions.isBearer(''),
    )
    assert.ok(
      sessions.isArtKey(granted.artKey) && !sessions.isArtKey(granted.bearer) && !sessions.isArtKey(''),
    )
    return [code, granted.bearer, granted.artKey]
  }
  const secrets = [...secretsOf(), ...secretsOf()]
  assert.equal(new Set(secrets).size, 6)
  for (const secret of secrets) assert.equal(Buffer.from(secret, 'base64url').byteLength, 32)
})
