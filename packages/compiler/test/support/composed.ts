/** Ops that a trace composes of others: eager = compiled = `vmap` = a loop over members, derivatives = differences. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, test } from 'vitest'
import { jit, vmap } from '../../src/index'
import { evaluateReference } from '../../src/graph/evaluate'
import {
  curvatureOf,
  expectNear,
  expectSameTensors,
  finiteDifferences,
  gradientOf,
  graphFor,
  hostOf,
  lossOf,
  slopeOf,
  tensorOf,
  type Row
} from './laws'

const MEMBERS = 2

/** The op alone, for many members at once, and its gradient. */
const everything =
  (own: Row) =>
  (...xs: tf.Tensor[]): readonly tf.Tensor[] => {
    const [each, stacked] = [xs.slice(0, own.args.length), xs.slice(own.args.length)]
    const gradients = own.differentiable ? gradientOf(own)(...each) : []
    return [own.f(...each), vmap((...member: tf.Tensor[]) => own.f(...member))(...stacked), ...gradients]
  }

const checkDerivatives = (own: Row): void => {
  const inputs = own.args.map((arg) => hostOf(arg))
  const near = (what: string, derivative: Row['f'] | ReturnType<typeof gradientOf>, scalar: Row['f']): void => {
    const differences = finiteDifferences(
      graphFor((...xs) => [scalar(...xs)], own.args),
      inputs
    )
    const graph = graphFor((...xs) => [derivative(...xs)].flat(), own.args)
    evaluateReference(graph, inputs).forEach((g, k) => expectNear(`${what} ${k}`, g.data, differences[k]!, 1e-6))
  }
  near('gradient', gradientOf(own), lossOf(own))
  near('second order', curvatureOf(own), slopeOf(own))
}

const check = async (own: Row): Promise<void> => {
  const inputs = own.args.map((arg) => hostOf(arg))
  const members = Array.from({ length: MEMBERS }, (_, m) => own.args.map((arg) => tensorOf(hostOf(arg, m))))
  const [first] = members
  const stacked = own.args.map((_, i) => tf.stack(members.map((xs) => xs[i]!)))
  const eager = everything(own)(...first!, ...stacked)
  const want = [own.f(...first!), tf.stack(members.map((xs) => own.f(...xs)))] // TensorFlow.js's own kernels
  expectSameTensors('eager', eager.slice(0, 2), want, own.tolerance)
  const compiled = jit(everything(own))
  const got = await compiled(...first!, ...stacked)
  expectSameTensors('compiled', got.slice(0, 2), want, own.tolerance)
  expectSameTensors('gradient, compiled', got.slice(2), eager.slice(2), own.tolerance)
  await compiled.dispose()
  const graph = graphFor((...xs) => [own.f(...xs)], own.args)
  expectNear('traced, in float64', evaluateReference(graph, inputs)[0]!.data, want[0]!.dataSync(), own.tolerance)
  if (own.differentiable) checkDerivatives(own)
}

/** One test for each row; `primitive` is the name of the op. */
export const composedOps = (topic: string, rows: readonly Row[]): void => {
  describe(topic, () => {
    test.each(rows.map((own): [string, Row] => [`${own.primitive}${own.label && `, ${own.label}`}`, own]))(
      '%s',
      async (_, own) => check(own)
    )
  })
}
