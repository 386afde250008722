/** Explanations: sizes, passes and times add up, loops and fused nodes find their place, nothing is left behind. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, test } from 'vitest'
import {
  cond,
  explain,
  explainWith,
  formatExplanation,
  jit,
  onnxEngine,
  referenceEngine,
  scan,
  valueAndGrad,
  whileLoop,
  type Engine,
  type Explanation
} from '../src/index'
import { optimise } from '../src/passes/optimise'
import { graphDot } from '../src/inspect/graph-dot'
import { bytesOfValues, peakBytes } from '../src/inspect/sizes'
import { add } from '../src/primitives/binary'
import { matMul } from '../src/primitives/linalg'
import { traceGraph } from '../src/trace/trace-graph'
import { f32, graphOf } from './support/graphs'

type Net = { readonly w: tf.Tensor; readonly b: tf.Tensor }

const p: Net = { w: tf.ones([32, 32]), b: tf.ones([32]) }
const x = tf.ones([64, 32])

const layer = (q: Net, v: tf.Tensor): tf.Tensor => tf.tanh(tf.add(tf.matMul(v, q.w), q.b))
const loop = (q: Net, v: tf.Tensor): tf.Tensor =>
  scan((c: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [layer(q, c), []], v, [], { length: 7 })[0]
const loss = (q: Net, v: tf.Tensor): tf.Tensor => tf.sum(tf.square(loop(q, v)))
const step = (q: Net, v: tf.Tensor) => valueAndGrad(loss)(q, v)

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

/** What one run takes is what its nodes take, what is between them, and what the profile itself costs. */
const expectTimesToAddUp = ({ profile, times }: Explanation): void => {
  const parts = sum(times.map(({ ms }) => ms)) + profile!.betweenMs + profile!.costMs
  expect(parts / profile!.runMs).toBeCloseTo(1, 9)
  const attributed = sum(times.map(({ share }) => share))
  const between = profile!.betweenMs / (profile!.runMs - profile!.costMs)
  expect(attributed + between).toBeCloseTo(1, 9)
  for (const { ms, share } of times) {
    expect(ms).toBeGreaterThanOrEqual(0)
    expect(share).toBeLessThanOrEqual(1)
  }
  expect([...times].sort((a, b) => b.ms - a.ms)).toEqual(times)
}

describe('sizes', () => {
  test('are those of stats(), pass by pass', async () => {
    const compiled = jit(step)
    await compiled(p, x)
    const [stats] = compiled.stats()
    const explained = await explainWith({ runs: 2 })(step, p, x)
    expect(explained.tracedNodes).toBe(stats!.tracedNodes)
    expect(explained.nodes).toBe(stats!.optimisedNodes)
    expect(explained.engineNodes).toBe(stats!.engineNodes)
    const shape = ({ name, before, after }: { name: string; before: number; after: number }) => ({
      name,
      before,
      after
    })
    expect(explained.passes.map(shape)).toEqual(stats!.passes.map(shape))
    expect(explained.passes.at(-1)!.bytesAfter).toBe(explained.bytes)
    explained.passes.slice(1).forEach((pass, i) => expect(pass.bytesBefore).toBe(explained.passes[i]!.bytesAfter))
    await compiled.dispose()
  })

  test('bytes of values, and of those alive at a time', () => {
    // 4 × 3 and 3 × 5 in, products of 4 × 5; the first is dead once the second is made
    const graph = graphOf([f32(4, 3), f32(3, 5)], ({ op }, [a, b]) => {
      const first = op(matMul, [a!, b!], { transposeA: false, transposeB: false })
      const second = op(add, [first, first], {})
      return [op(add, [second, second], {})]
    })
    expect(bytesOfValues(graph)).toBe(3 * 20 * 4)
    expect(peakBytes(graph)).toBe((12 + 15 + 2 * 20) * 4)
  })

  test('a body counts once among values, and at its peak among what is alive', () => {
    const traced = traceGraph((v) => [loop(p, v!)], [f32(64, 32)], 'test')
    const { graph } = optimise(traced.graph)
    const body = 64 * 32 * 4
    expect(bytesOfValues(graph)).toBeGreaterThanOrEqual(2 * body)
    expect(peakBytes(graph)).toBeGreaterThanOrEqual(3 * body)
  })
})

