import assert from 'node:assert/strict'
import { test } from 'node:test'

import { layoutOf } from './layout.ts'
import { openLibrary } from './open.ts'
import { expectSound } from './testing/expect-sound.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, stateOf, temporaryFolder } from './testing/fixtures.ts'
import { startProcess } from './testing/processes.ts'

type Acknowledged = { readonly runId: number; readonly seq: number; readonly imageSha256: string }

test('whatever was acknowledged is there after ten kills at random moments', async (t) => {
  const folder = temporaryFolder()
  const acknowledged: Acknowledged[] = []
  for (let round = 0; round < 10; round += 1) {
    const adder = startProcess('add', folder, String(round))
    t.after(() => adder.kill())
    const enough = 1 + Math.floor(Math.random() * 20)
    let said = 0
    for await (const line of adder.lines) {
      acknowledged.push(line as Acknowledged)
      said += 1
      // What it says between the signal and its end counts as well: the loop ends when the pipe does.
      if (said === enough) void adder.kill()
    }
    await adder.kill()
  }

  const { rows } = expectSound(folder)
  for (const { imageSha256 } of acknowledged) assert.ok(rows.has(imageSha256), `${imageSha256} was lost`)

  const library = await openLibrary(folder)
  t.after(() => library.close())
  assert.equal(library.runs().length, 10)
  for (const { id, status, finished } of library.runs()) {
    assert.equal(status.kind, 'interrupted')
    const { candidates } = library.run(id)
    assert.deepEqual(
      candidates.map(({ seq }) => seq),
      Array.from({ length: finished }, (_, seq) => seq),
      'the images of a killed run are the first so many',
    )
    for (const { seq } of candidates) {
      assert.deepEqual(
        library.savedState(id, seq),
        stateOf(seq),
        `a row without its state: run ${id}, ${seq}`,
      )
    }
    for (const { runId, seq, imageSha256 } of acknowledged.filter(({ runId }) => runId === id)) {
      assert.equal(candidates[seq]?.imageSha256, imageSha256, `run ${runId}, candidate ${seq}`)
    }
  }
})

for (const [step, orphans] of [
  ['write', 0],
  ['rename', 1],
] as const) {
  test(`a kill after the ${step} of a picture leaves no row without a file`, async (t) => {
    const folder = temporaryFolder()
    const victim = startProcess('die', folder, step)
    t.after(() => victim.kill())
    const said: unknown[] = []
    for await (const line of victim.lines) said.push(line)
    assert.deepEqual(said, [{ runId: 1 }])
    const sound = expectSound(folder)
    assert.equal(sound.rows.size, 0)
    assert.equal(sound.orphans.length, orphans)

    // The same candidate again takes the file that is there into use, and once more changes nothing.
    const library = await openLibrary(folder)
    const spec = specOf()
    const add = async () =>
      library.addCandidate(candidateOf(1, 0), pictureOf(0), provenanceOf(spec), stateOf(0))
    const added = await add()
    assert.deepEqual(await add(), added)
    assert.deepEqual(library.run(1).candidates, [added])
    library.close()
    assert.deepEqual(expectSound(layoutOf(folder).folder), {
      rows: new Set([added.imageSha256]),
      orphans: [],
    })
  })
}
