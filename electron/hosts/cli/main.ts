/** The command line: finds the command, reads its arguments, turns errors into one line and an exit code. */

import { toErrorData, type ErrorCode } from '../../../shared/errors.ts'
import { addCommand } from './add.ts'
import { boardCommand, boardsCommand } from './boards.ts'
import { parseCommandArguments, usage, type Command } from './command.ts'
import { batchCommand } from './batch.ts'
import { courtCommands } from './court.ts'
import { devicesCommand } from './devices.ts'
import { dossierCommand } from './dossier.ts'
import { exportCommand } from './export.ts'
import { figureCommand } from './figure.ts'
import { importCommand } from './import.ts'
import { lineageCommand } from './lineage.ts'
import { markCommand } from './mark.ts'
import { packsCommand } from './packs.ts'
import { picturesCommand } from './pictures.ts'
import { rebuildCommand } from './rebuild.ts'
import { removeCommand } from './remove.ts'
import { replayCommand } from './replay.ts'
import { resumeCommand } from './resume.ts'
import { runsCommand } from './runs.ts'
import { searchCommand } from './search.ts'
import { serveCommand } from './serve.ts'
import { settingsCommand } from './settings.ts'
import { showCommand } from './show.ts'
import { steeringCommands } from './steer.ts'
import { verifyCommand } from './verify.ts'

const commands: readonly Command[] = [
  searchCommand,
  batchCommand,
  resumeCommand,
  importCommand,
  packsCommand,
  devicesCommand,
  runsCommand,
  showCommand,
  replayCommand,
  lineageCommand,
  ...steeringCommands,
  picturesCommand,
  markCommand,
  boardsCommand,
  boardCommand,
  addCommand,
  removeCommand,
  ...courtCommands,
  settingsCommand,
  exportCommand,
  figureCommand,
  dossierCommand,
  verifyCommand,
  serveCommand,
  rebuildCommand,
]

/** Faults of the arguments: exit code 2. Everything else that goes wrong is 1. */
const argumentFaults: readonly ErrorCode[] = [
  'bad_input',
  'unknown_pack',
  'unknown_verifier',
  'unknown_run',
  'not_found',
]

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return [
    'goldpan COMMAND [options]; without a command the studio opens',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'COMMAND --help tells the options of each.',
  ].join('\n')
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    process.stdout.write(`${overview()}\n`)
    return 0
  }
  const command = commands.find((one) => one.name === name)
  if (command === undefined) {
    process.stderr.write(
      `Expected one of ${commands.map((one) => one.name).join(', ')}, found ${JSON.stringify(name)}\n`,
    )
    return 2
  }
  try {
    const parsed = parseCommandArguments(command, args)
    if (parsed.flag('help')) {
      process.stdout.write(`${usage(command)}\n`)
      return 0
    }
    return await command.run(parsed)
  } catch (error) {
    const { code, message, detail } = toErrorData(error)
    process.stderr.write(`${message}\n`)
    if (code === 'internal' && detail !== undefined) process.stderr.write(`${detail}\n`)
    return argumentFaults.includes(code) ? 2 : 1
  }
}

process.exitCode = await main(process.argv.slice(2))
