/** The two schemes of the desktop host. Nothing is loaded over file: or any network scheme. */

import type { CustomScheme, Protocol } from 'electron'

import type { FileServer } from '../serve-files.ts'

/** The one origin whose pages may call the studio. */
export const appOrigin = 'app://studio'

/**
 * Registered once, before the app is ready. Standard, so that they have origins and relative addresses; secure and
 * fetchable as the page needs; none of the privileges that weaken a policy.
 */
export const customSchemes: CustomScheme[] = ['app', 'art'].map((scheme) => ({
  scheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true },
}))

/** Serves both schemes with the function that the browser host uses too. */
export function serveSchemes(protocol: Pick<Protocol, 'handle'>, serveFile: FileServer): void {
  for (const { scheme } of customSchemes) protocol.handle(scheme, serveFile)
}
