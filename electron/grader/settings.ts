/** Where the grader is: a server on this machine that a person has set up. Nothing is asked anywhere else. */

import { isIPv4 } from 'node:net'

import { StudioError } from '../../shared/errors.ts'

export type GraderSettings = {
  /** Base address as the servers' own guides give it, `http://127.0.0.1:8080/v1`: requests go to `chat/completions` below. */
  readonly endpoint: string
  /** What the server calls the model. */
  readonly model: string
  /** Sent as a bearer token, for servers that want one. */
  readonly apiKey?: string
}

/**
 * The grader that the environment names: GOLDPAN_GRADER_ENDPOINT and GOLDPAN_GRADER_MODEL, and where the server wants
 * one GOLDPAN_GRADER_API_KEY; null where neither of the first two is set.
 *
 * @throws `bad_input` where one of the two is missing, or the endpoint is none on this machine
 */
export function graderSettings(
  environment: Readonly<Record<string, string | undefined>>,
): GraderSettings | null {
  const endpoint = environment['GOLDPAN_GRADER_ENDPOINT'] ?? ''
  const model = environment['GOLDPAN_GRADER_MODEL'] ?? ''
  const apiKey = environment['GOLDPAN_GRADER_API_KEY'] ?? ''
  if (endpoint === '' && model === '') return null
  chatCompletions(endpoint)
  if (model === '') {
    throw new StudioError(
      'bad_input',
      'GOLDPAN_GRADER_MODEL: expected the name by which the grader knows its model, found nothing; set it, or unset GOLDPAN_GRADER_ENDPOINT too',
    )
  }
  return { endpoint, model, ...(apiKey === '' ? {} : { apiKey }) }
}

/** The address of `chat/completions` below an endpoint. Throws `bad_input` for one that is not on this machine. */
export function chatCompletions(endpoint: string): URL {
  const url = URL.parse(endpoint)
  if (url === null) throw refused(endpoint === '' ? 'nothing' : 'something that is no address')
  if (url.protocol !== 'http:') throw refused(`${url.protocol}//${url.host}`)
  if (!isLoopback(url.hostname))
    throw refused(`${url.host}, which is another machine; nothing leaves this one`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused('one with a password or a query')
  }
  return new URL(`${url.pathname.replace(/\/+$/, '')}/chat/completions`, url)
}

/** 127.0.0.0/8, ::1 or localhost. The URL parser has written out shortened and hexadecimal forms. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'))
}

function refused(found: string): StudioError {
  return new StudioError(
    'bad_input',
    `GOLDPAN_GRADER_ENDPOINT: expected the address of a server on this machine, such as http://127.0.0.1:8080/v1, found ${found}; correct it, or unset it`,
  )
}
