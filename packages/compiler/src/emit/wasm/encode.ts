/** From loop nests to the bytes of a module: a function for the program, for a turn of each loop, for each large nest. */
import { codeFor, type Code } from './code.js'
import { hostFunctions, type HostFunction } from './lanes.js'
import { planMemory, type Layout } from './memory.js'
import { NOTHING, encodeModule, type FunctionType } from './module.js'
import { CONTROL, forksOf, type Functions } from './forks.js'
import { emitNest } from './nest.js'
import { F64, I32, op } from './opcodes.js'
import {
  stageNumber,
  type Block,
  type Buffer,
  type Program,
  type Repeat,
  type SharedFunction,
  type Site
} from './program.js'
import { residenceOf } from './residence.js'
import { emitTiny, localsFor, pushPredicate, type Homes } from './tiny.js'

export interface EncodedProgram {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly address: Layout['address']
  readonly memoryBytes: number
  /** Address of the words that threads share, if there is anything to share. */
  readonly control?: number
}

export interface EncodeOptions {
  /** Whether relaxed SIMD's multiply-add may be used. */
  readonly isFused: boolean
}

const hostNames = Object.keys(hostFunctions) as readonly HostFunction[]

const imports = hostNames.map((name): FunctionType & { readonly name: string } => ({
  name,
  parameters: Array.from({ length: hostFunctions[name].length }, () => F64),
  results: [F64]
}))

/** Functions of the module under construction, by number. */
interface FunctionTable extends Functions {
  readonly all: () => readonly (FunctionType & { readonly body: Uint8Array })[]
}

const functionTable = (): FunctionTable => {
  const functions: (FunctionType & { body: Uint8Array })[] = []
  const reserve: Functions['reserve'] = (type) => {
    const entry = { ...type, body: new Uint8Array() }
    return {
      index: imports.length + functions.push(entry) - 1,
      fill: (emit) => {
        const code = codeFor(type.parameters)
        emit(code)
        entry.body = code.bytes()
      }
    }
  }
  return {
    reserve,
    add: (type, emit) => {
      const { index, fill } = reserve(type)
      fill(emit)
      return index
    },
    all: () => functions
  }
}

export const encode = (program: Program, { isFused }: EncodeOptions): EncodedProgram => {
  const residence = residenceOf(program)
  const { address, bytes } = planMemory(program, residence.isInMemory)
  const functions = functionTable()
  const control = Math.ceil(bytes / 64) * 64
  const forks = forksOf(functions, control)
  const shared = new Map<string, number>()

  const siteFor = (code: Code, node = 0): Site => ({
    code,
    lanes: program.lanes,
    isFused,
    address,
    host: (name) => hostNames.indexOf(name),
    shared: (fn: SharedFunction) => {
      const index = shared.get(fn.name) ?? functions.add(fn, (own) => fn.emit(siteFor(own)))
      shared.set(fn.name, index)
      return index
    },
    fault: () => {
      code.i32(node)
      code.globalSet(program.loops)
    },
    cursors: (cursors) =>
      cursors.forEach(({ loop, stride, last }, k) => {
        if (last !== undefined) code.i32(last)
        code.globalGet(loop)
        if (last !== undefined) code.op(op.i32Sub)
        code.i32(4 * stride)
        code.op(op.i32Mul)
        if (k > 0) code.op(op.i32Add)
      })
  })

  const homesIn = (fn: number, site: Site): Homes => {
    const known = new Map<Buffer, readonly number[]>()
    return {
      isInMemory: residence.isInMemory,
      localsOf: (buffer) => {
        if (residence.homeOf(buffer) !== fn) return undefined
        const locals = known.get(buffer) ?? localsFor(site, buffer)
        known.set(buffer, locals)
        return locals
      }
    }
  }

  const callOwn = (code: Code, emit: (site: Site) => void, node = 0): void =>
    code.call(functions.add(NOTHING, (own) => emit(siteFor(own, node))))

  const emitRepeat = ({ code }: Site, { loop, length, body }: Repeat): void => {
    code.i32(0)
    code.globalSet(loop)
    const next = (): void => {
      code.globalGet(loop)
      code.i32(1)
      code.op(op.i32Add)
      code.globalSet(loop)
    }
    if (typeof length === 'number') {
      if (length === 0) return
      const turn = functions.add(NOTHING, (own) => emitBlock(siteFor(own), loop, body))
      return code.times(length, () => {
        code.call(turn)
        next()
      })
    }
    const turn = functions.add({ parameters: [], results: [I32] }, (own) => {
      const site = siteFor(own)
      const homes = homesIn(loop, site)
      emitSteps(site, homes, length.block)
      pushPredicate(site, homes, length.predicate)
      own.op(op.i32Eqz)
      own.branch(() => {
        own.i32(0)
        own.op(op.return)
      })
      emitSteps(site, homes, body)
      own.i32(1)
    })
    code.loop(() => {
      code.call(turn)
      code.branch(() => {
        next()
        code.br(1)
      })
    })
  }

  const emitSteps = (site: Site, homes: Homes, block: Block): void => {
    const { code } = site
    for (const step of block) {
      if (step.kind === 'nest' && step.isUnrolled) emitTiny(site, step, homes)
      else if (step.kind === 'nest') callOwn(code, (own) => emitNest(own, step, residence.isNeeded))
      else if (step.kind === 'kernel') callOwn(code, step.emit, step.node)
      else if (step.kind === 'repeat') emitRepeat(site, step)
      else if (step.kind === 'fork') {
        const piece = functions.add(NOTHING, (own) => emitNest(siteFor(own), step.piece, residence.isNeeded))
        forks.emit(code, step, piece)
      } else {
        pushPredicate(site, homes, step.predicate)
        code.branch(
          () => emitSteps(site, homes, step.onTrue),
          () => emitSteps(site, homes, step.onFalse)
        )
      }
    }
  }

  const emitBlock = (site: Site, fn: number, block: Block): void => emitSteps(site, homesIn(fn, site), block)

  const stages = program.stages.map((block, stage) =>
    functions.add(NOTHING, (code) => emitBlock(siteFor(code), stageNumber(stage), block))
  )
  const help = forks.help()
  const isShared = help !== undefined
  const memoryBytes = isShared ? control + CONTROL.bytes : bytes
  const module = { imports, functions: functions.all(), globals: program.loops + 1, memoryBytes, isShared, stages }
  return {
    address,
    memoryBytes,
    bytes: encodeModule({ ...module, ...(help !== undefined && { help }) }),
    ...(isShared && { control })
  }
}
