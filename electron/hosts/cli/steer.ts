/** A person's hand in a search, one command each: pin, veto, override, branch, undo. */

import type { Studio } from '../../core/studio.ts'
import type { Intervention, SteeringRequest } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { parameters } from '../../../shared/parameters.ts'
import {
  jsonOption,
  libraryOption,
  numberOrText,
  type Command,
  type Options,
  type ParsedArguments,
} from './command.ts'
import { statusText } from './output.ts'
import { runIdOf, searchedOf } from './references.ts'
import { printEnded, runToEnd } from './run-to-end.ts'
import { withStudio } from './with-studio.ts'

const degrees = Math.PI / 180
const usualCount = 4
/** Between a pivot and its neighbours, as the paper has it. */
const usualAngle = Math.acos(Number(parameters.cosine.usual)) / degrees

const options: Options = { ...libraryOption, ...jsonOption }

const branchOptions: Options = {
  angle: {
    type: 'string',
    value: 'DEG',
    about: `between its noise and theirs, above 0 and below 180 (default: ${usualAngle.toFixed(1)})`,
  },
  count: { type: 'string', value: 'N', about: `how many more (default: ${usualCount})` },
}

/** Asks for one kind of intervention on RUN/SEQ. */
const onCandidate = (
  name: SteeringRequest['kind'],
  about: string,
  requestOf: (args: ParsedArguments) => SteeringRequest,
  more: Options = {},
): Command => ({
  name,
  operands: ['RUN/SEQ'],
  about,
  options: { ...more, ...options },
  run(args) {
    const request = requestOf(args)
    return steer(args, request.runId, (studio) => studio.api.steer(request))
  },
})

export const steeringCommands: readonly Command[] = [
  onCandidate('pin', 'Lets a candidate survive every choice of its search from now on.', (args) => ({
    ...searchedOf(args),
    kind: 'pin',
  })),
  onCandidate('veto', 'Lets a candidate survive no choice from now on, and win nothing.', (args) => ({
    ...searchedOf(args),
    kind: 'veto',
  })),
  onCandidate(
    'override',
    'Puts a candidate first in the next choice, whatever the scores say: of a search that is done, the winner.',
    (args) => ({ ...searchedOf(args), kind: 'override' }),
  ),
  onCandidate(
    'branch',
    'More like this: makes neighbours of a candidate at an angle, in its run.',
    (args) => ({
      ...searchedOf(args),
      kind: 'branch',
      cosine: Math.cos(angleOf(args) * degrees),
      count: numberOf(args, 'count', usualCount),
    }),
    branchOptions,
  ),
  {
    name: 'undo',
    operands: ['RUN'],
    about: 'Takes the newest pin, veto, override or branch back that is still in force.',
    options,
    run(args) {
      const runId = runIdOf(args)
      return steer(args, runId, (studio) => studio.api.undoSteering({ runId }))
    },
  },
]

function angleOf(args: ParsedArguments): number {
  const angle = numberOf(args, 'angle', usualAngle)
  if (angle > 0 && angle < 180) return angle
  throw new StudioError('bad_input', `angle: expected degrees above 0 and below 180, found ${angle}`)
}

function numberOf(args: ParsedArguments, name: string, otherwise: number): number {
  const text = args.text(name)
  const value = text === undefined ? otherwise : numberOrText(text)
  if (typeof value === 'number') return value
  throw new StudioError('bad_input', `${name}: expected a number, found ${JSON.stringify(value)}`)
}

/** Does it, waits for what a run that was done makes of it, and prints the run. */
async function steer(
  args: ParsedArguments,
  runId: number,
  act: (studio: Studio) => Promise<Intervention | null>,
): Promise<number> {
  return withStudio(args, async (studio) => {
    const before = await studio.api.run({ runId })
    let intervention: Intervention | null = null
    const run = await runToEnd(studio, async () => {
      intervention = await act(studio)
      return runId
    })
    process.stderr.write(`${toldOf(intervention)}\n`)
    const code = printEnded(studio, run, args)
    if (before.status.kind === 'done') return code
    process.stderr.write(`Run ${runId} is ${statusText(run)}\n`)
    return 0
  })
}

function toldOf(intervention: Intervention | null): string {
  if (intervention === null) return 'Nothing is in force, so nothing was undone.'
  const { kind, seq, round, until } = intervention
  if (until !== null) return `Undone: ${kind} of candidate ${seq}.`
  return `${kind} of candidate ${seq}, in force from round ${round} on.`
}
