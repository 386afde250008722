/** Programs of this folder, bundled and run by a Node of their own. */
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'tsup'

const run = promisify(execFile)

/** Inside the package, so that the bundle finds what it leaves out. */
const folderOf = (name: string): string => join(import.meta.dirname, '../../reports/child', name)

export interface ChildOptions {
  readonly minify?: boolean
  /** Whether TensorFlow.js and this compiler go into the same file as the program. */
  readonly isWhole?: boolean
  readonly flags?: readonly string[]
  readonly arguments?: readonly string[]
}

/** TensorFlow.js asks for modules of Node by `require`, which a module has not. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

/** Bundles `support/<name>.ts`; returns the path of the script, which has a source map beside it. */
export const bundleProgram = async (name: string, { minify = false, isWhole = false }: ChildOptions) => {
  const folder = folderOf(`${name}${minify ? '-small' : ''}${isWhole ? '-whole' : ''}`)
  mkdirSync(folder, { recursive: true })
  await build({
    entry: { [name]: join(import.meta.dirname, `${name}.ts`) },
    outDir: folder,
    config: false,
    format: ['esm'],
    platform: 'node',
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    splitting: false,
    sourcemap: true,
    minify,
    external: ['onnxruntime-node', 'onnxruntime-web'],
    ...(isWhole && { noExternal: [/@tensorflow/, /@bufbuild/], banner: { js: REQUIRE } }),
    silent: true
  })
  return join(folder, `${name}.mjs`)
}

/** Bundles and runs `support/<name>.ts`; gives the JSON that it prints last. */
export const runProgram = async (name: string, options: ChildOptions = {}): Promise<unknown> => {
  const script = await bundleProgram(name, options)
  const { stdout } = await run(process.execPath, [...(options.flags ?? []), script, ...(options.arguments ?? [])], {
    maxBuffer: 1 << 26
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
