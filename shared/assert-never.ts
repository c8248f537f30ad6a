/** Ends a switch over a union: adding a member then fails to compile wherever it was not handled. */
export function assertNever(value: never, what: string): never {
  throw new Error(`Unhandled ${what}: ${JSON.stringify(value)}`)
}
