// How every package is built: ES modules and CommonJS, each with its own declarations.
import { defineConfig } from 'tsup'

const shared = { clean: true, sourcemap: true, target: 'es2022', removeNodeProtocol: false, silent: true } as const

export const library = () => defineConfig({ ...shared, entry: ['src/index.ts'], format: ['esm', 'cjs'], dts: true })

export const program = (entry: string) => defineConfig({ ...shared, entry: [entry], format: ['esm'] })
