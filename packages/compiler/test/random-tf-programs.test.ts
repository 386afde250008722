/**
 * Arbitrary small programs of `tf` ops: eager = float64 reference = compiled without passes = compiled with passes, for
 * values, gradients and Hessians times a direction, and under vmap. The seed is fixed, since a comparison that rounding
 * turns over is no error; steps that branch do so at odd thresholds for the same reason.
 */
import * as fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import { grad, jit, scan, vmap } from '../src/index'
import { evaluateReference } from '../src/graph/evaluate'
import { expectNear, graphFor, hostOf, real, tensorOf } from './support/laws'

interface Instruction {
  readonly kind: number
  readonly a: number
  readonly b: number
}

const MAX_SIZE = 60

const fits = (a: tf.Tensor, b: tf.Tensor): boolean =>
  a.shape.every((n, i) => {
    const m = b.shape[i - a.rank + b.rank] ?? 1
    return n === m || n === 1 || m === 1
  }) && tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]).reduce((n, d) => n * d, 1) <= MAX_SIZE

const isSame = (a: tf.Tensor, b: tf.Tensor): boolean => a.shape.join() === b.shape.join()

type Step = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor | undefined

const STEPS: readonly Step[] = [
  (a) => tf.tanh(a),
  (a) => tf.sigmoid(a),
  (a) => tf.softplus(a),
  (a) => tf.exp(tf.mul(a, 0.3)),
  (a) => tf.log1p(tf.square(a)),
  (a) => tf.sqrt(tf.add(tf.square(a), 0.7)),
  (a) => tf.erf(a),
  (a) => tf.neg(tf.relu(tf.sub(a, 0.1234))),
  (a, b) => (fits(a, b) ? tf.add(a, b) : undefined),
  (a, b) => (fits(a, b) ? tf.sub(a, b) : undefined),
  (a, b) => (fits(a, b) ? tf.mul(a, b) : undefined),
  (a, b) => (fits(a, b) ? tf.div(a, tf.add(tf.square(b), 0.9)) : undefined),
  (a, b) => (fits(a, b) ? tf.where(tf.greater(a, 0.2345), a, b) : undefined),
  (a) => tf.maximum(a, -0.3217),
  (a) => (a.rank > 0 ? tf.sum(a, 0) : undefined),
  (a) => (a.rank > 0 ? tf.mean(a, -1, true) : undefined),
  (a) => (a.rank > 0 ? tf.logSumExp(a, -1) : undefined),
  (a) => (a.rank > 0 ? tf.softmax(a) : undefined),
  (a) => (a.rank > 0 ? tf.prod(a, -1) : undefined),
  (a) => (a.rank > 0 ? tf.cumsum(a, 0) : undefined),
  (a) => tf.reshape(a, [a.size]),
  (a) => tf.transpose(a),
  (a) => (a.size * 2 <= MAX_SIZE ? tf.tile(tf.expandDims(a, 0), [2, ...a.shape.map(() => 1)]) : undefined),
  (a, b) => (a.rank > 0 && isSame(a, b) && a.size * 2 <= MAX_SIZE ? tf.concat([a, b], -1) : undefined),
  (a, b) => (isSame(a, b) && a.size * 2 <= MAX_SIZE ? tf.stack([a, b]) : undefined),
  (a) => ((a.shape[0] ?? 0) > 1 ? tf.slice(a, 1) : undefined),
  (a) =>
    a.rank > 0 && a.size <= 20
      ? tf.pad(
          a,
          a.shape.map((): [number, number] => [1, 0])
        )
      : undefined,
  (a) => (a.rank > 0 ? tf.gather(a, tf.tensor1d([a.shape[0]! - 1, 0], 'int32')) : undefined),
  (a, b) => (a.rank === 2 && b.rank === 2 && a.shape[1] === b.shape[0] ? tf.matMul(a, b) : undefined),
  (a, b) => (a.rank === 2 && b.rank === 2 && a.shape[1] === b.shape[1] ? tf.matMul(a, b, false, true) : undefined),
  (a, b) => {
    const [first, ...rest] = a.shape
    if (first === undefined || first === 0 || rest.join() !== b.shape.join()) return undefined
    return scan((c: tf.Tensor, row: tf.Tensor) => [tf.sin(tf.add(c, row)), tf.mul(c, row)] as const, b, a)[1]
  }
]

