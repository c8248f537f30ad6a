import open from 'open'

import { StudioError } from '../../../shared/errors.ts'
import { openStudio } from '../../core/studio.ts'
import { graderSettings } from '../../grader/settings.ts'
import { startBrowserHost } from '../browser/server.ts'
import { bundledPacks, defaultLibraryPath, defaultModelsFolder, rendererFolder } from '../default-places.ts'
import { libraryOption, numberOrText, type Command } from './command.ts'

export const serveCommand: Command = {
  name: 'serve',
  operands: [],
  about: 'Opens the studio in a browser, on this machine only, until Ctrl-C.',
  options: {
    port: { type: 'string', value: 'N', about: 'port on 127.0.0.1 (default: a free one)' },
    'no-open': { type: 'boolean', about: 'only print the link, open no browser' },
    ...libraryOption,
  },
  async run(args) {
    const port = portOf(args.text('port'))
    const libraryPath = args.text('library') ?? defaultLibraryPath()
    const grader = graderSettings(process.env)
    const modelsFolder = defaultModelsFolder(libraryPath)
    const studio = await openStudio({
      ...{ libraryPath, packFolders: [bundledPacks], modelsFolder, host: 'browser', grader },
    })
    try {
      const host = await startBrowserHost({
        studio,
        appFolder: rendererFolder,
        ...(port === undefined ? {} : { port }),
        onLink: (link) => {
          process.stdout.write(`A new link, for another window: ${link}\n`)
        },
      })
      process.stdout.write(
        `Goldpan is open at ${host.link}\nThe link works once and for a minute; a new one is printed here when it is needed. Ctrl-C ends the studio.\n`,
      )
      if (!args.flag('no-open') && hasDisplay()) void open(host.link).catch(() => undefined)
      await untilInterrupted()
      process.stderr.write('Closing; everything finished is kept.\n')
      await host.close()
      return 0
    } finally {
      await studio.close()
    }
  },
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = numberOrText(text)
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535) return port
  throw new StudioError('bad_input', `port: expected a whole number from 1 to 65535, found ${text}`)
}

/** A browser can only open where there is a screen; Windows and macOS always have one. */
function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true
  return (process.env.DISPLAY ?? '') !== '' || (process.env.WAYLAND_DISPLAY ?? '') !== ''
}

function untilInterrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        resolve()
      })
    }
  })
}
