import * as tf from '@tensorflow/tfjs-core'
import { fromHost } from '@bdl/core'
import { describeFixture, eagerAndCompiled, expectClose, type Nested } from '@bdl/testing'
import { expect, test } from 'vitest'
import {
  act,
  assignment,
  canonicalise,
  groupOrder,
  interpolate,
  logGroupSize,
  mlpSpec,
  signGauge,
  unitGauge,
  weightMatching,
  type GroupElement
} from '../src/index'
import { flat, forward, host, norm, type HostMlp } from './support/mlp'

interface Net {
  readonly weights: readonly (readonly (readonly number[])[])[] // [out, in]
  readonly biases: readonly (readonly number[])[]
}

type Activation = 'relu' | 'tanh'

interface Transform {
  readonly kind: 'transform'
  readonly activation: Activation
  readonly sizes: readonly number[]
  readonly net: Net
  readonly x: readonly (readonly number[])[]
  readonly output: Nested
  readonly permutations: readonly (readonly number[])[]
  readonly scales?: readonly (readonly number[])[]
  readonly signs?: readonly (readonly number[])[]
  readonly transformed: Net
  readonly outputTransformed: Nested
  readonly permutedOnly: Net
  readonly groupOrder: string
  readonly normalized?: Net
  readonly canonical?: Net
}

interface Optimum {
  readonly row?: readonly number[]
  readonly col?: readonly number[]
  readonly value: number
}

interface AssignmentCase {
  readonly kind: 'assignment'
  readonly cost: readonly (readonly number[])[]
  readonly minimize?: Optimum
  readonly maximize?: Optimum
}

interface Matching {
  readonly kind: 'weightMatching'
  readonly activation: Activation
  readonly sizes: readonly number[]
  readonly netA: Net
  readonly netB: Net
  readonly permutations: readonly (readonly number[])[]
  readonly objectiveTrace: readonly number[]
  readonly distanceBefore: number
  readonly distanceAfter: number
  readonly matchedB: Net
  readonly x: readonly (readonly number[])[]
  readonly outputA: Nested
  readonly outputB: Nested
  readonly outputMidpointMatched: Nested
  readonly outputMidpointUnmatched: Nested
}

type Case = Transform | AssignmentCase | Matching

const EXACT = { atol: 1e-12, rtol: 1e-12 } // host code is float64, as the file is

/** The file stores [out, in], we store [in, out]. */
const fromGolden = ({ weights, biases }: Net): HostMlp =>
  weights.map((rows, l) => ({
    w: host([rows[0]!.length, rows.length], (i) => rows[i % rows.length]![Math.floor(i / rows.length)]!),
    b: host([rows.length], (i) => biases[l]![i]!)
  }))

const matrix = (rows: readonly (readonly number[])[]) =>
  host([rows.length, rows[0]!.length], (i) => rows[Math.floor(i / rows[0]!.length)]![i % rows[0]!.length]!)

type TensorMlp = readonly { readonly w: tf.Tensor; readonly b: tf.Tensor }[]

const toTensors = (net: HostMlp): TensorMlp => net.map(({ w, b }) => ({ w: fromHost(w), b: fromHost(b) }))

const network =
  (activation: Activation) =>
  (net: TensorMlp, x: tf.Tensor): tf.Tensor =>
    net.reduce((h, { w, b }, l) => {
      const z = tf.add(tf.matMul(h as tf.Tensor2D, w as tf.Tensor2D), b)
      return l === net.length - 1 ? z : activation === 'relu' ? tf.relu(z) : tf.tanh(z)
    }, x)

