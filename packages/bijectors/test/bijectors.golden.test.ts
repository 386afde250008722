// Forward, inverse and log-det of every bijector built here, against float64.
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import {
  casesOf,
  describeFixture,
  eagerAndCompiled,
  expectClose,
  flattenNested,
  toleranceOf,
  type CaseTolerance,
  type Nested
} from '@bdl/testing'
import {
  additiveCoupling,
  affine,
  affineCoupling,
  chain,
  exp,
  leakyRelu,
  log,
  permute,
  power,
  reverse,
  scale,
  shift,
  sigmoid,
  softplus,
  tanh,
  type Bijector
} from '../src/index'

type Matrix = readonly (readonly number[])[]
type MlpJson = { readonly activation: 'tanh'; readonly weights: readonly Matrix[]; readonly biases: Matrix }
type Params = {
  readonly scale: number
  readonly shift: number
  readonly negativeSlope: number
  readonly power: number
  readonly permutation: readonly number[]
  readonly numMasked: number
  readonly mlp: MlpJson
  readonly bijectors: readonly Named[]
}
type Named = { readonly bijector: string; readonly params?: Params }
type BijectorCase = CaseTolerance & {
  readonly bijector: string
  readonly params: Params
  readonly x: Nested
  readonly forward: Nested
  readonly forwardLogDetJacobian: Nested
  readonly inverse: { readonly y: Nested; readonly x: Nested }
}

/** h = tanh(W h + b), last layer linear; W is [out, in] in the file. */
const mlp =
  ({ weights, biases }: MlpJson) =>
  (x: tf.Tensor): tf.Tensor =>
    weights.reduce<tf.Tensor>((h, w, i) => {
      const matrix = tf.tensor2d(w.map((r) => [...r]))
      const z = tf.add(tf.matMul(h, matrix, false, true), tf.tensor1d([...biases[i]!]))
      return i === weights.length - 1 ? z : tf.tanh(z)
    }, x)

const builders: Readonly<Record<string, (p: Params) => Bijector>> = {
  Exp: () => exp,
  Log: () => log,
  Softplus: () => softplus,
  Sigmoid: () => sigmoid,
  Tanh: () => tanh,
  Affine: (p) => affine({ shift: p.shift, scale: p.scale }),
  Scale: (p) => scale(p.scale),
  Shift: (p) => shift(p.shift),
  LeakyReLU: (p) => leakyRelu(p.negativeSlope),
  Power: (p) => power(p.power),
  Permute: (p) => permute(p.permutation),
  Reverse: () => reverse,
  AdditiveCoupling: (p) => additiveCoupling({ numMasked: p.numMasked, conditioner: mlp(p.mlp) }),
  AffineCoupling: (p) => affineCoupling({ numMasked: p.numMasked, conditioner: mlp(p.mlp) }),
  // the file's chain applies its last link first
  Chain: (p) => chain(...p.bijectors.map(build).reverse())
}

const build = ({ bijector, params }: Named): Bijector => {
  const make = builders[bijector]
  if (make === undefined) throw new Error(`no builder for ${bijector}`)
  return make(params as Params)
}

/** A chain is ours if all of its links are. */
const isOurs = ({ bijector, params }: Named): boolean =>
  bijector in builders && (bijector !== 'Chain' || (params?.bijectors ?? []).every(isOurs))

/** Ends of the image, near which float32 has lost the inverse (the file says so): tested where more than 1e-3 away. */
const ends: Readonly<Record<string, readonly number[]>> = { Sigmoid: [1], Tanh: [-1, 1] }

const isRecoverable =
  (name: string) =>
  (y: number): boolean =>
    (ends[name] ?? []).every((end) => Math.abs(end - y) > 1e-3)

const picked = (x: tf.Tensor, indices: readonly number[]): number[] => {
  const data = x.dataSync()
  return indices.map((i) => data[i]!)
}

describeFixture<BijectorCase>('bijectors.json', import.meta.url, (fixture) => {
  const names = Object.keys(builders)
  const present = names.filter((name) => fixture.cases.some((c) => c.bijector === name))

  test('the file has cases of ours', () => {
    expect(casesOf(fixture, 'bijector', names).length).toBeGreaterThan(0)
  })

  test.each(present)('%s, eagerly and compiled', async (name) => {
    for (const c of casesOf(fixture, 'bijector', [name]).filter(isOurs)) {
      const b = build(c)
      const tolerance = toleranceOf(fixture, c)
      const [x, y] = [tf.tensor(c.x as tf.TensorLike), tf.tensor(c.inverse.y as tf.TensorLike)]
      for (const [value, logDet] of await eagerAndCompiled(b.forwardAndLogDet, [x])) {
        expectClose(value, c.forward, tolerance, `${name} forward`)
        expectClose(logDet, c.forwardLogDetJacobian, tolerance, `${name} log-det`)
      }
      const ys = flattenNested(c.inverse.y)
      const inside = ys.flatMap((v, i) => (isRecoverable(name)(v) ? [i] : []))
      const xs = flattenNested(c.inverse.x)
      for (const [value] of await eagerAndCompiled(b.inverseAndLogDet, [y]))
        expectClose(
          picked(value, inside),
          inside.map((i) => xs[i]!),
          tolerance,
          `${name} inverse`
        )
      for (const logDet of await eagerAndCompiled((v: tf.Tensor) => b.inverseAndLogDet(b.forward(v))[1], [x])) {
        const forward = flattenNested(c.forwardLogDetJacobian)
        const values = flattenNested(c.forward)
        const kept = forward.flatMap((_, i) =>
          values.length !== forward.length || isRecoverable(name)(values[i]!) ? [i] : []
        )
        expectClose(
          picked(logDet, kept),
          kept.map((i) => -forward[i]!),
          tolerance,
          `${name} inverse log-det`
        )
      }
    }
  })
})
