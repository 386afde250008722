/** The binary format of a module: sections of functions, one memory, globals. */
import { byteWriter } from './byte-writer.js'
import { signed, unsigned, utf8 } from './bytes.js'
import { I32, op, type ValueType } from './opcodes.js'

export interface FunctionType {
  readonly parameters: readonly ValueType[]
  readonly results: readonly ValueType[]
}

/** Takes and leaves nothing. */
export const NOTHING: FunctionType = { parameters: [], results: [] }

export interface ModuleParts {
  /** Functions of the host, imported from module "host". They come first in the numbering of functions. */
  readonly imports: readonly (FunctionType & { readonly name: string })[]
  /** `body` is of a `Code`. */
  readonly functions: readonly (FunctionType & { readonly body: Uint8Array })[]
  /** Mutable globals of type i32, zero at the start; the last of them is exported as "fault". */
  readonly globals: number
  readonly memoryBytes: number
  /** Whether threads share the memory: then it is imported, as "host" "memory". */
  readonly isShared?: boolean
  /** Indices of the functions exported as "run", "run1", ... */
  readonly stages: readonly number[]
  /** Index of the function exported as "help", if there is one. */
  readonly help?: number
}

const PAGE = 65536

export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE)

const section = (id: number, content: readonly number[]): number[] =>
  content.length === 0 ? [] : [id, ...unsigned(content.length), ...content]

const list = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()]

const typeOf = ({ parameters, results }: FunctionType): number[] => [
  0x60,
  ...unsigned(parameters.length),
  ...parameters,
  ...unsigned(results.length),
  ...results
]

/** The memory, the functions of the stages and the global "fault" are exported. */
export const encodeModule = ({
  imports,
  functions,
  globals,
  memoryBytes,
  isShared = false,
  stages,
  help
}: ModuleParts): Uint8Array<ArrayBuffer> => {
  const pages = pagesOf(memoryBytes)
  const limits = [isShared ? 0x03 : 0x01, ...unsigned(pages), ...unsigned(pages)]
  const functionImports = imports.map(({ name }, i) => [...utf8('host'), ...utf8(name), 0x00, ...unsigned(i)])
  const memoryImport = isShared ? [[...utf8('host'), ...utf8('memory'), 0x02, ...limits]] : []
  const types = [...imports, ...functions].map(typeOf)
  const sections = [
    section(1, list(types)),
    section(2, list([...functionImports, ...memoryImport])),
    section(3, list(functions.map((_, i) => unsigned(imports.length + i)))),
    section(5, isShared ? [] : [1, ...limits]),
    section(6, list(Array.from({ length: globals }, () => [I32, 0x01, op.i32Const, ...signed(0), op.end]))),
    section(
      7,
      list([
        [...utf8('memory'), 0x02, 0],
        ...stages.map((index, k) => [...utf8(k === 0 ? 'run' : `run${k}`), 0x00, ...unsigned(index)]),
        ...(help === undefined ? [] : [[...utf8('help'), 0x00, ...unsigned(help)]]),
        ...(globals > 0 ? [[...utf8('fault'), 0x03, ...unsigned(globals - 1)]] : [])
      ])
    )
  ]
  return withCode(
    sections.flat(),
    functions.map(({ body }) => body)
  )
}

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** The code section is by far the longest, and the last. */
const withCode = (before: readonly number[], bodies: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const code = byteWriter()
  code.unsigned(bodies.length)
  for (const body of bodies) {
    code.unsigned(body.length)
    code.bytes(body)
  }
  const content = code.written()
  const module = byteWriter()
  module.bytes([...MAGIC_AND_VERSION, ...before, 10])
  module.unsigned(content.length)
  module.bytes(content)
  return module.written()
}