describeFixture<Case>('symmetry.json', import.meta.url, (fixture) => {
  const tolerance = fixture.tolerance.float32
  const named = <K extends Case['kind']>(kind: K) =>
    fixture.cases
      .filter((c): c is Extract<Case, { kind: K }> => c.kind === kind)
      .map((c, i) => [`${kind} ${i + 1}`, c] as const)

  test('the file has cases of ours', () => {
    expect(named('transform').length + named('assignment').length + named('weightMatching').length).toBeGreaterThan(0)
  })

  const expectNet = (actual: HostMlp, expected: Net) => expectClose(flat(actual), flat(fromGolden(expected)), EXACT)

  for (const [name, c] of named('transform')) {
    const spec = mlpSpec(c.sizes, c.activation)
    const net = fromGolden(c.net)
    const x = matrix(c.x)
    const element = (scaled: boolean): GroupElement =>
      c.permutations.map((permutation, l) => ({
        permutation: Int32Array.from(permutation),
        scale: Float64Array.from(permutation, (_, k) => (scaled ? (c.scales ?? c.signs)![l]![k]! : 1))
      }))

    test(`${name}: the action, and the function after it`, () => {
      expectNet(act(spec, element(true))(net), c.transformed)
      expectNet(act(spec, element(false))(net), c.permutedOnly)
      expectClose(forward(net, c.activation, x), new Float64Array([c.output].flat(3) as number[]), EXACT)
      const moved = act(spec, element(true))(net)
      expectClose(forward(moved, c.activation, x), new Float64Array([c.outputTransformed].flat(3) as number[]), EXACT)
    })

    test(`${name}: the function in float32, eager and compiled`, async () => {
      const args: [TensorMlp, tf.Tensor] = [toTensors(fromGolden(c.transformed)), fromHost(x)]
      for (const out of await eagerAndCompiled(network(c.activation), args))
        expectClose(out, c.outputTransformed, tolerance)
    })

    test(`${name}: order of the group`, () => {
      expect(groupOrder(spec)).toBe(BigInt(c.groupOrder))
      expect(logGroupSize(spec)).toBeCloseTo(Math.log(Number(c.groupOrder)), 10)
    })

    const { normalized, canonical } = c
    if (normalized !== undefined)
      test(`${name}: unit gauge, on the host and as tensor code`, async () => {
        expectNet(canonicalise(spec, { gauge: 'unit', order: 'none' })(net).weights, normalized)
        const expected = fromGolden(normalized)
        for (const result of await eagerAndCompiled(unitGauge(spec)<TensorMlp>, [toTensors(net)]))
          result.forEach(({ w, b }, l) => {
            expectClose(w, matrixOf(expected[l]!.w), tolerance)
            expectClose(b, Array.from(expected[l]!.b.data), tolerance)
          })
      })

    if (canonical !== undefined)
      test(`${name}: signs and sorting`, async () => {
        expectNet(canonicalise(spec)(net).weights, canonical)
        // The signs alone, as tensor code; the host then has only to sort.
        const sorted = fromGolden(canonical)
        for (const result of await eagerAndCompiled(signGauge(spec)<TensorMlp>, [toTensors(net)]))
          result.slice(0, -1).forEach(({ b }, l) => {
            expectClose(
              Array.from(b.dataSync()).sort((p, q) => p - q),
              Array.from(sorted[l]!.b.data),
              tolerance
            )
          })
      })
  }

  for (const [name, c] of named('assignment'))
    for (const [expected, maximise] of [
      [c.minimize, false],
      [c.maximize, true]
    ] as const) {
      if (expected === undefined) continue
      test(`${name}: ${maximise ? 'maximum' : 'minimum'}`, () => {
        const { rows, columns, value } = assignment(matrix(c.cost), { maximise })
        expectClose(value, expected.value, EXACT)
        expect(new Set(columns).size).toBe(columns.length)
        if (expected.row !== undefined) expect(Array.from(rows)).toEqual(expected.row)
        if (expected.col !== undefined) expect(Array.from(columns)).toEqual(expected.col)
      })
    }

  for (const [name, c] of named('weightMatching'))
    test(`${name}: permutations, trace, midpoints`, async () => {
      const [a, b] = [fromGolden(c.netA), fromGolden(c.netB)]
      const { weights, element, objectiveTrace } = weightMatching(mlpSpec(c.sizes, c.activation), a)(b)
      expect(element.map(({ permutation }) => Array.from(permutation))).toEqual(c.permutations)
      expectClose(objectiveTrace, c.objectiveTrace, EXACT)
      expectNet(weights, c.matchedB)
      const distance = (to: HostMlp) => norm(flat(a).map((value, i) => value - flat(to)[i]!))
      expectClose(distance(b), c.distanceBefore, EXACT)
      expectClose(distance(weights), c.distanceAfter, EXACT)
      for (const [net, expected] of [
        [a, c.outputA],
        [b, c.outputB],
        [interpolate(0.5)(a, weights), c.outputMidpointMatched],
        [interpolate(0.5)(a, b), c.outputMidpointUnmatched]
      ] as const)
        for (const out of await eagerAndCompiled(network(c.activation), [toTensors(net), fromHost(matrix(c.x))]))
          expectClose(out, expected, tolerance)
    })
})

const matrixOf = ({ shape, data }: { shape: readonly number[]; data: Float64Array }): Nested =>
  Array.from({ length: shape[0]! }, (_, i) => Array.from(data.subarray(i * shape[1]!, (i + 1) * shape[1]!)))
