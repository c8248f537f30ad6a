/** Remembers the promises of the last few keys; a promise that rejects is forgotten. */
export class RecentlyUsed<Value> {
  readonly #capacity: number
  readonly #entries = new Map<string, Promise<Value>>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** The value of a key, made when it is not remembered. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const value = this.#entries.get(key) ?? make()
    // A Map iterates in order of insertion: taking the key out and putting it back makes it the youngest.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > this.#capacity && oldest.done !== true) this.#entries.delete(oldest.value)
    value.catch(() => this.#entries.delete(key))
    return value
  }
}
