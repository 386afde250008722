/** Audits of programs whose loss of digits is known: what they blame, where, and by how much. */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  audit,
  auditWith,
  cond,
  eagerEngine,
  formatAudit,
  grad,
  jit,
  onnxEngine,
  scan,
  valueAndGrad,
  vmap,
  whileLoop,
  type AuditReport,
  type Engine,
  type NodeAudit
} from '../src/index'
import { hostOf, tensorOf } from './support/laws'
import { rows } from './support/primitive-rows'

const u = 2 ** -24

const below = (most: number): unknown => expect.toSatisfy((x: number) => x < most)

/** The line that calls this. */
const line = (): string => /audit\.test\.ts(?:\?[^:]*)?:(\d+)/.exec(new Error().stack!.split('\n')[2]!)![1]!

const culprit = (report: AuditReport): NodeAudit => report.culprits[0]!

const lineOf = ({ at }: NodeAudit): string | undefined => /audit\.test\.ts:(\d+)/.exec(at ?? '')?.[1]

const relative = (got: number, exact: number): number => Math.abs(got - exact) / Math.abs(exact)

describe('known cancellations', () => {
  test('1 - cos x: the subtraction, not the cosine', async () => {
    const x = Math.fround(0.01)
    let here = ''
    const f = (at: tf.Tensor): tf.Tensor => {
      const c = tf.cos(at)
      here = line()
      return tf.sub(1, c)
    }
    const report = await audit(f, tf.scalar(x))
    expect(report.culprits.map(({ op, cause }) => `${op}: ${cause}`)).toEqual(['sub: cancellation'])
    expect(lineOf(culprit(report))).toBe(String(Number(here) + 1))

    // the local error is that of the right cosine rounded to float32; the accumulated error is what the engine gives
    const exact = 1 - Math.cos(x)
    expect(culprit(report).local.relative).toBeCloseTo(relative(1 - Math.fround(Math.cos(x)), exact), 12)
    const engine = (await jit(f)(tf.scalar(x))).dataSync()[0]!
    expect(report.outputs[0]!.relative).toBeCloseTo(relative(engine, exact), 12)
    expect(report.outputs[0]!.worst).toEqual({ index: 0, exact, got: engine })
    expect(report.outputs[0]!.digitsLost).toBeCloseTo(Math.log10(relative(engine, exact) / u), 8)

    // amplification is the condition number of 1 - c: c / (1 - c)
    expect(culprit(report).amplification! / (Math.cos(x) / exact)).toBeCloseTo(1, 3)
  })

  test('2 sin²(x/2), the same function, loses nothing', async () => {
    const report = await audit((x: tf.Tensor) => tf.mul(2, tf.square(tf.sin(tf.div(x, 2)))), tf.scalar(0.01))
    expect(report.culprits).toEqual([])
    expect(report.outputs[0]!.relative).toBeLessThan(4 * u)
    expect(formatAudit(report)).toContain('No output loses a digit.')
  })

  test('E[x²] - E[x]²: the difference, six digits; the centred form, none', async () => {
    const values = Float32Array.from({ length: 256 }, (_, i) => 1000 + Math.sin(i))
    const mean = values.reduce((sum, v) => sum + v, 0) / 256
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 256
    const naive = (x: tf.Tensor) => tf.sub(tf.mean(tf.square(x)), tf.square(tf.mean(x)))
    const report = await audit(naive, tf.tensor1d(values))
    expect(culprit(report)).toMatchObject({ op: 'sub', cause: 'cancellation' })
    expect(report.culprits).toHaveLength(1)
    expect(report.outputs[0]!.worst!.exact / variance).toBeCloseTo(1, 6) // float64 cancels too: 10 digits of 16 are left
    expect(culprit(report).local.digitsLost).toBeGreaterThan(4)

    const centred = (x: tf.Tensor) => tf.mean(tf.square(tf.sub(x, tf.mean(x))))
    expect((await audit(centred, tf.tensor1d(values))).outputs[0]!.digitsLost).toBeLessThan(3.5)
  })

  test('log Σ exp x without a shift: exp overflows, and is where infinity appears', async () => {
    const x = tf.tensor1d([100, 101, 5])
    const report = await audit((v: tf.Tensor) => tf.log(tf.sum(tf.exp(v))), x)
    expect(report.culprits.map(({ op, cause }) => `${op}: ${cause}`)).toEqual(['exp: overflow'])
    expect(report.firstNonFinite).toMatchObject({ op: 'exp', nonFinite: { got: 2, exact: 0 } })
    expect(report.outputs[0]!.worst).toMatchObject({ got: Infinity })
    expect(report.outputs[0]!.worst!.exact).toBeCloseTo(101 + Math.log1p(Math.exp(-1) + Math.exp(-96)), 12)
    expect(report.nodes.filter(({ cause }) => cause === 'inherited').map(({ op }) => op)).toEqual(['sum', 'log'])

    const stable = await audit((v: tf.Tensor) => tf.logSumExp(v), x)
    expect(stable.culprits).toEqual([])
    expect(stable.firstNonFinite).toBeUndefined()
    expect(stable.outputs[0]!.digitsLost).toBeLessThan(0.5)
  })

  test('log Σ exp x without a shift: exp underflows, and log makes an infinity of it', async () => {
    const report = await audit((v: tf.Tensor) => tf.log(tf.sum(tf.exp(v))), tf.tensor1d([-110, -111]))
    expect(culprit(report)).toMatchObject({ op: 'exp', cause: 'underflow' })
    expect(report.firstNonFinite).toMatchObject({ op: 'log' })
  })

  test('digits lost where no output feels them have no influence', async () => {
    const f = (x: tf.Tensor) => tf.add(1, tf.sub(1, tf.cos(x)))
    const report = await auditWith({ passes: [] })(f, tf.scalar(0.001))
    const sub = report.nodes.find(({ op }) => op === 'sub')!
    expect(sub.local.digitsLost).toBeGreaterThan(3)
    expect(sub.influence!.digitsLost).toBe(0)
    expect(report.culprits).toEqual([])
  })

  test('an ill-conditioned op that is no sum, and a comparison that comes out the other way', async () => {
    const f = (x: tf.Tensor) => tf.sin(tf.mul(tf.square(x), 1e5))
    expect(culprit(await audit(f, tf.scalar(1.2345)))).toMatchObject({ op: 'sin', cause: 'ill-conditioned' })
    // x² is 1 + 2e-7 + 1e-14: nothing but float64 sees it above 1 + 2e-7
    const g = (x: tf.Tensor) => tf.greater(tf.square(x), 1 + 2 * 2 ** -23)
    const report = await audit(g, tf.scalar(1 + 2 ** -23))
    expect(culprit(report)).toMatchObject({ op: 'greater', cause: 'decision' })
    expect(report.outputs[0]).toMatchObject({ dtype: 'bool', relative: 1 })
  })
})