const programOf =
  (list: readonly Instruction[]) =>
  (...inputs: tf.Tensor[]): tf.Tensor => {
    const values = [...inputs]
    for (const { kind, a, b } of list) {
      const made = STEPS[kind]!(
        values[values.length - 1 - (a % values.length)]!,
        values[values.length - 1 - (b % values.length)]!
      )
      if (made !== undefined && made.size > 0) values.push(tf.sin(made)) // values stay near 1
    }
    return values
      .slice(-3)
      .map((t) => tf.mean(t))
      .reduce((s, t) => tf.add(s, t))
  }

const ARGS = [real([2, 3], -1, 1), real([3], -1, 1), real([3, 3], -1, 1), real([], -1, 1)]

type Many = (...xs: tf.Tensor[]) => readonly tf.Tensor[]

const gradientOf =
  (f: (...xs: tf.Tensor[]) => tf.Tensor): Many =>
  (...xs) =>
    grad((all: readonly tf.Tensor[]) => f(...all))(xs)

const slope =
  (f: (...xs: tf.Tensor[]) => tf.Tensor) =>
  (...xs: tf.Tensor[]): tf.Tensor =>
    gradientOf(f)(...xs)
      .map((g) => tf.sum(tf.sin(g)))
      .reduce((a, b) => tf.add(a, b))

const derived =
  (list: readonly Instruction[]): Many =>
  (...xs) => {
    const f = programOf(list)
    return [f(...xs), ...gradientOf(f)(...xs), ...gradientOf(slope(f))(...xs)]
  }

const instructions = fc.array(fc.record({ kind: fc.nat(STEPS.length - 1), a: fc.nat(12), b: fc.nat(12) }), {
  minLength: 1,
  maxLength: 14
})
const SEED = 20261121

const inputs = ARGS.map((arg) => hostOf(arg))

const expectAll = (
  what: string,
  got: readonly tf.Tensor[],
  want: readonly { readonly data: ArrayLike<number> }[]
): void => {
  expect(got.length).toBe(want.length)
  got.forEach((t, k) => expectNear(`${what} ${k}`, t.dataSync(), want[k]!.data, 2e-4))
}

test('values, gradients and second derivatives agree in every way to run them', async () => {
  await fc.assert(
    fc.asyncProperty(instructions, async (list) => {
      const f = derived(list)
      const want = evaluateReference(graphFor(f, ARGS), inputs)
      const args = inputs.map(tensorOf)
      const [plain, optimised] = [jit(f, { passes: [] }), jit(f)]
      expectAll('eager', f(...args), want)
      expectAll('without passes', await plain(...args), want)
      expectAll('with passes', await optimised(...args), want)
      await Promise.all([plain.dispose(), optimised.dispose()])
      tf.dispose(args)
    }),
    { numRuns: 60, seed: SEED }
  )
})

test('gradients equal central differences in float64', () => {
  fc.assert(
    fc.property(instructions, (list) => {
      const value = graphFor((...xs) => [programOf(list)(...xs)], ARGS)
      const step = 1e-5
      const gradients = evaluateReference(graphFor(gradientOf(programOf(list)), ARGS), inputs)
      inputs.forEach((x, k) => {
        const at = (delta: number): number =>
          evaluateReference(
            value,
            inputs.map((own, j) =>
              j === k ? { ...own, data: Float64Array.from(x.data, (v, i) => v + delta * Math.cos(i)) } : own
            )
          )[0]!.data[0]!
        const directional = Array.from(gradients[k]!.data).reduce((s, g, i) => s + g * Math.cos(i), 0)
        expectNear(`argument ${k}`, [directional], [(at(step) - at(-step)) / (2 * step)], 1e-6)
      })
    }),
    { numRuns: 100, seed: SEED }
  )
})

test('vmap of a program and of its gradient equals a loop over members', () => {
  fc.assert(
    fc.property(instructions, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (list, chosen) => {
      const axes = chosen.map((is, i) => (is || i === 0 ? 0 : null))
      const members = [0, 1, 2].map((m) => ARGS.map((arg, i) => tensorOf(hostOf(arg, axes[i] === 0 ? m : 0))))
      const stacked = ARGS.map((_, i) => (axes[i] === 0 ? tf.stack(members.map((xs) => xs[i]!)) : members[0]![i]!))
      const f: Many = (...xs) => [programOf(list)(...xs), ...gradientOf(programOf(list))(...xs)]
      const each = members.map((xs) => f(...xs))
      const want = each[0]!.map((_, k) => tf.stack(each.map((own) => own[k]!)))
      expectAll(
        'vmap',
        vmap(f, axes)(...stacked),
        want.map((t) => ({ data: t.dataSync() }))
      )
    }),
    { numRuns: 60, seed: SEED }
  )
})
