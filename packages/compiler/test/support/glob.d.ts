/** What Vite makes of a pattern, in Node and in the page alike: every module that fits, loaded on demand. */
interface ImportMeta {
  glob<M>(pattern: string): Readonly<Record<string, () => Promise<M>>>
}