describe('loops and branches', () => {
  const slope = (x: tf.Tensor): tf.Tensor => tf.div(tf.sub(1, tf.cos(x)), tf.square(x))

  test('a scan is audited at the turn that goes wrong', async () => {
    const xs = [1, 0.8, 0.5, 1e-3, 0.9, 0.7]
    const body = (sum: tf.Tensor, x: tf.Tensor): readonly [tf.Tensor, tf.Tensor] => {
      const y = slope(tf.add(x, tf.mul(sum, 2 ** -20)))
      return [tf.add(sum, y), y]
    }
    const report = await audit((rows: tf.Tensor) => scan(body, tf.scalar(0), rows)[0], tf.tensor1d(xs))
    const inside = report.nodes.filter(({ within }) => within.length > 0)
    expect(new Set(inside.map(({ within }) => within.join()))).toEqual(
      new Set([expect.stringMatching(/^turn 4 of 6 of %\d+ scan$/)])
    )
    let [sum, at] = [0, 0]
    for (const x of xs.slice(0, 4)) {
      at = Math.fround(x) + sum * 2 ** -20
      sum += (1 - Math.cos(at)) / at ** 2
    }
    const worst = inside.find(({ op }) => op === 'sub')!
    expect(worst.cause).toBe('cancellation')
    expect(report.culprits).toContain(worst)
    expect(worst.local.relative).toBeCloseTo(relative(1 - Math.fround(Math.cos(at)), 1 - Math.cos(at)), 9)
  })

  test('errors that only grow are audited at the last turn, and the loop is to blame', async () => {
    const f = (x: tf.Tensor) =>
      scan((c: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [tf.add(c, 0.1), []], x, [], {
        length: 1000
      })[0]
    const report = await audit(f, tf.scalar(0))
    let [exact, float32] = [0, 0]
    for (let i = 0; i < 1000; i++)
      [exact, float32] = [exact + Math.fround(0.1), Math.fround(float32 + Math.fround(0.1))]
    expect(report.outputs[0]!.worst).toEqual({ index: 0, exact, got: float32 })
    expect(culprit(report)).toMatchObject({ op: 'scan', cause: 'loop' })
    expect(report.nodes.at(-1)!.within).toEqual([expect.stringMatching(/^turn 1000 of 1000 of/)])
  })

  test('a while loop that ends a turn earlier on the engine', async () => {
    // ten times 0.1 is 1.0000001 in float32, and 1.0000000149 in float64 (of the float32 number 0.1)
    const f = (x: tf.Tensor) =>
      whileLoop(
        (c: tf.Tensor) => tf.less(c, 1 + 2 ** -23),
        (c: tf.Tensor) => tf.add(c, 0.1),
        x
      )
    const report = await audit(f, tf.scalar(0))
    expect(report.outputs[0]!.worst!.got).toBeCloseTo(1, 6)
    expect(report.outputs[0]!.worst!.exact).toBeCloseTo(1.1, 6)
    const inside = report.nodes.filter(({ within }) => within.length > 0)
    expect(inside.map(({ op }) => op)).toEqual(expect.arrayContaining(['less', 'add']))
    expect(inside[0]!.within[0]).toContain('(float64 goes on)')
  })

  test('the branch that float64 takes, and that the engine takes the other', async () => {
    const choose = (x: tf.Tensor) =>
      cond(
        tf.greater(tf.square(x), 1 + 2 * 2 ** -23),
        (v: tf.Tensor) => tf.sub(1, tf.cos(v)),
        (v: tf.Tensor) => tf.exp(v),
        x
      )
    const close = await audit(choose, tf.scalar(1 + 2 ** -23))
    expect(close.nodes.at(-1)!.within[0]).toContain('the engine takes the other one')
    const clear = await audit(choose, tf.scalar(0.01))
    expect(clear.nodes.at(-1)).toMatchObject({ op: 'exp' })
    expect(clear.nodes.at(-1)!.within[0]).toMatch(/^the other branch taken of %\d+ cond$/)
  })

  test('loops in loops', async () => {
    const inner = (x: tf.Tensor): tf.Tensor =>
      scan((s: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [tf.sin(s), []], x, [], {
        length: 3
      })[0]
    const outer = (x: tf.Tensor): tf.Tensor =>
      scan((s: tf.Tensor, _: readonly []): readonly [tf.Tensor, readonly []] => [inner(s), []], x, [], { length: 2 })[0]
    const report = await audit(outer, tf.scalar(1))
    const sin = report.nodes.find(({ op }) => op === 'sin')!
    expect(sin.within).toEqual([expect.stringMatching(/^turn 2 of 2/), expect.stringMatching(/^turn 3 of 3/)])
    let [exact, before] = [1, 1]
    for (let i = 0; i < 6; i++) [before, exact] = [exact, Math.sin(exact)]
    expect(sin.accumulated.relative).toBeLessThan(8 * u)
    expect(sin.local.relative).toBeCloseTo(relative(Math.fround(Math.sin(Math.fround(before))), exact), 7)
  })
})

describe('what is audited', () => {
  const data = tf.tidy(() => tf.reshape(tf.sin(tf.mul(tf.range(0, 12), 1.7)), [4, 3]))

  test('gradients carry the line of the op whose rule they are', async () => {
    let here = ''
    const f = (x: tf.Tensor): tf.Tensor => {
      here = line()
      return tf.log(tf.sub(1, tf.cos(x)))
    }
    const report = await audit((x: tf.Tensor) => valueAndGrad(f)(x), tf.scalar(0.01))
    expect(culprit(report)).toMatchObject({ op: 'sub' })
    expect(lineOf(culprit(report))).toBe(String(Number(here) + 1))
    const rules = report.nodes.filter(({ rule }) => rule !== undefined)
    expect(rules.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['vjp of log', 'vjp of cos']))
    for (const node of rules) expect(lineOf(node)).toBe(String(Number(here) + 1))
  })

  test('batched and differentiated twice, lines survive', async () => {
    let here = ''
    const f = (x: tf.Tensor): tf.Tensor => {
      here = line()
      return tf.sum(tf.tanh(tf.square(x)))
    }
    const report = await audit((x: tf.Tensor) => vmap(grad((y: tf.Tensor) => tf.sum(grad(f)(y))))(x), data)
    const tanh = report.nodes.find(({ op }) => op === 'tanh')!
    expect(lineOf(tanh)).toBe(String(Number(here) + 1))
  })

  test('trees of arguments and results, by path; captured tensors', async () => {
    const large = tf.ones([300])
    const f = (p: { readonly w: tf.Tensor; readonly b: readonly tf.Tensor[] }) => ({
      z: [tf.add(p.w, p.b[0]!), tf.sum(large)],
      a: tf.argMax(p.w, 1)
    })
    const report = await audit(f, { w: data, b: [tf.ones([3])] })
    expect(report.outputs.map(({ path, dtype, shape }) => [path, dtype, shape])).toEqual([
      ['a', 'int32', [4]],
      ['z[0]', 'float32', [4, 3]],
      ['z[1]', 'float32', []]
    ])
    expect(report.outputs.every(({ digitsLost }) => digitsLost < 0.5)).toBe(true)
  })

  test('a value that no node makes: an argument, and a constant', async () => {
    const report = await audit((x: tf.Tensor) => [x, tf.scalar(3)], data)
    expect(report.outputs.map(({ relative: error }) => error)).toEqual([0, 0])
  })

  test('accumulated errors are those of an evaluation of our own in float64', async () => {
    const x = Float32Array.from({ length: 6 }, (_, i) => Math.sin(i) * 3)
    const f = (v: tf.Tensor) => tf.exp(tf.tanh(tf.mul(v, v)))
    const engine = (await jit(f)(tf.tensor1d(x))).dataSync()
    const exact = Array.from(x, (v) => Math.exp(Math.tanh(v * v)))
    const errors = exact.map((truth, i) => relative(engine[i]!, truth))
    const [output] = (await audit(f, tf.tensor1d(x))).outputs
    expect(output!.relative / (errors.reduce((a, b) => a + b) / 6)).toBeCloseTo(1, 6)
    expect(output!.maxRelative).toBeCloseTo(Math.max(...errors), 12)
    expect(output!.maxAbsolute).toBeCloseTo(Math.max(...exact.map((truth, i) => Math.abs(engine[i]! - truth))), 12)
  })

  test('float64 held against itself has no error, though its nodes feel rounded inputs', async () => {
    const report = await auditWith({ engine: 'reference' })((x: tf.Tensor) => tf.sub(1, tf.cos(x)), tf.scalar(0.01))
    expect(report.nodes.map(({ accumulated }) => accumulated.relative)).toEqual(report.nodes.map(() => 0))
    expect(culprit(report)).toMatchObject({ op: 'sub', cause: 'cancellation' })
  })

  test('TensorFlow.js op by op', async () => {
    const report = await auditWith({ engine: eagerEngine, name: 'step' })(
      (x: tf.Tensor) => tf.sub(1, tf.cos(x)),
      tf.scalar(0.01)
    )
    expect(report).toMatchObject({ engine: 'eager', name: 'step' })
    expect(culprit(report)).toMatchObject({ op: 'sub' })
  })
})

test.each(rows)('every primitive can be audited, and none loses three digits: $primitive, $label', async (row) => {
  const report = await auditWith({ passes: [] })(
    (...xs: tf.Tensor[]) => row.f(...xs),
    ...row.args.map((argument) => tensorOf(hostOf(argument)))
  )
  expect(report.nodes.map(({ op }) => op)).toContain(row.primitive)
  for (const { op, local, accumulated } of report.nodes)
    expect([op, local.digitsLost, accumulated.digitsLost]).toEqual([op, below(3), below(3)])
})

describe('what is left behind', () => {
  const watched = (): { readonly engine: Engine; readonly open: () => number; readonly made: () => number } => {
    const inner = onnxEngine()
    let [made, released] = [0, 0]
    const engine: Engine = {
      name: 'onnx',
      compile: async (graph, bound) => {
        const executable = await inner.compile(graph, bound)
        made++
        return {
          ...executable,
          dispose: () => {
            released++
            return executable.dispose()
          }
        }
      }
    }
    return { engine, open: () => made - released, made: () => made }
  }
  let x: tf.Tensor
  beforeAll(() => {
    x = tf.tensor1d([1, 2, 3])
  })

  test('no session and no tensor', async () => {
    const { engine, open, made } = watched()
    const f = (v: tf.Tensor) => scan((s: tf.Tensor, r: tf.Tensor) => [tf.add(s, tf.sin(r)), s], tf.scalar(0), v)
    await auditWith({ engine })(f, x)
    const before = tf.memory().numTensors
    await auditWith({ engine })(f, x)
    expect(tf.memory().numTensors).toBe(before)
    expect(made()).toBeGreaterThan(3)
    expect(open()).toBe(0)
  })

  test('nor if the engine fails', async () => {
    const { engine, open } = watched()
    let runs = 0
    const failing: Engine = {
      ...engine,
      compile: async (graph, bound) => {
        const executable = await engine.compile(graph, bound)
        const run = (inputs: Parameters<typeof executable.run>[0]) =>
          ++runs > 2 ? Promise.reject(new Error('out of memory')) : executable.run(inputs)
        return { ...executable, run }
      }
    }
    await expect(auditWith({ engine: failing })((v: tf.Tensor) => tf.sin(tf.exp(v)), x)).rejects.toThrow(
      'out of memory'
    )
    expect(open()).toBe(0)
  })

  test('inside a trace it is refused', () => {
    expect(() => grad((v: tf.Tensor) => (void audit(tf.sin, v), tf.sum(v)))(x)).toThrow(/audit: context/)
  })
})

test('the report as text: outputs, the culprit and its line, a table', async () => {
  const report = await audit((x: tf.Tensor) => ({ versine: tf.sub(1, tf.cos(x)), x }), tf.scalar(0.01))
  const text = formatAudit(report)
  expect(text).toMatch(/^audit: onnx against float64/)
  expect(text).toMatch(/versine\s+%\d+\s+float32\[\]\s+█+·+\s+\d\.\d/)
  expect(text).toMatch(/%\d+ sub loses \d\.\d digits by itself \(cancellation: .*audit\.test\.ts:\d+/)
  expect(text).toMatch(/sub %\d+ %\d+ .* cancellation\s+audit\.test\.ts:\d+/)
  expect(formatAudit(report, { top: 0 })).toContain(`and ${report.nodes.length} nodes`)
})
