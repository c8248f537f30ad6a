/**
 * Errors as data.
 *
 * Every boundary of the studio (engine process, host, command line) carries an error as `{code, message, detail}`.
 * The code is for programs and comes from this closed list; the message is for people and says what was expected,
 * what was found, and what to do.
 */

export const errorCodes = [
  'bad_input',
  'unknown_pack',
  'unknown_verifier',
  'unknown_run',
  'pack_invalid',
  'pack_damaged',
  'library_locked',
  'library_unwritable',
  'library_full',
  'library_damaged',
  'library_newer',
  'engine_died',
  'engine_stalled',
  'engine_failed',
  'model_output_invalid',
  'out_of_memory',
  'grader_failed',
  'port_taken',
  'not_found',
  'unauthorised',
  'cancelled',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** An error on its way across a boundary. `detail` is for a log or a folded-out panel: a stack, a file, a field. */
export type ErrorData = {
  readonly code: ErrorCode
  readonly message: string
  readonly detail?: string
}

/** The one error class that is thrown on purpose; anything else that is thrown is a defect and becomes `internal`. */
export class StudioError extends Error {
  readonly code: ErrorCode
  readonly detail: string | undefined

  constructor(code: ErrorCode, message: string, options: { detail?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'StudioError'
    this.code = code
    this.detail = options.detail
  }
}

/** Turns whatever was thrown into data. The only place where an unknown becomes text. */
export function toErrorData(thrown: unknown): ErrorData {
  if (thrown instanceof StudioError) {
    return thrown.detail === undefined
      ? { code: thrown.code, message: thrown.message }
      : { code: thrown.code, message: thrown.message, detail: thrown.detail }
  }
  if (thrown instanceof Error) {
    return {
      code: 'internal',
      message: `Unexpected error: ${thrown.message.replace(/\.$/, '')}. Please report it with the details.`,
      ...(thrown.stack === undefined ? {} : { detail: thrown.stack }),
    }
  }
  return {
    code: 'internal',
    message: `Unexpected error: ${String(thrown)}. Please report it with the details.`,
  }
}

/** The way back: an error that arrived as data is thrown again on this side, with the name of the call it answers. */
export function fromErrorData(data: ErrorData, call: string): StudioError {
  const detail = data.detail === undefined ? `in ${call}` : `in ${call}\n${data.detail}`
  return new StudioError(data.code, data.message, { detail })
}