describe('times', () => {
  test('of nodes, of loops and of what is between them add up', async () => {
    const explained = await explain(step, p, x)
    expectTimesToAddUp(explained)
    expect(explained.profile!.runs).toBe(20)
    expect(explained.profile!.arenaBytes).toBeGreaterThan(0)

    const inside = explained.times.filter(({ within }) => within.length > 0)
    expect(inside.flatMap(({ within }) => within)).toEqual(inside.map(() => expect.stringMatching(/^%\d+ scan$/)))
    for (const { ops, calls, kernels } of inside.filter(({ ops: [op] }) => op === 'gemm' || op === 'matMul'))
      expect([ops, kernels.length, calls]).toEqual([ops, 1, 7])
    const loops = explained.times.filter(({ ops }) => ops.includes('scan'))
    expect(loops).toHaveLength(2)
    for (const { kernels } of loops) expect(kernels).toContain('Loop')
  })

  test('of one heavy product are most of the run', async () => {
    const large = tf.ones([512, 512])
    const explained = await explain((a: tf.Tensor) => tf.neg(tf.matMul(a, a)), large)
    expect(explained.times[0]).toMatchObject({ ops: ['matMul'], calls: 1, type: 'float32[512,512]' })
    expect(explained.times[0]!.share).toBeGreaterThan(0.5)
    expectTimesToAddUp(explained)
  })

  test('a product and its activation share a kernel', async () => {
    const explained = await explain(layer, p, x)
    expect(explained.times).toMatchObject([{ ops: ['gemm', 'tanh'], kernels: ['FusedGemm'] }])
    expect(explained.absorbed).toEqual([])
    expect(formatExplanation(explained)).toMatch(/%\d+\+%\d+ +gemm/)
  })

  test('a node that the runtime fuses into another has no kernel of its own', async () => {
    const image = tf.ones<tf.Rank.R4>([1, 8, 8, 2])
    const convolved = (v: tf.Tensor4D) => tf.relu(tf.conv2d(v, tf.ones([3, 3, 2, 2]), 1, 'same'))
    const explained = await explain(convolved, image)
    const relu = /(%\d+) = relu/.exec(explained.graph)![1]
    expect(explained.absorbed).toContain(relu)
    expect(formatExplanation(explained)).toMatch(
      new RegExp(`without a kernel of their own \\(fused or removed\\): .*${relu}`)
    )
  })

  test.each(['eager', 'reference'] as const)('by the clock on the %s engine, bodies too', async (engine) => {
    const explained = await explainWith({ engine, runs: 4 })(loop, p, x)
    expectTimesToAddUp(explained)
    expect(explained).toMatchObject({ engine, profile: { runs: 4 }, absorbed: [] })
    const tanh = explained.times.find(({ ops }) => ops.includes('tanh'))!
    expect(tanh).toMatchObject({ calls: 7, within: [expect.stringMatching(/scan$/)] })
  })

  test('an engine without a profile says so', async () => {
    const { profile: _, ...silent } = referenceEngine
    const explained = await explainWith({ engine: { ...silent, name: 'silent' } })(loop, p, x)
    expect(explained.profile).toBeUndefined()
    expect(explained.times).toEqual([])
    expect(formatExplanation(explained)).toContain('no times per node')
  })

  test('the WebAssembly runtime keeps none', async () => {
    const explained = await explainWith({ engine: onnxEngine({ runtime: 'wasm' }), runs: 3 })(layer, p, x)
    expect(explained.profile).toBeUndefined()
    expect(explained.runMs).toBeGreaterThan(0)
    expect(formatExplanation(explained)).toContain('no times per node: onnx keeps no profile here')
  })

  test('a run with very many kernels is profiled in fewer runs', async () => {
    const many = (v: tf.Tensor) =>
      scan(
        (c: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [tf.sin(tf.exp(tf.neg(c))), []],
        v,
        [],
        {
          length: 6_000
        }
      )[0]
    const explained = await explainWith({ runs: 50 })(many, tf.scalar(1))
    expect(explained.profile!.runs).toBeLessThan(5)
    expect(explained.times.find(({ ops }) => ops.includes('sin'))!.calls).toBe(6_000)
  })
})

describe('the graph', () => {
  test('as text: one line a node, bodies within their loop, the line of the program', async () => {
    const { graph } = await explainWith({ runs: 1 })(loop, p, x)
    const lines = graph.split('\n')
    expect(lines[0]).toBe('(%0 : float32[32], %1 : float32[32,32], %2 : float32[64,32])')
    expect(lines[1]).toMatch(/^%3 = scan %\d %\d %2 length=7 : float32\[64,32\] {2}# explain\.test\.ts:\d+$/)
    expect(lines[2]).toMatch(/^ {2}body\(%4 : .*, %5 : .*, %6 : float32\[64,32\]\)$/)
    expect(lines[3]).toMatch(/^ {4}%7 = gemm %6 %\d %\d : float32\[64,32\] {2}# explain\.test\.ts:\d+$/)
    expect(lines[4]).toMatch(/^ {4}%8 = tanh %7 : float32\[64,32\] {2}# explain\.test\.ts:\d+$/)
    expect(lines.slice(5)).toEqual(['      return %8', 'return %3'].map((line) => line.replace('      ', '    ')))
  })

  test('derivatives name the rule and the line of the op', async () => {
    const { graph } = await explainWith({ runs: 1 })(step, p, x)
    expect(graph).toMatch(/# vjp of tanh, explain\.test\.ts:\d+/)
  })

  test('for Graphviz: boxes and arrows for every node, frames around bodies, colours by time', async () => {
    const { dot, graph } = await explainWith({ name: 'step' })(step, p, x)
    const nodes = [...graph.matchAll(/^\s*(%\d+)[^=(]*= (\w+)/gm)].filter(([, , op]) => op !== 'constant')
    for (const [, id, op] of nodes) expect(dot).toMatch(new RegExp(`"${id}" \\[label=<<b>${op}`))
    expect([...dot.matchAll(/subgraph/g)]).toHaveLength(2)
    expect(dot).toMatch(/fillcolor="#e31a1c"/)
    const known = new Set([...dot.matchAll(/^\s*("[^"]+") \[/gm)].map((match) => match[1]))
    const ends = [...dot.matchAll(/^\s*("[^"]+") -> ("[^"]+")$/gm)].flatMap(([, from, to]) => [from, to])
    expect(ends.length).toBeGreaterThan(20)
    expect(ends.filter((end) => !known.has(end))).toEqual([])
  })

  test('too large: loops as boxes, then lines of the program, then a note', async () => {
    const size = (most: number) => explainWith({ mostDrawn: most, runs: 1 })(step, p, x)
    expect((await size(100)).dot).not.toContain('loops as boxes')
    const boxed = (await size(20)).dot
    expect(boxed).toContain('loops as boxes')
    expect(boxed).not.toContain('subgraph')
    expect(boxed).toMatch(/\d nodes inside/)
    const byLine = (await size(10)).dot
    expect(byLine).toContain('by lines of the program')
    expect(byLine).toMatch(/<b>explain\.test\.ts:\d+<\/b>/)
    expect((await size(2)).dot).toMatch(/too many for a picture of 2 boxes/)
  })

  test('without times, and with text that Graphviz would take for its own', () => {
    const { graph } = traceGraph((v) => [tf.sin(v!)], [f32(2)], 'test')
    expect(graphDot(graph, { name: 'a "b" \\ <c>' })).toContain('digraph "a \\"b\\" \\\\ <c>"')
  })

  test('branches and loops of unknown length', async () => {
    const f = (v: tf.Tensor) =>
      cond(
        tf.greater(v, 0),
        (a: tf.Tensor) => tf.exp(a),
        (a: tf.Tensor) =>
          whileLoop(
            (c: tf.Tensor) => tf.less(c, 3),
            (c: tf.Tensor) => tf.add(c, tf.exp(c)),
            a
          ),
        v
      )
    const explained = await explain(f, tf.scalar(-1))
    expect(explained.graph).toMatch(/ {2}onTrue\(/)
    expect(explained.graph).toMatch(/ {6}cond\(/)
    let [turns, c] = [0, -1]
    for (; c < 3; turns++) c += Math.exp(c)
    const exp = explained.times.filter(({ call }) => call.startsWith('exp'))
    expect(exp.map(({ within, calls }) => [within.length, calls])).toEqual([[2, turns]])
    expectTimesToAddUp(explained)
  })
})

describe('what is left behind', () => {
  const leftovers = (): readonly string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('bdl-profile-'))

  test('no tensor, no session, no file', async () => {
    const inner = onnxEngine()
    let open = 0
    const engine: Engine = {
      ...inner,
      compile: async (graph, bound) => {
        const executable = await inner.compile(graph, bound)
        open++
        return { ...executable, dispose: () => (open--, executable.dispose()) }
      }
    }
    const before = [tf.memory().numTensors, leftovers()]
    await explainWith({ engine, runs: 3 })(step, p, x)
    await explainWith({ engine: 'eager', runs: 3 })(step, p, x)
    expect([tf.memory().numTensors, leftovers()]).toEqual(before)
    expect(open).toBe(0)
  })

  test('nor if the program fails', async () => {
    const before = [tf.memory().numTensors, leftovers()]
    const broken = { ...referenceEngine, profile: () => Promise.reject(new Error('no profile today')) }
    await expect(explainWith({ engine: broken })(step, p, x)).rejects.toThrow('no profile today')
    await expect(explain((v: tf.Tensor) => tf.tensor(v.dataSync()), x)).rejects.toThrow(/reads the value/)
    expect([tf.memory().numTensors, leftovers()]).toEqual(before)
  })

  test('inside a trace it is refused', () => {
    expect(() => valueAndGrad((v: tf.Tensor) => (void explain(tf.sin, v), tf.sum(v)))(x)).toThrow(/explain: context/)
  })
})

test('as text: stages, passes, times, the graph', async () => {
  const explained = await explainWith({ name: 'step' })(step, p, x)
  const text = formatExplanation(explained, { top: 3 })
  expect(text).toMatch(/^step on onnx: [\d.e-]+ ms a run\n/)
  expect(text).toMatch(/simplify +\d+ +\d+ +[\d.]+ kB +[\d.]+ kB +[\d.e-]+ ms/)
  expect(text).toMatch(/by op: [\w+]+ \d+\.\d %/)
  expect(text).toMatch(/by line: explain\.test\.ts:\d+ \d+\.\d %/)
  expect(text).toContain(explained.graph)
  expect(text).toContain(`and ${explained.times.length - 3} more`)
  expect(formatExplanation(explained, { graph: false })).not.toContain('return')
})
