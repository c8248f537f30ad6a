/** What a search is told on the command line, and the specification that comes of it. */

import type { PackSummary } from '../../../shared/domain.ts'
import { StudioError } from '../../../shared/errors.ts'
import { parameters, parametersOf, type ParameterId } from '../../../shared/parameters.ts'
import { defaultShift, parseRunSpec, type RunSpec } from '../../../shared/run-spec.ts'
import {
  algorithms,
  devices,
  generators,
  idsOf,
  imageVerifiers,
  samplers,
  schedules,
  verifiers,
  type AlgorithmId,
  type SamplerId,
  type ScheduleId,
} from '../../../shared/vocabulary.ts'
import { numberOrText, type Options, type ParsedArguments } from './command.ts'

const algorithmIds = idsOf(algorithms)
const parameterIds = Object.keys(parameters) as readonly ParameterId[]

/** The option of a field of the specification: `draftSteps` is `--draft-steps`. */
export function optionOf(parameter: string): string {
  return parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function algorithmsWith(parameter: ParameterId): readonly AlgorithmId[] {
  return algorithmIds.filter((id) => takes(id, parameter))
}

function takes(algorithm: AlgorithmId, parameter: ParameterId): boolean {
  const taken: readonly ParameterId[] = parametersOf[algorithm]
  return taken.includes(parameter)
}

const parameterOptions: Options = Object.fromEntries(
  parameterIds.map((id) => {
    const { about, symbol, usual } = parameters[id]
    const value = typeof usual === 'number' ? 'N' : 'ID'
    const of = algorithmsWith(id).join(', ')
    return [
      optionOf(id),
      { type: 'string', value, about: `${of}: ${symbol}, ${decapitalised(about)} (default: ${usual})` },
    ]
  }),
)

/** "Times that the pivot may move." as a part of a sentence. */
function decapitalised(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}

/** Every option of a specification. */
export const specOptions: Options = {
  pack: { type: 'string', value: 'ID', about: 'image pack (default: scenes)' },
  guide: {
    type: 'string',
    value: 'LIST',
    about: `verifiers that steer, several as an ensemble of ranks: ${idsOf(verifiers).join(', ')} (default: clip_score)`,
  },
  'held-out': {
    type: 'string',
    value: 'LIST',
    about: `verifiers that only score, to tell whether the guide was hacked: ${imageVerifiers.join(', ')} (default: none)`,
  },
  algorithm: { type: 'string', value: 'ID', about: `${algorithmIds.join(', ')} (default: random_search)` },
  ...parameterOptions,
  steps: { type: 'string', value: 'N', about: "denoising steps a candidate (default: the pack's)" },
  'final-steps': {
    type: 'string',
    value: 'N',
    about: "steps of one more image from the winner's noise (default: none is made)",
  },
  'budget-nfe': { type: 'string', value: 'N', about: 'NFE at which the search ends (default: no bound)' },
  'budget-verifier-calls': {
    type: 'string',
    value: 'N',
    about: "the guide's verdicts at which the search ends (default: no bound)",
  },
  'budget-seconds': {
    type: 'string',
    value: 'X',
    about: 'seconds of the models at which the search ends (default: no bound)',
  },
  baselines: {
    type: 'string',
    value: 'LIST',
    about: 'step counts of the baselines, "" for none (default: 5,20,80)',
  },
  guidance: { type: 'string', value: 'X', about: "guidance scale, 1 for none (default: the pack's)" },
  'negative-prompt': {
    type: 'string',
    value: 'TEXT',
    about: 'what guidance leads away from (default: nothing in particular)',
  },
  size: {
    type: 'string',
    value: 'WxH',
    about: "width and height of the pictures in pixels, such as 768x512 (default: the pack's)",
  },
  device: {
    type: 'string',
    value: 'ID',
    about: `what the models run on: ${idsOf(devices).join(', ')}; \`devices\` tells which are there (default: cpu)`,
  },
  sampler: {
    type: 'string',
    value: 'ID',
    about: `${idsOf(samplers).join(', ')} (default: the pack's, or one that the algorithm takes)`,
  },
  schedule: {
    type: 'string',
    value: 'ID',
    about: `${idsOf(schedules).join(', ')} (default: the pack's, or one that the algorithm takes)`,
  },
  shift: {
    type: 'string',
    value: 'X',
    about: `how far the schedules shifted and sd3 move their levels towards the noise (default: the pack's, or ${defaultShift})`,
  },
  seed: { type: 'string', value: 'N', about: '0 to 2^64 - 1 (default: 1)' },
  generator: {
    type: 'string',
    value: 'ID',
    about: `what starting noises are drawn with: ${idsOf(generators).join(', ')} (default: philox4x32-10)`,
  },
}

/** Of a pack that is not there: the check of the specification goes on to the fault that matters. */
const plainDefaults = { sampler: 'euler', schedule: 'linear', shift: defaultShift, steps: 20, guidance: 1 }

/** The specification that the arguments make, with the defaults of pack and algorithm; throws `bad_input`. */
export function specOf(args: ParsedArguments, packs: readonly PackSummary[]): RunSpec {
  const packId = args.text('pack') ?? 'scenes'
  const pack = packs.find(({ id }) => id === packId)
  const algorithm = args.text('algorithm') ?? 'random_search'
  const defaults = pack !== undefined && 'defaults' in pack ? pack.defaults : plainDefaults
  const number = <Otherwise>(name: string, otherwise: Otherwise) => {
    const text = args.text(name)
    return text === undefined ? otherwise : numberOrText(text)
  }
  const steps = number('steps', defaults.steps)
  return parseRunSpec({
    prompt: args.operands[0],
    negativePrompt: args.text('negative-prompt'),
    pack: packId,
    guide: listOf(args.text('guide') ?? 'clip_score'),
    heldOut: listOf(args.text('held-out') ?? ''),
    algorithm,
    ...parametersFrom(args, algorithm, steps),
    sampler: args.text('sampler') ?? fitting(defaults.sampler, takenBy[algorithm]?.samplers),
    schedule: args.text('schedule') ?? fitting(defaults.schedule, takenBy[algorithm]?.schedules),
    shift: number('shift', defaults.shift),
    steps,
    finalSteps: number('final-steps', null),
    budget: {
      nfe: number('budget-nfe', null),
      verifierCalls: number('budget-verifier-calls', null),
      seconds: number('budget-seconds', null),
    },
    guidance: number('guidance', defaults.guidance),
    size: sizeOf(args.text('size')),
    device: args.text('device'),
    baselines: listOf(args.text('baselines') ?? '5,20,80').map(numberOrText),
    seed: args.text('seed') ?? '1',
    generator: args.text('generator'),
  })
}

/** "768x512" as its two numbers; the text itself where it is none, so that the check can show what was found. */
function sizeOf(text: string | undefined) {
  if (text === undefined) return null
  const [, width, height] = /^(\d+)[x×](\d+)$/i.exec(text) ?? []
  return width === undefined ? text : { width: Number(width), height: Number(height) }
}

/** Samplers and schedules that an algorithm takes, where it does not take all. */
const takenBy: Readonly<
  Record<string, { readonly samplers: readonly SamplerId[]; readonly schedules?: readonly ScheduleId[] }>
> = {
  search_over_paths: { samplers: ['euler', 'ddim'], schedules: ['linear'] },
  first_order_search: { samplers: ['euler'] },
  fk_steering: { samplers: ['euler_ancestral', 'lcm'] },
}

/** The pack's own where the algorithm takes it, else the first that it takes. */
function fitting<Id>(packs: Id, taken: readonly Id[] | undefined): Id {
  return taken === undefined || taken.includes(packs) ? packs : (taken[0] ?? packs)
}

/** The algorithm's own parameters; throws `bad_input` for those of another. */
function parametersFrom(
  args: ParsedArguments,
  algorithm: string,
  steps: number | string,
): Readonly<Record<string, number | string>> {
  const known = algorithmIds.find((id) => id === algorithm)
  // The specification's own check says which algorithms there are.
  if (known === undefined) return {}
  for (const id of parameterIds) {
    if (args.text(optionOf(id)) === undefined || takes(known, id)) continue
    throw new StudioError(
      'bad_input',
      `--${optionOf(id)}: expected only with ${algorithmsWith(id).join(' or ')}, found the algorithm ${known}; leave it out, or choose another algorithm`,
    )
  }
  const given = (id: ParameterId): number | string => {
    const text = args.text(optionOf(id))
    return text === undefined ? usualWithin(id, steps) : numberOrText(text)
  }
  return Object.fromEntries(parametersOf[known].map((id) => [id, given(id)]))
}

/** What a parameter is when nobody says otherwise; a draft is at most half of a short way. */
function usualWithin(id: ParameterId, steps: number | string): number | string {
  const { usual } = parameters[id]
  if (id !== 'draftSteps' || typeof steps !== 'number' || typeof usual !== 'number') return usual
  return Math.max(1, Math.min(usual, Math.floor(steps / 2)))
}

/** "a, b" as its parts; nothing for an empty text. */
function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
