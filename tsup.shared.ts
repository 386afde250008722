// How every package is built: ES modules and CommonJS, each with its own declarations.
import { defineConfig } from 'tsup'

const shared = { clean: true, sourcemap: true, target: 'es2022', removeNodeProtocol: false, silent: true } as const

/** `entries` beside `src/index.ts`, each of which needs its place in the exports map. */
export const library = (...entries: readonly string[]) =>
  defineConfig({ ...shared, entry: ['src/index.ts', ...entries], format: ['esm', 'cjs'], dts: true })

/**
 * Entries by the name of their file in `dist`: the program, and the workers that it starts. Of packages that are depended on,
 * only the files that match `bundled` become part of it.
 */
export const program = (entry: Readonly<Record<string, string>>, bundled: readonly RegExp[] = []) =>
  defineConfig({ ...shared, entry: { ...entry }, format: ['esm'], noExternal: [...bundled] })
