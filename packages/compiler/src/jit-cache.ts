/** A bounded least-recently-used cache of things that are made asynchronously and must be released when nobody uses them. */

export interface JitCache<A> {
  /** Finds or makes the entry of `key` and uses it. Concurrent calls share one making; a failed one is forgotten. */
  readonly use: <B>(key: string, make: () => Promise<A>, body: (value: A) => Promise<B>) => Promise<B>
  /** What is made and not released, least recently used first. */
  readonly values: () => readonly A[]
  /** Releases everything, after running uses have ended. */
  readonly clear: () => Promise<void>
}

interface Entry<A> {
  readonly ready: Promise<A>
  value: A | undefined
  users: number
  isRetired: boolean
}

export const jitCache = <A>(capacity: number, release: (value: A) => Promise<void>): JitCache<A> => {
  const entries = new Map<string, Entry<A>>()

  const releaseIfIdle = async (entry: Entry<A>): Promise<void> => {
    if (!entry.isRetired || entry.users > 0 || entry.value === undefined) return
    const { value } = entry
    entry.value = undefined
    await release(value)
  }
  const retire = (key: string, entry: Entry<A>): Promise<void> => {
    if (entries.get(key) === entry) entries.delete(key)
    entry.isRetired = true
    return releaseIfIdle(entry)
  }
  const create = (key: string, make: () => Promise<A>): Entry<A> => {
    const entry: Entry<A> = { ready: make(), value: undefined, users: 0, isRetired: false }
    entries.set(key, entry)
    const [oldest] = entries
    if (entries.size > capacity && oldest !== undefined) void retire(...oldest)
    return entry
  }
  const find = (key: string): Entry<A> | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key) // a Map keeps insertion order: the last is the most recently used
    entries.set(key, entry)
    return entry
  }

  return {
    use: async (key, make, body) => {
      const entry = find(key) ?? create(key, make)
      entry.users++
      try {
        entry.value ??= await entry.ready.catch((error: unknown) => {
          if (entries.get(key) === entry) entries.delete(key)
          throw error
        })
        return await body(entry.value)
      } finally {
        entry.users--
        if (entry.isRetired) await releaseIfIdle(entry)
      }
    },
    values: () => [...entries.values()].flatMap(({ value }) => (value === undefined ? [] : [value])),
    clear: async () => {
      await Promise.all([...entries].map(([key, entry]) => retire(key, entry)))
    }
  }
}
