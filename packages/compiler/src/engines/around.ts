/**
 * Our WebAssembly for what is computed number by number before and after products, another engine for the products, where
 * there is enough of the former to pay. Both parts of ours are stages of one module, so what the first made is where the
 * second looks for it.
 */
import { lower } from '../emit/wasm/lower.js'
import type { Program } from '../emit/wasm/program.js'
import { BdlError } from '../errors.js'
import type { Graph, NdArray, Node, Value } from '../graph/graph.js'
import { aroundProducts } from '../passes/around-products.js'
import type { Cut } from '../passes/cut.js'
import { randomFirst } from '../passes/random-first.js'
import { planOf, type Plan } from './around-plan.js'
import type { Engine, Executable, KernelTime, Profile } from './engine.js'
import { inTurn } from './in-turn.js'
import { undisturbed } from './profile.js'
import { loadModule, type WasmModule } from './wasm-module.js'

/** What is handed to the middle goes through arrays that are kept, since memory that threads share is not for other engines. */
const handOver = (program: Program, module: WasmModule, values: readonly Value[]) => {
  const kept = program.handed.map(({ size, dtype }) => (dtype === 'float32' ? new Float32Array(size) : undefined))
  return (): readonly NdArray[] =>
    values.map(({ shape, dtype }, i) => ({ shape, dtype, data: module.read(program.handed[i]!, kept[i]) }))
}

type Clock = (stage: 0 | 1, ms: number) => void

const executable = (
  graph: Graph,
  plan: Plan,
  program: Program,
  module: WasmModule,
  middle: Executable,
  clock: Clock = () => undefined
): Executable => {
  const { outer, results } = plan
  const handed = handOver(program, module, outer.handed)
  const timed = <A>(stage: 0 | 1, body: () => A): A => {
    const start = performance.now()
    const result = body()
    clock(stage, performance.now() - start)
    return result
  }
  const received = outer.received.map(({ id }) => plan.middle.outputs.findIndex((value) => value.id === id))
  const run: Executable['run'] = async (inputs, spare = []) => {
    const drawn = timed(0, () => {
      module.enter(
        plan.outerInputs.map((i) => inputs[i]!),
        spare
      )
      module.run(0)
      return handed()
    })
    const made = await middle.run([...plan.middleInputs.map((i) => inputs[i]!), ...drawn])
    return timed(1, () => {
      program.received.forEach((buffer, i) => module.write(buffer, made[received[i]!]!.data))
      module.run(1)
      const own = module.leave(spare)
      return results.map(({ from, index }, i): NdArray => {
        const { shape, dtype } = graph.outputs[i]!
        return from === 'middle' ? made[index]! : { shape, dtype, data: own[index]! }
      })
    })
  }
  const one = inTurn() // what the first part leaves in memory belongs to one call
  return {
    report: {
      engine: middle.report.engine,
      emitMs: module.emitMs + middle.report.emitMs,
      sessionMs: module.sessionMs + middle.report.sessionMs,
      engineNodes: program.stages.flat().length + middle.report.engineNodes
    },
    run: (inputs, spare) => one(() => run(inputs, spare)),
    dispose: async () => {
      module.dispose()
      await middle.dispose()
    }
  }
}

/** undefined where one engine is as well left with everything. */
const cutOf = (graph: Graph): Cut | undefined => aroundProducts(graph) ?? randomFirst(graph)

/** Compiles both; where our WebAssembly cannot, `products` is left with everything. */
const compileParts = async (
  graph: Graph,
  cut: Cut,
  bound: readonly NdArray[],
  given: readonly number[],
  products: Engine,
  clock?: Clock
): Promise<Executable | undefined> => {
  const plan = planOf(graph, cut, bound.length)
  const boundAt = (some: readonly number[]): readonly NdArray[] => some.map((i) => bound[i]!)
  const loading = async (): Promise<readonly [Program, WasmModule]> => {
    const isGiven = (i: number): boolean => given.includes(i) && !plan.middleInputs.includes(i)
    const places = plan.outerInputs.flatMap((i, place) => (isGiven(i) ? [place] : []))
    const program = lower(plan.outer, boundAt(plan.boundInOuter), { given: places })
    return [program, await loadModule(program, {})]
  }
  const [outer, middle] = await Promise.allSettled([
    loading(),
    products.compile(plan.middle, boundAt(plan.boundInMiddle))
  ])
  if (outer.status === 'fulfilled' && middle.status === 'fulfilled')
    return executable(graph, plan, ...outer.value, middle.value, clock)
  if (outer.status === 'fulfilled') outer.value[1].dispose()
  if (middle.status === 'fulfilled') await middle.value.dispose()
  const [failed] = [middle, outer].flatMap((made) => (made.status === 'rejected' ? [made] : []))
  if (failed === outer && failed.reason instanceof BdlError) return undefined
  throw failed?.reason
}

/** Each of our parts as one kernel, by the clock, beside what the engine of the middle says of it. */
const profileOf = async (
  graph: Graph,
  cut: Cut,
  products: Engine,
  inputs: readonly NdArray[],
  runs: number
): Promise<Profile | undefined> => {
  const [times, given]: [readonly [number[], number[]], (readonly NdArray[])[]] = [[[], []], []]
  const listening: Engine = {
    ...products,
    compile: async (middle, bound) => {
      const made = await products.compile(middle, bound)
      return {
        ...made,
        run: (values) => {
          given[0] = values
          return made.run(values)
        }
      }
    }
  }
  const whole = await compileParts(graph, cut, [], [], listening, (stage, ms) => void times[stage].push(ms))
  if (whole === undefined) return products.profile?.(graph, inputs, runs)
  for (let run = 0; run <= runs; run++) await whole.run(inputs)
  await whole.dispose()
  const middle = await products.profile?.(planOf(graph, cut, 0).middle, given[0] ?? [], runs)
  const kernel = (nodes: readonly Node[], op: string, ms: readonly number[]): readonly KernelTime[] =>
    nodes.length === 0
      ? []
      : [
          {
            nodes: nodes.map(({ outputs }) => outputs[0]!.id),
            op,
            ms: undisturbed(ms.slice(1)),
            calls: 1,
            callsInside: 0,
            isInside: false
          }
        ]
  const ours = [
    ...kernel(cut.before.nodes, 'before (wasm)', times[0]),
    ...kernel(cut.after.nodes, 'after (wasm)', times[1])
  ]
  return middle && { ...middle, kernels: [...ours, ...middle.kernels] }
}

/** `products` runs graphs of products; what is computed around those, where it is much, is our WebAssembly's. */
export const aroundEngine = (products: Engine): Engine => ({
  name: products.name,
  compile: async (graph, bound, given = []) => {
    const cut = cutOf(graph)
    const parts = cut && (await compileParts(graph, cut, bound, given, products))
    return parts ?? products.compile(graph, bound)
  },
  profile: async (graph, inputs, runs) => {
    const cut = cutOf(graph)
    return cut === undefined ? products.profile?.(graph, inputs, runs) : profileOf(graph, cut, products, inputs, runs)
  }
})
