import { DeviceProbes } from '../../engine/device-probes.ts'
import { devices } from '../../../shared/vocabulary.ts'
import { jsonOption, type Command } from './command.ts'
import { table } from './output.ts'

export const devicesCommand: Command = {
  name: 'devices',
  operands: [],
  about: 'Tries what models can run on here, each device in a process of its own, and says why not.',
  options: jsonOption,
  async run(args) {
    const reports = await new DeviceProbes().all()
    if (args.flag('json')) {
      process.stdout.write(`${JSON.stringify(reports)}\n`)
      return 0
    }
    const rows = reports.map(({ id, available, reason, detail }) => [
      id,
      devices[id].label,
      available ? 'available' : 'not available',
      reason ?? detail,
    ])
    process.stdout.write(table([['device', 'name', '', 'why'], ...rows]))
    return 0
  },
}
