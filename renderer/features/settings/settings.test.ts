import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'

import { licences } from './licences.ts'
import { socketsCommand } from './sockets-command.ts'

const modules = join(import.meta.dirname, '../../../node_modules')

test('the licences are those that the packages state, and no package that ships is left out', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  for (const { name, licence } of licences) {
    assert.equal(read(join(modules, name, 'package.json')).license, licence, name)
  }
  const ours = read(join(modules, '..', 'package.json')).dependencies as Record<string, string>
  const named = licences.map(({ name }) => name)
  for (const name of Object.keys(ours)) assert.ok(named.includes(name), name)
})

test('on each system a command lists the connections of the studio and of its children', () => {
  for (const platform of ['linux', 'darwin', 'win32']) {
    const command = socketsCommand(platform, 4321)
    assert.ok((command.match(/4321/g) ?? []).length === 2, command)
  }
  assert.match(socketsCommand('linux', 1), /^ss /)
  assert.match(socketsCommand('darwin', 1), /^lsof /)
  assert.match(socketsCommand('win32', 1), /netstat/)
})
