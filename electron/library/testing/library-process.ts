/**
 * A second process for the tests: `library-process.ts TASK FOLDER [...]`. Says what it did in lines of JSON, so that
 * the test knows what was acknowledged before the process died.
 */

import { encode } from 'fast-png'
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'

import { toErrorData } from '../../../shared/errors.ts'
import type { Library } from '../../core/runs/adapters.ts'
import { connect, makeDurable } from '../connection.ts'
import { diskWriter, type ImageWriter } from '../image-files.ts'
import { migrations } from '../migrations/index.ts'
import { migrate } from '../migrations/migrate.ts'
import { openLibrary } from '../open.ts'
import { candidateOf, pictureOf, provenanceOf, specOf, stateOf } from './fixtures.ts'

const [task = '', folder = '', argument = ''] = process.argv.slice(2)

/** Synchronous: a line that was written is out even if the next instruction is the last. */
function say(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

function dieAfter(step: 'write' | 'rename'): ImageWriter {
  const die = (): void => {
    process.kill(process.pid, 'SIGKILL')
  }
  return {
    async write(file, bytes) {
      await diskWriter.write(file, bytes)
      if (step === 'write') die()
    },
    async rename(from, to) {
      await diskWriter.rename(from, to)
      if (step === 'rename') die()
    },
  }
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Opens the library and keeps it until the process is ended. */
  async hold() {
    const library = await openLibrary(folder, 'browser')
    say('open')
    // Named here, or the garbage collector would close what nobody can reach.
    setInterval(() => library.path, 1000)
  },

  /** Adds candidates, each with a state, to a new run until the process is ended; `argument` tells the pictures of one process from another's. */
  async add() {
    const library = await openLibrary(folder, 'cli')
    const spec = specOf({ candidates: 4000, seed: argument })
    const runId = library.createRun(spec, [])
    library.setStatus(runId, { kind: 'running' })
    for (let seq = 0; seq < 4000; seq += 1) {
      const picture = pictureOf(Number(argument) * 10_000 + seq)
      const { imageSha256 } = await library.addCandidate(
        candidateOf(runId, seq),
        picture,
        provenanceOf(spec),
        stateOf(seq),
      )
      say({ runId, seq, imageSha256 })
    }
  },

  /** Adds one candidate and dies by its own hand after the step that `argument` names. */
  async die() {
    const library = await openLibrary(folder, 'cli', dieAfter(argument as 'write' | 'rename'))
    const runId = library.createRun(specOf(), [])
    say({ runId })
    await library.addCandidate(candidateOf(runId, 0), pictureOf(0), provenanceOf(specOf()), null)
    say('still alive')
  },

  /** Queues four runs, the first at work, gives the others another order and dies by its own hand. */
  async arrange() {
    const library = await openLibrary(folder, 'cli')
    const [first = 0, b = 0, c = 0, d = 0] = Array.from({ length: 4 }, () => library.createRun(specOf(), []))
    library.setStatus(first, { kind: 'running' })
    library.arrangeQueue([d, b, c])
    library.arrangeQueue([c, d])
    say({ order: [first, c, b, d] })
    process.kill(process.pid, 'SIGKILL')
  },

  /** Adds an image from outside and dies by its own hand after the step that `argument` names. */
  async 'die-outside'() {
    const library = await openLibrary(folder, 'cli', dieAfter(argument as 'write' | 'rename'))
    say('open')
    const png = encode({ ...pictureOf(0), channels: 3, depth: 8 })
    await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png })
    say('still alive')
  },

  /** Adds an image from outside, removes it and dies by its own hand. */
  async 'die-removed'() {
    const library = await openLibrary(folder, 'cli')
    const png = encode({ ...pictureOf(0), channels: 3, depth: 8 })
    const { picture } = await library.gallery.addOutsideImage({ name: 'a.png', prompt: '', png })
    library.gallery.removePictures([picture])
    say({ removed: picture })
    process.kill(process.pid, 'SIGKILL')
  },

  /** Adds candidates on a disk that fills up, opens the full library again, then makes room and goes on. */
  async fill() {
    const ballast = path.join(folder, 'ballast')
    const library = await openLibrary(folder, 'cli')
    writeFileSync(ballast, Buffer.alloc(256 * 1024))
    const spec = specOf({ candidates: 4000 })
    const runId = library.createRun(spec, [])
    library.setStatus(runId, { kind: 'cancelled' })
    let finished = 0
    const add = async (to: Library): Promise<void> => {
      await to.addCandidate(candidateOf(runId, finished), pictureOf(finished, 64), provenanceOf(spec), null)
      finished += 1
    }
    let error: unknown = null
    while (error === null && finished < 4000) await add(library).catch((thrown: unknown) => (error = thrown))
    library.close()
    const reopened = await openLibrary(folder, 'cli')
    const keptWhenFull = reopened.run(runId).finished
    rmSync(ballast)
    await add(reopened)
    const keptAfterwards = reopened.run(runId).finished
    reopened.close()
    say({ error: toErrorData(error), finished, keptWhenFull, keptAfterwards })
  },

  /** Migrates a catalogue and dies by its own hand when the newest tables are made, before they are committed. */
  async migrate() {
    const db = connect(folder)
    makeDurable(db)
    migrate(
      db,
      migrations.map((migration) => ({
        ...migration,
        apply(to) {
          migration.apply(to)
          if (migration.version < migrations.length) return
          say({ pictures: to.prepare('SELECT count(*) FROM pictures').pluck().get() })
          process.kill(process.pid, 'SIGKILL')
        },
      })),
      () => undefined,
    )
    return Promise.resolve(say('still alive'))
  },

  /** Tries to open the library and says why it cannot. */
  async open() {
    const library = await openLibrary(folder, 'cli')
    say('open')
    library.close()
  },
}

try {
  await tasks[task]?.()
} catch (error) {
  say({ error: toErrorData(error) })
}
