/** What Vite makes of a pattern, in Node and in the page alike: every module that fits, loaded on demand, or its text. */
interface ImportMeta {
  glob<M>(pattern: string): Readonly<Record<string, () => Promise<M>>>
  glob<T>(
    pattern: string,
    options: { readonly query: '?raw'; readonly import: 'default'; readonly eager: true }
  ): Readonly<Record<string, T>>
}
