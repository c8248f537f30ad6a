import { batchSizes } from '../../../shared/memory.ts'
import { numberOrText, type Options, type ParsedArguments } from './command.ts'

export const batchOption: Options = {
  'batch-size': {
    type: 'string',
    value: 'N',
    about: `candidates that are evaluated together, ${batchSizes.least} to ${batchSizes.most}: fewer take less memory and give the same images (default: ${batchSizes.usual})`,
  },
}

/** What was asked for, to be checked by the studio; nothing where nothing was. */
export function batchSizeOf(args: ParsedArguments): { readonly batchSize?: number } {
  const text = args.text('batch-size')
  return text === undefined ? {} : { batchSize: numberOrText(text) as number }
}
