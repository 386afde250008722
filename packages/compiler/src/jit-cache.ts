/** A bounded least-recently-used cache of things that are made asynchronously and must be released when nobody uses them. */

export interface JitCache<A> {
  /** Finds or makes the entry of `key` and uses it. Concurrent calls share one making; a failed one is forgotten. */
  readonly use: <B>(key: string, make: () => Promise<A>, body: (value: A) => Promise<B>) => Promise<B>
  /** What is made and not released, least recently used first. */
  readonly values: () => readonly A[]
  /** Releases everything once uses that are under way have ended; resolves when all that ever left is released. */
  readonly clear: () => Promise<void>
}

interface Entry<A> {
  readonly ready: Promise<A>
  value: A | undefined
  users: number
  /** Whether it has left the cache: its last user releases it. */
  isRetired: boolean
  readonly release: () => void
  readonly released: Promise<void>
}

const newEntry = <A>(ready: Promise<A>, release: (value: A) => Promise<void>): Entry<A> => {
  let end = (): void => undefined
  const entry: Entry<A> = {
    ready,
    value: undefined,
    users: 0,
    isRetired: false,
    release: () => end(),
    released: new Promise((resolve) => {
      end = () => resolve(entry.value === undefined ? undefined : release(entry.value))
    })
  }
  return entry
}

/** @param release must not be called while the value is in use, and is called once */
export const jitCache = <A>(capacity: number, release: (value: A) => Promise<void>): JitCache<A> => {
  const entries = new Map<string, Entry<A>>()
  const leaving = new Set<Promise<void>>()

  const retire = (key: string, entry: Entry<A>): void => {
    entries.delete(key)
    entry.isRetired = true
    // Whoever clears the cache hears of a release that failed; a call that pushed an entry out has its result all the same.
    const left = entry.released.then(() => void leaving.delete(left))
    left.catch(() => undefined)
    leaving.add(left)
    if (entry.users === 0) entry.release()
  }
  const create = (key: string, make: () => Promise<A>): Entry<A> => {
    const entry = newEntry(make(), release)
    entries.set(key, entry)
    const [oldest] = entries
    if (entries.size > capacity && oldest !== undefined) retire(...oldest)
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
        if (entry.isRetired && entry.users === 0) entry.release()
      }
    },
    values: () => [...entries.values()].flatMap(({ value }) => (value === undefined ? [] : [value])),
    clear: async () => {
      for (const [key, entry] of [...entries]) retire(key, entry)
      const outcomes = await Promise.allSettled(leaving)
      leaving.clear()
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    }
  }
}
